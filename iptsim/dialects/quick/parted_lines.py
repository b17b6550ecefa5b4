"""Lines of a regular save, parted into what may differ between chains that do alike, and the rest.

An operand that may differ asks for, or gives, one value: an address, a port, a chain, a comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from iptsim.dataclass import dataclass
from iptsim.dialects.quick.operands import ADDRESS, NAME, PORT, QUOTES, SAID
from iptsim.extensions.registry import targets
from iptsim.late_rules import Operand, Parted, Spelled
from iptsim.model import VERDICTS
from iptsim.picking import Picked, picking
from iptsim.regex import regex

MOST_FORMS = 32
"""Forms of chains that are kept as an expression."""
_LED = regex(r" -[jg] ([^ \n]+)")
_COUNTERS = regex(r"^\[[0-9]+:[0-9]+\] ", re.MULTILINE)
_IP = r"(?:[0-9]+\.){3}[0-9]+"
_WORDS = regex(rf"({_IP}|[A-Za-z0-9]+)")
_ADDRESS = regex(_IP)
_LEADING = regex(r" -[jg]\Z")


@cache
def _known() -> frozenset[str]:
    return frozenset({*targets(), *VERDICTS})


@cache
def _operands() -> re.Pattern[str]:
    known = "|".join(sorted(map(re.escape, _known()), key=len, reverse=True))
    return re.compile(
        rf" ((?<= -[sd] ){ADDRESS}(?=/32 )|(?<= --[sd]port ){PORT}(?=[ \n])"
        rf"|(?<= --to-destination ){ADDRESS}(?::{PORT})?(?=[ \n])"
        rf"|(?<= -[jg] )(?!(?:{known})[ \n]){NAME}(?=[ \n])|(?<=-A ){NAME}(?=[ \n])"
        rf'|(?<= --comment )(?:"{SAID}{{1,200}}"|[A-Za-z0-9]{{1,200}})(?=[ \n]))'
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Form:
    """Chains of one shape: the expression that these are, and which of its groups are what."""

    expression: re.Pattern[str]
    shape: object
    spelled: Spelled
    words: Picked
    values: Picked
    leading: Picked
    """The names of chains that rules lead to."""
    addresses: tuple[int, ...]
    ports: tuple[int, ...]
    leads: tuple[bool, ...]

    def parted(self, text: str, numbers: Sequence[int]) -> Parted | None:
        """The chain of that text, if it is of the shape."""
        found = self.expression.fullmatch(text)
        if found is None:
            return None
        groups = found.groups()
        if not _known().isdisjoint(self.leading(groups)):
            return None
        values = self.values(groups)
        return Parted(
            shape=self,
            spelled=self.spelled,
            values=values,
            words=(*self.words(groups), *map(str, numbers)),
            addresses=tuple([values[at] for at in self.addresses]),
            ports=tuple([values[at] for at in self.ports]),
            led=tuple(_LED.findall(text)),
            leads=self.leads,
        )


class Parting:
    """Parts the chains of a table; one of a form that was met before costs less."""

    def __init__(self) -> None:
        self._forms: dict[int, list[_Form]] = {}
        self._shapes: dict[object, _Form] = {}

    def parted(self, text: str, numbers: Sequence[int]) -> Parted | None:
        """Whole lines without counters; None where one has a quote of another kind."""
        for form in self._forms.get(len(numbers), ()):
            found = form.parted(text, numbers)
            if found is not None:
                return found
        new = self._new(text)
        return None if new is None else new.parted(text, numbers)

    def _new(self, text: str) -> _Form | None:
        parts = _operands().split(text)
        if any(quote in rest for rest in parts[::2] for quote in QUOTES):
            return None
        form = _form(parts, text)
        found = self._shapes.setdefault(form.shape, form)
        kept = self._forms.setdefault(text.count("\n"), [])
        if found is form and len(kept) < MOST_FORMS:
            kept.append(form)
        return found


def uncounted(text: str) -> str:
    """Lines without their counters."""
    return _COUNTERS.sub("", text)


def _form(parts: Sequence[str], text: str) -> _Form:
    operands, shape = list[Operand](), [parts[0]]
    words, values, leading, texts = list[int](), list[int](), list[int](), list[str]()
    group = 0
    for before, operand, behind in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        pieces = _WORDS.split(operand)
        told = _operand(before, operand, pieces)
        count, first = len(told.words), group if told.apart else group + 1
        words += range(first, first + count)
        values += range(group, group + count) if told.apart else (group,)
        leading += (group,) if told.unless else ()
        texts += pieces[1::2] if told.apart else (operand,)
        group = first + count
        operands.append(told)
        shape += (*pieces[::2], "D" if told.apart else "N", behind)
    same = [re.escape(parts[0]), *map(re.escape, parts[2::2])]
    spelled = Spelled(same=tuple(same), operands=tuple(operands))
    lines = text.split("\n")[:-1]
    return _Form(
        expression=_expression(spelled), shape=tuple(shape), spelled=spelled,
        words=picking(words), values=picking(values), leading=picking(leading),
        addresses=tuple(at for at, one in enumerate(texts) if _ADDRESS.fullmatch(one)),
        ports=tuple(at for at, one in enumerate(texts) if one.isdigit()),
        leads=tuple(_LED.search(line) is not None for line in lines),
    )  # fmt: skip


def _operand(before: str, operand: str, pieces: Sequence[str]) -> Operand:
    apart = operand[0].isdigit()
    return Operand(
        apart=apart,
        unless=_known() if _LEADING.search(before) else frozenset(),
        between=tuple(map(re.escape, pieces[::2])),
        words=tuple([_class(word, apart) for word in pieces[1::2]]),
    )


def _expression(spelled: Spelled) -> re.Pattern[str]:
    pattern = [spelled.same[0]]
    for operand, behind in zip(spelled.operands, spelled.same[1:], strict=True):
        inner = [f"({word})" for word in operand.words]
        rest = zip(inner, operand.between[1:], strict=True)
        told = operand.between[0] + "".join(w + b for w, b in rest)
        pattern += (" ", told if operand.apart else f"({told})", behind)
    return re.compile("".join(pattern))


def _class(word: str, apart: bool) -> str:
    if _ADDRESS.fullmatch(word):
        return ADDRESS if apart else _IP
    return PORT if apart else "[A-Za-z0-9]+"
