"""The tracer's answer beside the kernel's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from iptsim.kernel import Journey, KernelStep, Sighting
from iptsim.tracer import Outcome, Step, Trace

SEEN = ("src", "dst", "sport", "dport", "mark", "tos", "ttl")
# What the kernel's own words are for the interface's; the rest are the same.
_VERDICTS = {"rewrite": "accept", "reject": "drop"}


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


def disagreement(trace: Trace, journey: Journey) -> str | None:
    """What the tracer and the kernel say differently of one packet, None where nothing.

    Where facts are open (limit, statistic) the kernel's way must be exactly one of the outcomes;
    else there must be only one outcome.
    """
    open_facts = any(cube.facts for outcome in trace.outcomes for cube in outcome.when)
    if not open_facts and len(trace.outcomes) != 1:
        return _report(trace, journey, f"{len(trace.outcomes)} outcomes without an open fact")
    same = [o for o in trace.outcomes if tuple(map(in_kernel_words, o.steps)) == journey.steps]
    if len(same) != 1:
        return _report(trace, journey, f"{len(same)} outcomes take the kernel's steps")
    wrong = list(_differences(same[0], journey))
    return _report(trace, journey, "; ".join(wrong)) if wrong else None


def _differences(outcome: Outcome, journey: Journey) -> Iterator[str]:
    verdict = "DROP" if outcome.verdict == "REJECT" else outcome.verdict
    if verdict != journey.verdict:
        yield f"verdict {outcome.verdict}, the kernel's {journey.verdict}"
    if journey.verdict != "ACCEPT":
        return
    last = journey.sightings[-1]
    destination = _destination(last, journey.hook)
    if outcome.destination != destination:
        yield f"destination {outcome.destination}, the kernel's {destination}"
    for name, ours in outcome.packet:
        theirs = getattr(last.packet, name, None) if name in SEEN else None
        value = _number(ours)
        if theirs is not None and value is not None and value != theirs:
            yield f"{name} {ours}, the kernel's {theirs}"


def _destination(last: Sighting, hook: str) -> str:
    if last.hook == "INPUT":
        return "local"
    return "forward" if hook == "PREROUTING" else "out"


def _number(value: int | str) -> int | None:
    """A value that is certain; None for the words of one that is not."""
    if isinstance(value, int):
        return value
    try:
        return int(ipaddress.ip_address(value))
    except ValueError:
        return None


def _report(trace: Trace, journey: Journey, what: str) -> str:
    lines = [what, f"packet {journey.packet.given()} at {journey.hook}", "the kernel:"]
    lines += [f"  {step}" for step in journey.steps]
    lines += [f"  {s.hook}: {s.packet.given()}" for s in journey.sightings]
    for outcome in trace.outcomes:
        lines.append(f"ours: {outcome.verdict} {outcome.destination} when {outcome.when}")
        lines += [f"  {in_kernel_words(step)}" for step in outcome.steps]
        lines.append(f"  {dict(outcome.packet)}")
    return "\n".join(lines)
