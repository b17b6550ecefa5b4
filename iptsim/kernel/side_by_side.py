"""The tracer's answer beside the kernel's, row by row.

A packet that is fully given has one outcome with us, or, where facts are open (limit, statistic),
several of which the kernel's way must be exactly one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from types import MappingProxyType

from iptsim.dataclass import dataclass, fields, replace
from iptsim.kernel.events.chosen_values import alike, may_be
from iptsim.kernel.events.events import Journey, KernelStep
from iptsim.kernel.loading.rereading import Misread
from iptsim.packet import Packet
from iptsim.values import format_address
from iptsim.worlds.outcome import Cube, Outcome, Step, Trace

SEEN = ("src", "dst", "sport", "dport", "mark", "tos", "ttl", "length")
"""The fields of a packet that the kernel tells at its end."""

# What the kernel's own words are for the interface's; the rest are the same.
_VERDICTS: Mapping[str, str] = MappingProxyType({"rewrite": "accept", "reject": "drop"})
_TOLD = frozenset(f.name.rstrip("_") for f in fields(Packet))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A step of ours beside the kernel's; None where the other side has none like it."""

    ours: Step | None
    kernel: KernelStep | None

    @property
    def same(self) -> bool:
        """Whether both took the step alike."""
        if self.ours is None or self.kernel is None:
            return False
        return _alike(in_kernel_words(self.ours), self.kernel)

    @property
    def hook(self) -> str:
        """The hook where it was taken."""
        step = self.ours or self.kernel
        return step.hook if step else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The verdict, the destination or a field of the packet at its end, where they differ.

    Values are as an outcome has them (addresses as text); None for «nowhere».
    """

    field: str
    ours: int | str | None
    kernel: int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Our trace of a packet beside the kernel's journey.

    `outcome` is ours that takes the kernel's way, or else the one most like it.
    `takers` counts those of ours that take it, and end alike in every field (those that end
    differently in what the kernel does not tell, as the options of TCP, it cannot tell apart);
    `undecided` is whether we leave open what the packet tells. `implied` are the facts, open to
    us, that the kernel's way tells, as a union of cubes. `misread` are the rules that iptables
    reads otherwise than we do.
    """

    trace: Trace
    journey: Journey
    outcome: Outcome
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    takers: int
    undecided: bool = False
    implied: tuple[Cube, ...] = ()
    misread: tuple[Misread, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the kernel has the rules that we say and does what we say, step by step."""
        return self.goes_alike and not self.misread

    @property
    def goes_alike(self) -> bool:
        """Whether the kernel does what we say, whatever rules it may have besides."""
        return self.takers == 1 and not self.undecided and not self.differences

    @property
    def problem(self) -> str:
        """In a few English words what does not agree, '' where all does."""
        if self.undecided:
            return f"{len(self.trace.outcomes)} outcomes without an open fact"
        if self.takers != 1:
            return f"{self.takers} outcomes take the kernel's steps"
        if self.misread and not self.differences:
            return f"iptables reads {', '.join(map(str, self.misread))} otherwise"
        return "; ".join(f"{d.field} {d.ours}, the kernel's {d.kernel}" for d in self.differences)


def in_kernel_words(step: Step) -> KernelStep:
    """A step of a trace as the kernel would tell it."""
    verdict = step.target.lower() if step.action == "policy" else step.action
    return KernelStep(
        hook=step.hook,
        table=step.table,
        chain=step.chain,
        rule=step.rule,
        verdict=_VERDICTS.get(verdict, verdict),
        target=step.target if step.action in ("jump", "goto") else "",
    )


def compare(trace: Trace, journey: Journey) -> Comparison:
    """Our trace of a packet beside the kernel's journey of the same one.

    The packet of the trace must be the journey's, fully given, on the host that the kernel had.
    """
    journey = replace(journey, steps=tuple(_gone_on(journey)))
    trace = replace(trace, outcomes=tuple(map(_as_told, trace.outcomes)))
    taking = _takers(trace, journey)
    outcome = taking[0] if taking else max(trace.outcomes, key=lambda o: _likeness(o, journey))
    several = len(trace.outcomes) > len(taking) > 0
    return Comparison(
        trace=trace,
        journey=journey,
        outcome=outcome,
        rows=tuple(_rows(outcome.steps, journey.steps)),
        differences=tuple(_differences(outcome, journey)),
        takers=alike(taking, journey),
        undecided=len(trace.outcomes) != 1 and not _is_open(trace),
        implied=tuple(cube for one in taking for cube in one.when) if several else (),
    )


def _as_told(outcome: Outcome) -> Outcome:
    """The kernel says nothing of a rule that did not match to its end, whatever it did before."""
    return replace(outcome, steps=tuple(step for step in outcome.steps if not step.broke))


def _gone_on(journey: Journey) -> Iterator[KernelStep]:
    """A queue is told before anybody is asked; one that is bypassed is as good as an ACCEPT.

    Source: net/netfilter/core.c, nf_hook_slow.
    """
    for number, step in enumerate(journey.steps, 1):
        ends = number == len(journey.steps) and journey.verdict == "QUEUE"
        yield replace(step, verdict="accept") if step.verdict == "queue" and not ends else step


def _takers(trace: Trace, journey: Journey) -> list[Outcome]:
    """Our outcomes of the kernel's steps; of several those that end as it tells, if any do."""
    same = [outcome for outcome in trace.outcomes if _same_steps(outcome, journey)]
    ends = [outcome for outcome in same if not any(_differences(outcome, journey))]
    if len(ends) > 1:
        return [outcome for outcome in ends if may_be(outcome, journey)] or ends
    return ends or same[:1]


def _is_open(trace: Trace) -> bool:
    """Whether the outcomes hang on what no packet tells: facts, and fields beyond `Packet`."""
    cubes = [cube for outcome in trace.outcomes for cube in outcome.when]
    untold = any(part.field not in _TOLD for cube in cubes for part in cube.conditions)
    return untold or any(cube.facts for cube in cubes)


def _alike(ours: KernelStep, kernel: KernelStep) -> bool:
    """A verdict that the kernel did not tell ('') is no difference.

    What is stolen goes no further, which we call a drop; the packet's verdict tells which.
    """
    told = kernel.verdict != ""
    if kernel.verdict == "stolen":
        kernel = replace(kernel, verdict="drop")
    return _at(ours) == _at(kernel) and (
        not told or (ours.verdict, ours.target) == (kernel.verdict, kernel.target)
    )


def _at(step: KernelStep) -> tuple[str, str, str, int | None]:
    return (step.hook, step.table, step.chain, step.rule)


def _same_steps(outcome: Outcome, journey: Journey) -> bool:
    pairs = zip_longest(map(in_kernel_words, outcome.steps), journey.steps)
    return all(ours and kernel and _alike(ours, kernel) for ours, kernel in pairs)


def _likeness(outcome: Outcome, journey: Journey) -> int:
    """How many steps an outcome has in common with the kernel's way."""
    return sum(row.same for row in _rows(outcome.steps, journey.steps))


def _rows(ours: Sequence[Step], kernel: Sequence[KernelStep]) -> Iterator[Row]:
    """The steps side by side, hook by hook; a packet meets each hook once at most."""
    for hook in dict.fromkeys([*(step.hook for step in ours), *(step.hook for step in kernel)]):
        mine = [step for step in ours if step.hook == hook]
        theirs = [step for step in kernel if step.hook == hook]
        yield from _aligned(mine, theirs)


def _aligned(ours: Sequence[Step], kernel: Sequence[KernelStep]) -> Iterator[Row]:
    """Aligned by where they stand, so that one rule with two verdicts is one row."""
    mine = [_at(in_kernel_words(step)) for step in ours]
    theirs = [_at(step) for step in kernel]
    matcher = SequenceMatcher(a=mine, b=theirs, autojunk=False)
    for tag, low, high, first, last in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(ours[low:high], kernel[first:last], strict=True)
            yield from (Row(ours=one, kernel=other) for one, other in pairs)
            continue
        yield from (Row(ours=step, kernel=None) for step in ours[low:high])
        yield from (Row(ours=None, kernel=step) for step in kernel[first:last])


def _differences(outcome: Outcome, journey: Journey) -> Iterator[Difference]:
    """A packet that routing threw away (LOST) is our DROP without a rule that dropped."""
    verdict = "DROP" if outcome.verdict == "REJECT" else outcome.verdict
    theirs = "DROP" if journey.verdict == "LOST" else journey.verdict
    if verdict != theirs:
        yield Difference(field="verdict", ours=outcome.verdict, kernel=journey.verdict)
    if journey.verdict != "ACCEPT":
        return
    if outcome.destination != (there := destination(journey)):
        yield Difference(field="destination", ours=outcome.destination, kernel=there)
    if outcome.destination is not None:
        yield from _fields(outcome, journey.sightings[-1].packet)


def _fields(outcome: Outcome, last: Packet) -> Iterator[Difference]:
    seen = last.given()
    yield from _chosen(outcome, last)
    for name, ours in outcome.packet:
        value, theirs = _number(ours), seen.get(name) if name in SEEN else None
        if theirs is not None and value is not None and value != theirs:
            yield Difference(field=name, ours=ours, kernel=_shown(name, theirs, last.family))


def _chosen(outcome: Outcome, last: Packet) -> Iterator[Difference]:
    """Where the kernel had several choices, it must have taken one of them."""
    seen, known = last.given(), dict(outcome.packet)
    texts = {r.field: r.after for r in outcome.rewrites if isinstance(r.after, str)}
    for name, text in texts.items():
        theirs, ends = seen.get(name), [_number(_read(end)) for end in text.split("-")]
        if name in known or not isinstance(theirs, int) or len(ends) != 2 or None in ends:
            continue
        if not int(ends[0] or 0) <= theirs <= int(ends[1] or 0):
            yield Difference(field=name, ours=text, kernel=_shown(name, theirs, last.family))


def _read(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _shown(name: str, value: int | str, family: int) -> int | str:
    if name in ("src", "dst") and isinstance(value, int):
        return format_address(value, 32 if family == 4 else 128)
    return value


def destination(journey: Journey) -> str | None:
    """Where the kernel let the packet go: local, forward, out; None where it did not."""
    if journey.verdict != "ACCEPT":
        return None
    if journey.sightings[-1].hook == "INPUT":
        return "local"
    # What came back by lo, and goes elsewhere, passed POSTROUTING twice.
    back = sum(sighting.hook == "POSTROUTING" for sighting in journey.sightings) > 1
    return "forward" if journey.hook == "PREROUTING" or back else "out"


def _number(value: int | str) -> int | None:
    """A value that is certain; None for the words of one that is not."""
    if isinstance(value, int):
        return value
    try:
        return int(ipaddress.ip_address(value))
    except ValueError:
        return None
