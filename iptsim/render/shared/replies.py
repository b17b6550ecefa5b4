"""The packets that follow a packet in its connection, as sections of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from iptsim.explain.catalogue import sentence
from iptsim.model import Ruleset
from iptsim.render.shared.fates import fates
from iptsim.render.shared.summary import told_fates
from iptsim.render.shared.terminal import Style
from iptsim.worlds.outcome import Trace

# As with ways: a reader follows no more.
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A packet that follows: its title, its trace, and the trace whose remarks are still untold.

    `carried` says what becomes of the connection's translation; '' where it has none.
    """

    title: str
    trace: Trace
    untold: Trace
    carried: str


def sections(trace: Trace, ruleset: Ruleset, style: Style) -> Iterator[Section]:
    """The packets that follow the first way to each fate, in the order in which they come."""
    told = told_fates(trace, ruleset, style)
    for fate, words in zip(fates(trace)[:_MOST], told, strict=False):
        for kind, found in fate.outcomes[0].follows:
            if found is not None:
                title = sentence(f"follow.{kind}", style.lang)
                title += f" ({words.label})" if len(told) > 1 else ""
                yield _section(title, kind, found, trace, style.lang)


def _section(title: str, kind: str, found: Trace, first: Trace, lang: str) -> Section:
    assumed = tuple(note for note in found.assumed if note not in first.assumed)
    notes = tuple(note for note in found.notes if note not in first.notes)
    carried = any(outcome.carried for outcome in found.outcomes)
    return Section(
        title=title,
        trace=found,
        untold=replace(found, assumed=assumed, notes=notes),
        carried=sentence(f"follow.{kind}.nat", lang) if carried else "",
    )
