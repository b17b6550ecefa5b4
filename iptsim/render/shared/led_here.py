"""What chains of a text do with a packet that something which is not in it may lead there."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentence
from iptsim.model import Ruleset
from iptsim.render.shared.fate_words import fate_words
from iptsim.render.shared.journey_rows import deed_of
from iptsim.render.shared.terminal import Style, printable
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import Tracer
from iptsim.tracer.rules.asked_alone import only
from iptsim.tracing import trace_grouped
from iptsim.worlds.outcome import Outcome, Step, Trace

LEADS = codes.LED_TO_CHAIN
_MOST_CHAINS, _MOST_STEPS = 4, 3


def chains_asked(answer: TraceAnswer) -> Iterator[str]:
    """`If it comes to filter DOCKER-USER: DROP by filter DOCKER-USER 1`, for each such chain."""
    trace, ruleset, style = answer.trace, answer.ruleset, answer.style
    facts = (fact for o in trace.outcomes for cube in o.when for fact, _true in cube.facts)
    names = list(dict.fromkeys(fact.detail for fact in facts if fact.code == LEADS))
    for name in names[:_MOST_CHAINS]:
        table, _, chain = name.rpartition(" ")  # `inet fw` is a table of nftables
        found = _asked(trace, only(ruleset, chain, table))
        if found is not None:
            told = sentence("trace.if_it_comes", style.lang, chain=name, what=_told(found, style))
            yield printable(told)
    if len(names) > _MOST_CHAINS:
        yield sentence("trace.more_chains", style.lang, count=len(names) - _MOST_CHAINS)


def _asked(trace: Trace, ruleset: Ruleset) -> Outcome | None:
    try:
        return trace_grouped(Tracer.of(ruleset), trace.packet).outcomes[0]
    except IptsimError:
        return None


def _told(outcome: Outcome, style: Style) -> str:
    """The first rules that it meets there, and what becomes of it."""
    steps = [_step(step, style) for step in outcome.steps if step.rule]
    said = len(steps) <= _MOST_STEPS and _says_all(outcome)
    if len(steps) > _MOST_STEPS:
        steps[_MOST_STEPS:] = ["…"]
    fate = [] if said else [fate_words(outcome, style.lang)]
    return sentence("trace.comma", style.lang).join((*steps, *fate))


def _says_all(outcome: Outcome) -> bool:
    """Whether the last step says what became of the packet: `DROP`, `RETURN to the caller`."""
    last = outcome.steps[-1] if outcome.steps else None
    if last is None or not last.rule or last.untold or outcome.rewrites:
        return False
    return last.action.upper() == outcome.verdict


def _step(step: Step, style: Style) -> str:
    place = style.place(step.place)
    where = f"{step.table} {step.chain} {step.rule}" + (f" ({place})" if place else "")
    return f"{where} {deed_of(step, style.lang)}"
