"""A diff as annotations of GitHub Actions: each effect at the rule that decides it, each change.

An effect is a warning, a change of the text alone a notice.
"""

from __future__ import annotations

from iptsim.diff.difference import Difference, Effect
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff_sentences import (
    conclusion,
    explain_change,
    explain_uncompared,
    summary_line,
)
from iptsim.explain.effect_sentences import explain_effect
from iptsim.render.shared.annotations import annotation
from iptsim.render.shared.conditions import counted
from iptsim.render.shared.told_effects import families_word, told_effects


def diff_github(difference: Difference, *, lang: str = "en", every: bool = False) -> str:
    """The effects (the first of each kind, unless `every` one is asked for), then the changes."""
    told = told_effects(difference, lang, every=every).groups
    title = summary_line(difference, lang)
    lines = []
    for one, *others in told:
        told_of = families_word(difference, one, lang)
        lines.append(_effect(one.effect, len(others), title, lang, told_of=told_of))
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


def _effect(effect: Effect, others: int, title: str, lang: str, *, told_of: str) -> str:
    said = [*filter(None, [told_of]), explain_effect(effect, lang)]
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
