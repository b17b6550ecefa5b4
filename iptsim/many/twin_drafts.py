"""The text of answers of one way, told by one look at the joined text of its chains.

What `twins` asks of a way value by value is asked here by one regular expression: which values are
the same is told by references back in it, and which are not by counting them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from socket import AF_INET, inet_pton

from iptsim.dataclass import dataclass
from iptsim.many.address_classes import AddressClasses
from iptsim.many.line_frames import Told
from iptsim.many.twin_chains import Asked
from iptsim.many.twin_texts import Form, TwinText
from iptsim.picking import Picked

ADDRESS, PORT = "[1-9][0-9.]{6,14}", "[1-9][0-9]{0,4}"
"""What a value may look like of which is asked then whether it is one."""
MOST_PORT = 0xFFFF
OWN = ("src", "sport")
"""The fields in which packets to one destination and port may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The texts of a way's chains, joined, and the numbers of lines and rules, turn by turn."""

    text: str
    numbers: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a packet's chains have of their own: values, and words that fill gaps of the text."""

    values: Sequence[str]
    words: Sequence[str]
    answers: Hashable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chains:
    """What the chains of a way look like; `same` are values that all packets meet there.

    Names that no chain has are among these.

    Numbers are those of groups: `values` are of the chains alone, `fields` have what the fields
    `told` have, `kinds` are the classes of the `addresses`.
    """

    expression: re.Pattern[str]
    count: int
    """The values that the fields and the chains have, each once."""
    same: frozenset[str]
    values: Picked
    fields: Picked
    told: Picked
    addresses: tuple[int, ...]
    kinds: list[int]
    ports: tuple[int, ...]
    shown: tuple[tuple[int, int], ...]
    asked: Asked
    classes: AddressClasses

    def found(self, gone: Gone, told: Told, fields: Sequence[str]) -> Found | None:
        """What a packet with these fields finds on its way; None where its chains are others."""
        match = self.expression.fullmatch(gone.text)
        if match is None:
            return None
        groups = match.groups()
        values = self.values(groups)
        each = {*fields, *values}
        differ = len(each) == self.count and self.same.isdisjoint(each)
        if not differ or self.fields(groups) != self.told(fields):
            return None
        answers = self._answers(groups, told)
        if answers is None:
            return None
        words = (*groups, *[str(gone.numbers[turn][at]) for turn, at in self.shown])
        return Found(values=values, words=words, answers=answers)

    def _answers(self, groups: Sequence[str], told: Told) -> Hashable:
        """What rules ask of addresses and ports; None where one is none, or of another class."""
        addresses = [told[name] for name in ("src", "dst") if name in told]
        try:
            more = [int.from_bytes(inet_pton(AF_INET, groups[at])) for at in self.addresses]
        except OSError:
            return None
        ports = [told[name] for name in ("sport", "dport") if name in told]
        ports += [int(groups[at]) for at in self.ports]
        if max(ports, default=0) > MOST_PORT or [*map(self.classes, more)] != self.kinds:
            return None
        addresses += more
        return self.asked.each(addresses, ports)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """The text of an answer; `came` is what rules answered of its values, to all that have it.

    `own` is what they answer of the fields that packets to one destination have of their own; None
    where another field is the same as one of these. The gaps are filled by the packet's `id`, its
    fields, and the words of its chains, in this order. `checked` and `alike` are those that must be
    some word, or like another.
    """

    chains: Chains
    came: Hashable
    own: Hashable
    parts: tuple[str, ...]
    gaps: Picked
    checked: Sequence[tuple[int, str]]
    alike: Sequence[tuple[int, int]]
    text: TwinText
    form: Form

    @property
    def holds(self) -> bool:
        """Whether this still is what is known of the text."""
        return self.text.form is self.form

    def found(self, gone: Gone, told: Told, fields: Sequence[str]) -> Found | None:
        """What a packet finds on its way, if it has this answer."""
        found = self.chains.found(gone, told, fields)
        if found is None or found.answers != self.came:
            return None
        words = ("", *fields, *found.words)
        for at, word in self.checked:
            if words[at] != word:
                return None
        same = all(words[one] == words[other] for one, other in self.alike)
        return found if same else None

    def takes(self, told: Told, texts: Mapping[str, str], values: Collection[str]) -> bool:
        """Whether it is also that of another packet to a destination whose chains have these."""
        if self.own is None or not self.holds:
            return False
        is_alone = alone(texts, (values, self.chains.same))
        return is_alone and own_answers(self.chains.asked, told) == self.own

    def told(self, identity: str, fields: Sequence[str], words: Sequence[str]) -> str:
        """The answer, to a packet whose `id` has that text."""
        named = f'"id": {identity}, ' if identity else ""
        parts = [*self.parts]
        parts[1::2] = self.gaps((named, *fields, *words))
        return "".join(parts)


def alone(texts: Mapping[str, str], others: Iterable[Collection[str]]) -> bool:
    """Whether no other value of a way is the same as one of a packet's own fields."""
    own = [texts[name] for name in OWN if name in texts]
    fields = [*texts.values()]
    return all(fields.count(one) == 1 for one in own) and not any(
        one in values for values in others for one in own
    )


def own_answers(asked: Asked, told: Told) -> Hashable:
    """What rules ask of the fields that packets to one destination have of their own."""
    return asked.each(*[[told[name]] if name in told else [] for name in OWN])
