"""Packets that differ only in what no rule on their way tells apart: one text for all of them.

As Open vSwitch keeps megaflows: a packet walks once, and what it was asked says which others go
the same way.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.many.ways import Guard, Part

MOST_GUARDS = 32
"""Tests of a packet's own fields beyond which it is walked anew instead."""
MOST_BESIDE = 8
"""Flows that differ only in what came of their guards."""
MOST_LETTERS = 64_000_000
"""Letters of all texts that are kept; when there are more, all are made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The texts of an answer around the packet's own fields, and who may have it.

    The packet's `id` comes behind `head`. `others` are the values of the way that no own field may
    have.
    """

    head: str
    texts: tuple[str, ...]
    fields: tuple[str, ...]
    guards: tuple[Guard, ...] = ()
    others: frozenset[Hashable] = frozenset()

    def takes(self, own: Mapping[str, int]) -> bool:
        """Whether a packet with these own fields goes the same way."""
        for name, test, came in self.guards:
            if test(own[name]) is not came:
                return False
        return self.others.isdisjoint(own.values())

    def told(self, identity: str, own: Mapping[str, str]) -> str:
        """The answer; `identity` is the JSON of the packet's `id`, or '', `own` its own texts."""
        parts = [self.head, f'"id": {identity}, ' if identity else "", self.texts[0]]
        for name, text in zip(self.fields, self.texts[1:], strict=True):
            parts += (own[name], text)
        return "".join(parts)


def flow(head: str, parts: Iterable[Part]) -> Flow:
    """The parts of an answer's text, as few as may be."""
    texts, fields = list[str](), list[str]()
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
        else:
            texts.append("".join(run))
            run.clear()
            fields.append(part.field)
    return Flow(head=head, texts=(*texts, "".join(run)), fields=tuple(fields))


class Flows:
    """The flows of packets that are the same in all other fields, by those."""

    def __init__(self) -> None:
        self._flows: dict[Hashable, list[Flow]] = {}
        self._letters = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flows

    def find(self, key: Hashable, own: Mapping[str, int]) -> Flow | None:
        """The flow that a packet belongs to."""
        for each in self._flows.get(key, ()):
            if each.takes(own):
                return each
        return None

    def keep(self, key: Hashable, made: Flow) -> None:
        """Keep a flow; where there are too many all others go."""
        self._letters += sum(map(len, made.texts))
        if self._letters > MOST_LETTERS:
            self._flows.clear()
            self._letters = sum(map(len, made.texts))
        beside = self._flows.setdefault(key, [])
        if len(beside) < MOST_BESIDE:
            beside.append(made)


def differ(own: Sequence[int]) -> bool:
    """Whether no two of the values are the same: then which are is no matter."""
    return len(set(own)) == len(own)
