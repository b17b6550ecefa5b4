"""Asks the tracer what becomes of a packet of the capture, as what it is to its connection."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, TypeVar

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentence
from iptsim.host import Host
from iptsim.many.answers import ManyAnswers
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.questions import read_packet
from iptsim.render.shared.replayed import Fared
from iptsim.replay.asked_fields import Asked, asked_by
from iptsim.replay.ip_headers import Tuple
from iptsim.replay.packet_classes import PacketClasses
from iptsim.replay.told_answers import Answers
from iptsim.tracer import Trace, Tracer
from iptsim.tracer.rules.ready import Library
from iptsim.worlds.outcome import Outcome, Step

MOST_TRACES = 1_000
"""First packets whose plain trace is kept, for the packets that follow them."""
MOST_KEPT = 100_000
"""Answers that are kept for packets that fare alike; when there are more, all are asked anew."""
Given = dict[str, Any]
_ENDS = ("src", "dst", "sport", "dport")


class NotAskedError(Exception):
    """The tracer does not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class First:
    """How a packet fared: as told, and what each way made of its fields.

    `made` has the fields that hold something else than before, None where that is not known.
    """

    fared: Fared
    made: tuple[Mapping[str, Any], ...]

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
        self._classes: dict[int, PacketClasses] = {}
        self._firsts: dict[Hashable, First] = {}
        self._followed: dict[Hashable, Fared] = {}

    def has(self, family: int) -> bool:
        """Whether the dump has rules of that family."""
        return family in self._tracers

    def asked(self, family: int) -> Asked:
        """What its rules ask for."""
        if family not in self._asked:
            self._asked[family] = asked_by(self._library(family))
        return self._asked[family]

    @property
    def translates(self) -> bool:
        """Whether some rule may translate."""
        return any(self.asked(family).translates for family in self._tracers)

    def first(self, given: Given, tuple_: Tuple) -> First:
        """A packet of which all is told that matters; `tuple_` has its addresses and ports.

        Raises `NotAskedError` for one that has no answer.
        """
        key = self._key(given, tuple_)
        found = self._firsts.get(key)
        if found is None:
            found = self._first(given, tuple_[0])
            _keep(self._firsts, key, found)
        return found

    def _first(self, given: Given, family: int) -> First:
        try:
            text = self._many.line(given, partial(read_packet, given, family))
        except IptsimError as error:
            raise NotAskedError(error.message) from None
        fared, left = self._answers.of_line(text, family)
        return First(fared, tuple(_made(given, each) for each in left))

    def _key(self, given: Given, tuple_: Tuple) -> Hashable:
        family = tuple_[0]
        classes = self._classes.get(family)
        if classes is None:
            library = self._library(family)
            classes = self._classes[family] = PacketClasses(library)
        others = tuple([item for item in given.items() if item[0] not in _ENDS])
        return (classes.of(tuple_), others)

    def _library(self, family: int) -> Library:
        ruleset = self._tracers[family].library.ruleset
        return Library(ruleset=ruleset, host=self._host.for_width(ruleset.width))

    def either(self, given: Given, tuple_: Tuple, states: tuple[str | None, ...]) -> Fared:
        """A packet whose state is one of several; firm where it fares alike in all of them."""
        found = [self.first(_in_state(given, state), tuple_).fared for state in states]
        presumed = tuple(dict.fromkeys(text for fared in found for text in fared.presumed))
        same = len({_ends(fared) for fared in found}) == 1
        sure = same and not self.asked(tuple_[0]).translates
        several = found[:1] if same else found
        outcomes = [outcome for fared in several for outcome in fared.outcomes]
        return self._answers.fared(outcomes, presumed, "" if sure else "state")

    def unsure(self, fared: Fared) -> Fared:
        """The same, but that nothing tells whether it fares so."""
        return self._answers.fared(fared.outcomes, fared.presumed, "state")

    def refusing(self, fared: Fared) -> Fared:
        """How the RST fares that REJECT makes: it has the connection of what it refuses.

        So the destination's translation is settled, and nat is not asked for it again at OUTPUT
        (nf_nat_core.c, nf_nat_inet_fn: nf_nat_initialized). Unsure where a rule of that would act.
        """
        asked = [s for end in fared.outcomes for s in end.steps if _at_nat_output(s)]
        if any(step.rule is not None for step in asked):
            return self.unsure(fared)
        ends = [
            replace(end, steps=tuple(step for step in end.steps if not _at_nat_output(step)))
            for end in fared.outcomes
        ]
        return self._answers.fared(ends, fared.presumed, fared.untold)

    def known_ours(self, fared: Fared) -> Fared:
        """The same, where it is known that the packet is addressed to this host."""
        here = sentence(codes.TO_THIS_HOST, self._answers.lang)
        presumed = tuple(text for text in fared.presumed if text != here)
        return self._answers.fared(fared.outcomes, presumed, fared.untold)

    def following(self, first: tuple[Given, Tuple], kind: str, told: Mapping[str, Any]) -> Fared:
        """The packet that follows a first one, `kind` as `Tracer.follow` has it.

        `told` are the fields that are known of it. Raises `NotAskedError` where there is none.
        """
        key = (kind, self._key(*first), *told.items())
        found = self._followed.get(key)
        if found is None:
            found = self._follow(first[0], first[1][0], kind, told)
            _keep(self._followed, key, found)
        return found

    def _follow(self, given: Given, family: int, kind: str, told: Mapping[str, Any]) -> Fared:
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


def _at_nat_output(step: Step) -> bool:
    return (step.table, step.hook) == ("nat", "OUTPUT")


def _made(given: Given, left: Mapping[str, Any]) -> dict[str, Any]:
    """What a way made of a packet's fields."""
    ends = {name: left.get(name) for name in _ENDS if name in given}
    changed = {name: value for name, value in ends.items() if value != given[name]}
    return {**changed, "ctstate": left.get("ctstate")}


def unchanged(made: Mapping[str, Any]) -> bool:
    """Whether a packet kept its addresses and ports on its way."""
    return made.keys().isdisjoint(_ENDS)


K = TypeVar("K")


def _keep(kept: dict[Hashable, K], key: Hashable, value: K) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
