"""Makes a draft of what is known of a text (`twin_texts`), by one of the packets that have it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.late_rules import Operand, Parted
from iptsim.many.address_classes import AddressClasses
from iptsim.many.line_frames import Told
from iptsim.many.twin_chains import Asked, Twin
from iptsim.many.twin_drafts import ADDRESS, PORT, Chains, Draft, Gone, alone, own_answers
from iptsim.many.twin_texts import GAP, Form, TwinText
from iptsim.picking import picking
from iptsim.values import parse_address

_IDENTITY = f'"id": {GAP}, '
_Word = str | tuple[str, int]
"""A word that is always the same; or that of a field, a group or a shown number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A packet whose answer is known: the chains on its way, and the texts of its own fields.

    `stops` are the numbers of the chains that are not the same for all packets of the way; `names`
    has the names of those that are.
    """

    twins: Sequence[Twin]
    stops: Collection[int]
    names: Collection[str]
    told: Told
    texts: dict[str, str]
    gone: Gone

    @property
    def same(self) -> frozenset[str]:
        """The values that all packets meet."""
        each = [twin.parted.values for at, twin in enumerate(self.twins) if at not in self.stops]
        return frozenset(self.names).union(*each)


@dataclass(slots=True, eq=False, kw_only=True)
class _Spelling:
    """Writes the expression of the chains of an example, and notes where its words come from."""

    same: set[str]
    fields: Sequence[str]
    fixed: Mapping[int, str]
    """The words, by their sources, that are the same in all answers."""
    pattern: list[str] = field(default_factory=list)
    words: list[_Word] = field(default_factory=list)
    groups: dict[str, tuple[int, list[_Word]]] = field(default_factory=dict)
    """The group that has a value, and where its words come from."""
    unless: frozenset[str] = frozenset()
    count: int = 0
    numbers: int = 0

    def chains(self, example: Example) -> None:
        """All chains, in their order."""
        self.words += [("field", at) for at in range(len(self.fields))]
        stops = iter(example.gone.numbers)
        for at, twin in enumerate(example.twins):
            if at not in example.stops:
                self.words += twin.words
                continue
            self._lines(twin.parted)
            count = len(next(stops))
            self.words += [("number", self.numbers + n) for n in range(count)]
            self.numbers += count

    def _lines(self, parted: Parted) -> None:
        values, words = iter(parted.values), iter(parted.words)
        self.pattern.append(parted.spelled.same[0])
        for operand, behind in zip(parted.spelled.operands, parted.spelled.same[1:], strict=True):
            own = [*islice(words, len(operand.words))]
            self.unless |= operand.unless
            self.pattern += (" ", *self._operand(operand, values, own), behind)

    def _operand(
        self, operand: Operand, values: Iterator[str], words: Sequence[str]
    ) -> Iterator[str]:
        if not operand.apart:
            yield self._value(next(values), operand, words)
            return
        yield operand.between[0]
        for word, behind in zip(words, operand.between[1:], strict=True):
            yield self._value(next(values), None, (word,))
            yield behind

    def _value(self, value: str, looks: Operand | None, words: Sequence[str]) -> str:
        """A value as an expression; None `looks` as an address or a port."""
        fixed = [len(self.words) + at in self.fixed for at in range(len(words))]
        if value not in self.groups and value not in self.fields and all(fixed):
            self.same.add(value)
        if value in self.same:
            self.words += words
            return re.escape(value)
        known = self.groups.get(value)
        if known is not None:
            self.words += known[1]
            return rf"(?:\{known[0] + 1})"
        self.groups[value] = at, own = self.count, list[_Word]()
        self.count += 1
        if looks is None:
            is_field = value in self.fields
            own.append(("field", self.fields.index(value)) if is_field else ("group", at))
            inner = ADDRESS if "." in value else PORT
        else:
            inner = "".join(self._joined(looks, [*zip(words, fixed, strict=True)], own))
        self.words += own
        return f"({inner})"

    def _joined(
        self, looks: Operand, words: Sequence[tuple[str, bool]], own: list[_Word]
    ) -> Iterator[str]:
        """The words of a value and what is between them; where the words come from is noted."""
        yield looks.between[0]
        for (word, same), likely, behind in zip(words, looks.words, looks.between[1:], strict=True):
            own.append(word if same else ("group", self.count))
            self.count += not same
            yield (re.escape(word) if same else f"({likely})") + behind


def drafted(
    example: Example, text: TwinText, asked: Asked, classes: AddressClasses
) -> Draft | None:
    """The draft; None where the example has a value itself that all packets meet in a chain."""
    fields, form = [*example.texts.values()], text.form
    if form is None or not example.same.isdisjoint(fields):
        return None
    spelling = _Spelling(same={*example.same}, fields=fields, fixed=form.fixed)
    spelling.chains(example)
    behind = 1 + len(fields)
    shown = _Shown(words=spelling.words, starts=(1, behind, behind + spelling.count))
    parts, gaps = _gapped(form, shown)
    rest = _rest(form, shown)
    chains = Chains(
        **_groups(spelling, example.texts, classes), same=spelling.unless.union(spelling.same),
        shown=shown.among(example.gone), asked=asked, classes=classes,
    )  # fmt: skip
    found = chains.found(example.gone, example.told, fields)
    if found is None:
        return None
    own = own_answers(asked, example.told) if alone(example.texts, ()) else None
    return Draft(
        chains=chains, came=found.answers, own=own, parts=tuple(parts), gaps=picking(gaps),
        checked=rest[0], alike=rest[1], text=text, form=form,
    )  # fmt: skip


@dataclass(slots=True, eq=False, kw_only=True)
class _Shown:
    """Where the words of an answer are among those that a draft fills gaps with."""

    words: Sequence[_Word]
    starts: tuple[int, int, int]
    numbers: dict[int, int] = field(default_factory=dict)

    def place(self, source: int) -> int | str:
        """The place of the word of a source; the word itself where it is always the same."""
        word = self.words[source]
        if isinstance(word, str):
            return word
        kind, at = word
        if kind == "number":
            return self.starts[2] + self.numbers.setdefault(at, len(self.numbers))
        return self.starts[kind == "group"] + at

    def among(self, gone: Gone) -> tuple[tuple[int, int], ...]:
        """The numbers that are shown, by the numbers of the text and of the line in it."""
        each = enumerate(gone.numbers)
        places = [(text, at) for text, numbers in each for at in range(len(numbers))]
        return tuple(places[at] for at in self.numbers)


def _gapped(form: Form, shown: _Shown) -> tuple[list[str], list[int]]:
    """The text around the gaps, gaps at odd places, and the places of the words in these."""
    head, _named, tail = form.parts[0].partition(_IDENTITY)
    parts, gaps = [head, "", tail], [0]
    for source, behind in zip(form.filled, form.parts[2::2], strict=True):
        place = shown.place(source)
        if isinstance(place, str):
            parts[-1] += place + behind
        else:
            gaps.append(place)
            parts += ("", behind)
    return parts, gaps


def _rest(form: Form, shown: _Shown) -> tuple[list[tuple[int, str]], list[tuple[int, int]]]:
    """The places where some word must be, and the pairs of places where the same must.

    Of words that are always the same nothing is asked: the example has them.
    """
    fixed = [(shown.place(at), word) for at, word in form.fixed.items()]
    alike = [(shown.place(one), shown.place(other)) for one, other in form.alike]
    checked = [(place, word) for place, word in fixed if isinstance(place, int)]
    for pair in alike:
        for one, other in (pair, pair[::-1]):
            if isinstance(one, int) and isinstance(other, str):
                checked.append((one, other))
    pairs = [(a, b) for a, b in alike if isinstance(a, int) and isinstance(b, int) and a != b]
    return checked, pairs


def _groups(
    spelling: _Spelling, texts: Mapping[str, str], classes: AddressClasses
) -> dict[str, Any]:
    """The expression, and which of its groups are what."""
    fields = [*texts.values()]
    groups = {value: at for value, (at, _words) in spelling.groups.items()}
    own = {value: at for value, at in groups.items() if value not in fields}
    told = [value for value in groups if value in fields]
    numbers = {value: at for value, at in own.items() if value[0].isdigit()}
    return {
        "expression": re.compile("".join(spelling.pattern)),
        "count": len({*fields, *own}),
        "values": picking([*own.values()]),
        "fields": picking([groups[value] for value in told]),
        "told": picking([fields.index(value) for value in told]),
        "addresses": tuple(at for value, at in numbers.items() if "." in value),
        "kinds": [classes(parse_address(value)[0]) for value in numbers if "." in value],
        "ports": tuple(at for value, at in numbers.items() if "." not in value),
    }
