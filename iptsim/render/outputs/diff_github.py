"""A diff as annotations of GitHub Actions: each effect at the rule that decides it, each change.

An effect is a warning, a change of the text alone a notice.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.diff.difference import Difference, Effect
from iptsim.diff.folding import folded_effects, shown
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff_sentences import (
    conclusion,
    explain_change,
    explain_uncompared,
    summary,
)
from iptsim.explain.effect_sentences import explain_effect
from iptsim.render.shared.annotations import annotation
from iptsim.render.shared.conditions import counted


def diff_github(difference: Difference, *, lang: str = "en", every: bool = False) -> str:
    """The effects (the first of each kind, unless `every` one is asked for), then the changes."""
    groups: list[Sequence[Effect]] = [[effect] for effect in difference.effects]
    if not every:
        groups = [*folded_effects(difference.effects)]
    told = groups if every else shown(groups)
    title = "; ".join(summary(difference, lang))
    lines = [_effect(effect, len(others), title, lang) for effect, *others in told]
    if not difference.same_effect:
        # Where there is no effect, what could not be followed makes it uncertain.
        left = [] if told else conclusion(difference, lang)
        lines += [annotation("warning", text, title=title, place=None) for _code, text in left]
    for change in difference.changes:
        text = explain_change(difference, change, lang)
        lines.append(annotation("notice", text, title=change.text, place=change.place))
    for change in difference.uncompared:
        text = explain_uncompared(change, lang)
        lines.append(annotation("warning", text, title=change.text, place=change.place))
    return "\n".join(lines)


def _effect(effect: Effect, others: int, title: str, lang: str) -> str:
    said = [explain_effect(effect, lang)]
    if not effect.certain:
        said.insert(0, sentence("diff.effect.unknown", lang))
    if others:
        kind = "alike" if effect.certain else "may"
        said.append(counted(f"diff.effects.{kind}", others, lang))
    return annotation("warning", "\n".join(said), title=title, place=_place(effect))


def _place(effect: Effect) -> Place | None:
    """Where the rule stands that decides it now, else the one that did."""
    deciders = (*effect.after.decided_by, *effect.before.decided_by)
    return next((step.place for step in deciders if step.place is not None), None)
