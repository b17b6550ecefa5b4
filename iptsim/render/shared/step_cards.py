"""A way of a packet as cards: at each step its chains, what it holds, what the rule does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.explain.catalogue import sentence
from iptsim.render.shared.columns import Row
from iptsim.render.shared.fate_words import shown_value
from iptsim.render.shared.journey_rows import journeys
from iptsim.render.shared.terminal import printable
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import field_value, set_texts
from iptsim.worlds.outcome import Outcome, Step

_JUMPS = ("jump", "goto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One step: its row, and what is told below it, each line with its label.

    `passed` are the rules of its chain that were passed over before it, where the trace kept them.
    """

    hook: str
    row: Row
    lines: tuple[tuple[str, str], ...]
    passed: tuple[Row, ...]


def cards(answer: TraceAnswer, outcome: Outcome) -> list[Card]:
    """The cards of one outcome, in the order of its steps."""
    alone = replace(answer, trace=replace(answer.trace, outcomes=(outcome,), untold=()))
    ((_title, entries),) = journeys(alone)
    packets = _packets(answer, outcome)
    paths = _paths(outcome.steps)
    found: list[Card] = []
    passed: list[Row] = []
    for hook, row in entries:
        if not row.number.isdigit():
            passed.append(row)
            continue
        step = outcome.steps[int(row.number) - 1]
        told = {"packet": next(packets), "chain": next(paths), "rule": step.text}
        lines = _lines(told, answer.style.lang)
        found.append(Card(hook=hook, row=row, lines=lines, passed=tuple(passed)))
        passed = []
    return found


def _lines(told: Mapping[str, str], lang: str) -> tuple[tuple[str, str], ...]:
    shown = ((name, printable(text)) for name, text in told.items() if text)
    return tuple((sentence(f"view.step.{name}", lang), text) for name, text in shown)


def _packets(answer: TraceAnswer, outcome: Outcome) -> Iterator[str]:
    """What is known of the packet as it comes to each step."""
    packet, lang = answer.trace.packet, answer.style.lang
    given = packet.given().items()
    held = {name: str(field_value(name, value, packet.family)) for name, value in given}
    held |= {**dict(packet.names), **set_texts(packet)}
    for step in outcome.steps:
        told = (f"{name} {value}" for name, value in held.items() if name != "family")
        yield sentence("trace.comma", lang).join(told)
        held |= {each.field: shown_value(each.field, each.after, lang) for each in step.rewrites}


def _paths(steps: Sequence[Step]) -> Iterator[str]:
    """The chains that lead to each step: `PREROUTING › ISTIO_INBOUND`."""
    at: tuple[str, str] | None = None
    path: list[str] = []
    jumped = False
    for step in steps:
        if (step.hook, step.table) != at:
            at, path, jumped = (step.hook, step.table), [], False
        if step.chain in path and not (jumped and path[-1] != step.chain):
            del path[path.index(step.chain) + 1 :]
        else:
            path.append(step.chain)
        yield " › ".join(path)
        jumped = step.action in _JUMPS
        if step.action == "goto":
            path.pop()
