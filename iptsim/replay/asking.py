"""Asks the tracer what becomes of a packet of the capture, as what it is to its connection."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentence
from iptsim.host import Host
from iptsim.many.answers import ManyAnswers
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.questions import read_packet
from iptsim.render.shared.replayed import Fared
from iptsim.replay.asked_fields import Asked, asked_by
from iptsim.replay.told_answers import Answers
from iptsim.tracer import Trace, Tracer
from iptsim.tracer.rules.ready import Library
from iptsim.worlds.outcome import Outcome

MOST_TRACES = 1_000
"""First packets whose plain trace is kept, for the packets that follow them."""
Given = dict[str, Any]
_ENDS = ("src", "dst", "sport", "dport")


class NotAskedError(Exception):
    """The tracer does not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class First:
    """How the first packet of a connection fared: as told, and as each way left the packet."""

    fared: Fared
    left: tuple[Mapping[str, Any], ...]

    @property
    def let_through(self) -> tuple[int, ...]:
        """The ways that went on, by their place."""
        ends = enumerate(self.fared.outcomes)
        return tuple(place for place, end in ends if end.destination is not None)


class Asking:
    """Answers of one dump and host."""

    def __init__(
        self, dump: Dump, host: Host, *, lang: str, encode: Callable[[object], str]
    ) -> None:
        self._dump, self._host = dump, host
        self._many = ManyAnswers(dump, host, lang=lang, encode=encode)
        self._answers = Answers(dump, lang)
        self._tracers = {each.family: Tracer.of(each) for each in dump.rulesets}
        self._traces: OrderedDict[tuple[Any, ...], Trace] = OrderedDict()
        self._asked: dict[int, Asked] = {}

    def has(self, family: int) -> bool:
        """Whether the dump has rules of that family."""
        return family in self._tracers

    def asked(self, family: int) -> Asked:
        """What its rules ask for."""
        if family not in self._asked:
            ruleset = self._tracers[family].library.ruleset
            self._asked[family] = asked_by(Library(ruleset=ruleset, host=self._host))
        return self._asked[family]

    @property
    def translates(self) -> bool:
        """Whether some rule may translate."""
        return any(self.asked(family).translates for family in self._tracers)

    def first(self, given: Given, family: int) -> First:
        """A packet of which all is told that matters.

        Raises `NotAskedError` for one that cannot be.
        """
        try:
            text = self._many.line(given, partial(read_packet, given, family))
        except IptsimError as error:
            raise NotAskedError(error.message) from None
        return First(*self._answers.of_line(text, family))

    def either(self, given: Given, family: int, states: tuple[str | None, ...]) -> Fared:
        """A packet whose state is one of several; firm where it fares alike in all of them."""
        found = [self.first(_in_state(given, state), family).fared for state in states]
        presumed = tuple(dict.fromkeys(text for fared in found for text in fared.presumed))
        same = len({_ends(fared) for fared in found}) == 1
        sure = same and not self.asked(family).translates
        several = found[:1] if same else found
        outcomes = [outcome for fared in several for outcome in fared.outcomes]
        return self._answers.fared(outcomes, presumed, "" if sure else "state")

    def unsure(self, fared: Fared) -> Fared:
        """The same, but that nothing tells whether it fares so."""
        return self._answers.fared(fared.outcomes, fared.presumed, "state")

    def known_ours(self, fared: Fared) -> Fared:
        """The same, where it is known that the packet is addressed to this host."""
        here = sentence(codes.TO_THIS_HOST, self._answers.lang)
        presumed = tuple(text for text in fared.presumed if text != here)
        return self._answers.fared(fared.outcomes, presumed, fared.untold)

    def following(self, given: Given, family: int, kind: str, told: Mapping[str, Any]) -> Fared:
        """The packet that follows one that was `given` so, `kind` as `Tracer.follow` has it.

        `told` are the fields that are known of it. Raises `NotAskedError` where there is none.
        """
        tracer = self._tracers[family]
        try:
            trace = self._trace(given, family)
            packet = Packet(family=family).with_(**told) if told else None
            through = [one for one in trace.outcomes if one.destination is not None]
            found = [tracer.follow(one, kind, told=packet) for one in through]
        except IptsimError as error:
            raise NotAskedError(error.message) from None
        traces = [each for each in found if each is not None]
        if not traces:
            raise NotAskedError("")
        return self._answers.of_traces(traces)

    def _trace(self, given: Given, family: int) -> Trace:
        """The plain trace of a first packet, every way for itself."""
        key = (family, *given.items())
        found = self._traces.get(key)
        if found is None:
            if len(self._traces) >= MOST_TRACES:
                self._traces.popitem(last=False)
            question = read_packet(given, family)
            found = self._tracers[family].trace(
                question.packet.with_(family=family), hook=question.hook, host=self._host
            )
            self._traces[key] = found
        return found


def _in_state(given: Given, state: str | None) -> Given:
    return given if state is None else {**given, "ctstate": state}


def _ends(fared: Fared) -> frozenset[tuple[Any, ...]]:
    """How ways end, and by whom, whatever rules were met before."""
    return frozenset((end.verdict, end.destination, _decider(end)) for end in fared.outcomes)


def _decider(end: Outcome) -> tuple[Any, ...] | None:
    step = end.decided_by
    return None if step is None else (step.table, step.chain, step.rule)


def unchanged(given: Given, left: Mapping[str, Any]) -> bool:
    """Whether a packet kept its addresses and ports on its way."""
    return all(left.get(name, given.get(name)) == given.get(name) for name in _ENDS)
