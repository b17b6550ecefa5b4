"""The tracer's answer beside the kernel's, as a text for a test that fails."""

from __future__ import annotations

from iptsim.kernel import Journey
from iptsim.kernel.side_by_side import compare, in_kernel_words
from iptsim.tracer import Trace

__all__ = ["disagreement", "in_kernel_words"]


def disagreement(trace: Trace, journey: Journey) -> str | None:
    """What the tracer and the kernel say differently of one packet, None where nothing.

    Where facts are open (limit, statistic) the kernel's way must be exactly one of the outcomes;
    else there must be only one outcome.
    """
    found = compare(trace, journey)
    return None if found.agrees else _report(trace, journey, found.problem)


def _report(trace: Trace, journey: Journey, what: str) -> str:
    lines = [what, f"packet {journey.packet.given()} at {journey.hook}", "the kernel:"]
    lines += [f"  {step}" for step in journey.steps]
    lines += [f"  {s.hook}: {s.packet.given()}" for s in journey.sightings]
    for outcome in trace.outcomes:
        lines.append(f"ours: {outcome.verdict} {outcome.destination} when {outcome.when}")
        lines += [f"  {in_kernel_words(step)}" for step in outcome.steps]
        lines.append(f"  {dict(outcome.packet)}")
    return "\n".join(lines)
