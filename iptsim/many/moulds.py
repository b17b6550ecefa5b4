"""The text of an answer, with gaps for what another packet of the same way has of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from iptsim.dataclass import dataclass, field, replace
from iptsim.many.ways import NotPlainError, Own, Part, Parts, Way
from iptsim.model import Note
from iptsim.packet import NOBODY
from iptsim.regex import regex
from iptsim.render.outputs.trace_json import trace_json
from iptsim.tracer.journey import End
from iptsim.values import format_address
from iptsim.worlds.domains import ADDRESS_FIELDS
from iptsim.worlds.outcome import Outcome, Trace

SLOTS = ("src", "dst", "sport", "dport", "length", "tos", "mark", "uid", "gid", "connmark")
"""Fields of which an answer shows the value, and on which the way between tables does not hang.

But for the class of an address, see `address_classes`.
"""
Place = tuple[int, str]
"""A field of one of a packet's ways, by the way's number."""
Filler = Callable[[Sequence[Way]], Iterable[Part]]
Encode = Callable[[object], str]
"""Data as one line of JSON."""
_MADE = secrets.token_hex(8)
"""A word that no dump has."""
_GAP = regex(rf'"{_MADE}:(\d+)"|{_MADE}-(\d+)-')
_IDENTITY = f'"id": "{_MADE}", '


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """Texts, and what fills the gaps between them; the packet's `id` comes behind `head`."""

    head: str
    texts: tuple[str, ...]
    fillers: tuple[Filler, ...]

    def parts(self, ways: Sequence[Way]) -> Iterator[Part]:
        """The answer of a packet with these ways, from behind its `id`."""
        yield self.texts[0]
        for filler, text in zip(self.fillers, self.texts[1:], strict=True):
            yield from filler(ways)
            yield text


@dataclass(slots=True, kw_only=True)
class Moulding:
    """Makes a mould of a plain answer, given where its values, steps and ends come from.

    `places` has the terms of fields that come from a way, by identity; `ends` the number of the way
    that led to an end, with the end, by the identity of its steps (None where several have them).
    """

    width: int
    ways: Sequence[Way]
    places: Mapping[int, Place]
    ends: Mapping[int, tuple[int, End] | None]
    encode: Encode
    lang: str
    _fillers: list[Filler] = field(default_factory=list)

    def mould(self, trace: Trace, notes: Sequence[Note]) -> Mould:
        """The mould of that answer; `NotPlainError` where something of it cannot be placed."""
        marked = replace(
            trace,
            assumed=tuple(map(self._note, trace.assumed)),
            notes=tuple(map(self._note, trace.notes)),
        )
        data: Any = trace_json(marked, lang=self.lang, identity=_MADE, notes=notes)
        for name in (name for name in SLOTS if data["packet"].get(name, NOBODY) != NOBODY):
            data["packet"][name] = self._value((0, name))
        for outcome, told in zip(trace.outcomes, data["outcomes"], strict=True):
            self._outcome(outcome, told)
        head, tail = self.encode(data).split(_IDENTITY)
        found = _GAP.split(tail)
        gaps = zip(found[1::3], found[2::3], strict=True)
        fillers = tuple(self._fillers[int(alone or within)] for alone, within in gaps)
        return Mould(head=head, texts=tuple(found[::3]), fillers=fillers)

    def _outcome(self, outcome: Outcome, told: dict[str, Any]) -> None:
        found = self.ends.get(id(outcome.steps))
        if found is None:
            raise NotPlainError
        number, end = found
        told["steps"] = self._alone(lambda ways: (f"[{', '.join(ways[number].steps)}]",))
        told["rewrites"] = self._alone(lambda ways: _listed(ways[number].rewrites))
        told["when"] = [self._cube(cube) for cube in told["when"]]
        for name in (name for name in SLOTS if name in told["packet"]):
            place = self.places.get(id(end.world.fields[name]))
            if place is not None:
                told["packet"][name] = self._value(place)

    def _cube(self, cube: dict[str, Any]) -> dict[str, Any]:
        facts = {self._fact(key): value for key, value in cube.get("facts", {}).items()}
        return {**cube, "facts": facts} if facts else cube

    def _fact(self, key: str) -> str:
        for number, way in enumerate(self.ways):
            if key in way.facts:
                return self._within(partial(self._key, number, list(way.facts).index(key)))
        return key

    def _key(self, number: int, at: int, ways: Sequence[Way]) -> tuple[Part]:
        return (self.encode([*ways[number].facts][at])[1:-1],)

    def _note(self, note: Note) -> Note:
        """A note with addresses of the packet's told as such."""
        return replace(note, facts=tuple((name, self._told(text)) for name, text in note.facts))

    def _told(self, text: str) -> str:
        for number, way in enumerate(self.ways):
            for name in ("src", "dst"):
                value = way.held.get(name)
                if isinstance(value, int) and text == format_address(value, self.width):
                    return self._within(self._filler((number, name)))
        return text

    def _value(self, place: Place) -> str:
        filler = self._filler(place)
        if place[1] not in ADDRESS_FIELDS:
            return self._alone(filler)
        return self._alone(lambda ways: ('"', *filler(ways), '"'))

    def _filler(self, place: Place) -> Filler:
        (number, name), width = place, self.width
        shown = partial(format_address, width=width) if name in ADDRESS_FIELDS else str

        def fill(ways: Sequence[Way]) -> tuple[Part]:
            way = ways[number]
            return (Own(name) if name in way.own else shown(way.held[name]),)

        return fill

    def _alone(self, filler: Filler) -> str:
        """What stands for a whole value."""
        self._fillers.append(filler)
        return f"{_MADE}:{len(self._fillers) - 1}"

    def _within(self, filler: Filler) -> str:
        """What stands for a part of a text."""
        self._fillers.append(filler)
        return f"{_MADE}-{len(self._fillers) - 1}-"


def _listed(entries: Sequence[Parts]) -> Iterator[Part]:
    yield "["
    for number, entry in enumerate(entries):
        yield from (", ", *entry) if number else entry
    yield "]"
