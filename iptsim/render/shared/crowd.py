"""The fates of a packet that very many rules may decide: each rule with its packets, shortly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.explain.unions import Parts
from iptsim.render.shared.conditions import Names, counted, union_words
from iptsim.render.shared.fate_words import deciders, fate_words
from iptsim.render.shared.fates import Fate, ToldFate
from iptsim.render.shared.terminal import Style, printable
from iptsim.worlds.outcome import Outcome

FATES, RULES = 8, 5
"""How many fates a reader is told, and of each how many rules that decide."""
_CUBES, _VALUES = 1, 6


def crowd(found: Sequence[Fate], names: Names, style: Style) -> Iterator[ToldFate]:
    """The first fates, each with the first of the rules that decide it and their packets."""
    for number, fate in enumerate(found[:FATES], 1):
        yield ToldFate(
            label=str(number),
            fate=printable(fate_words(fate.outcomes[0], style.lang)),
            decided="",
            when=tuple(map(printable, _rules(fate, names, style))),
            outcomes=len(fate.outcomes),
        )


def fates_left(found: Sequence[Fate], lang: str) -> str:
    """How many fates are not told; nothing where all are."""
    left = len(found) - FATES
    return counted("crowd.fates", left, lang) if left > 0 else ""


def _rules(fate: Fate, names: Names, style: Style) -> Iterator[str]:
    """`by filter INPUT 3 (after.txt:9), if the port is 22`, and how many rules more."""
    told = [outcome for outcome in fate.outcomes if outcome.when][:RULES] or fate.outcomes[:RULES]
    for outcome in told:
        yield sentence("trace.comma", style.lang).join(_decided(outcome, names, style))
    left = len(fate.outcomes) - len(told)
    if left:
        yield counted("crowd.rules", left, style.lang)


def _decided(outcome: Outcome, names: Names, style: Style) -> Iterator[str]:
    yield deciders([outcome], style) or sentence("crowd.routing", style.lang)
    parts: list[Parts] = [(*cube.conditions, *cube.facts) for cube in outcome.when]
    if parts:
        told = union_words(
            parts, style.lang, names, most=_CUBES, values=_VALUES, partly=outcome.partly
        )
        yield " ".join(told)
