"""The packets that follow a packet in its connection, as sections of its answer."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.render.shared.trace_answer import TraceAnswer

# As with ways: a reader follows no more.
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A packet that follows: its title and its answer.

    `carried` says what becomes of the connection's translation; '' where it has none.
    """

    title: str
    answer: TraceAnswer
    carried: str


def sections(answer: TraceAnswer) -> Iterator[Section]:
    """The packets that follow the first way to each fate, in the order in which they come."""
    first, ruleset, style = answer.trace, answer.ruleset, answer.style
    several = len(answer.told) > 1
    for fate, words in zip(answer.fates[:_MOST], answer.told, strict=False):
        for kind, found in fate.outcomes[0].follows:
            if found is not None:
                title = sentence(f"follow.{kind}", style.lang)
                title += f" ({words.label})" if several else ""
                next_ = TraceAnswer(trace=found, ruleset=ruleset, style=style, before=first)
                yield Section(title=title, answer=next_, carried=_carried(kind, next_))


def _carried(kind: str, answer: TraceAnswer) -> str:
    carried = any(outcome.carried for outcome in answer.trace.outcomes)
    return sentence(f"follow.{kind}.nat", answer.style.lang) if carried else ""
