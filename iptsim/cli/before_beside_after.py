"""The example of a diff, traced through both rule sets, side by side on a wide terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iptsim.dataclass import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iptsim.diff import Difference
    from iptsim.diff.difference import Effect
    from iptsim.host import Host
    from iptsim.model import Dump
    from iptsim.render.shared.terminal import Style


def before_beside_after(found: Difference, host: Host, shown: Style) -> str:
    """The steps of the first effect's example before and after; '' where there is no room or none.

    What is piped has no room: it stays as it was.
    """
    from iptsim.render.shared.beside_each_other import room_beside

    room = room_beside(shown.width) if shown.terminal else 0
    effect = next(iter(found.effects), None)
    if not room or effect is None:
        return ""
    return "\n".join(_beside(found, effect, host, replace(shown, width=room), shown.lang))


def _beside(
    found: Difference, effect: Effect, host: Host, narrow: Style, lang: str
) -> Sequence[str]:
    from iptsim.errors import UsageError
    from iptsim.explain.catalogue import sentence
    from iptsim.explain.effect_sentences import effect_example
    from iptsim.render.shared.beside_each_other import in_two_columns
    from iptsim.render.shared.terminal import pad, printable

    try:
        left, right = (_steps(dump, effect, host, narrow) for dump in (found.before, found.after))
    except UsageError:  # one of them has no rules of the packet's family
        return ()
    title = sentence("diff.beside", lang, example=effect_example(effect, lang))
    names = [pad(sentence(f"diff.{side}", lang), narrow.width) for side in ("before", "after")]
    return [
        "",
        printable(title),
        "",
        *in_two_columns([names[0], *left], [names[1].rstrip(), *right], narrow.width),
    ]


def _steps(dump: Dump, effect: Effect, host: Host, narrow: Style) -> list[str]:
    from iptsim.asked_rules import ruleset_of
    from iptsim.questions import Question
    from iptsim.render.outputs.trace_text import steps_text
    from iptsim.render.shared.trace_answer import TraceAnswer
    from iptsim.tracing import Tracing

    question = Question(packet=effect.example, family=effect.family, hook=effect.hook)
    trace = Tracing(dump).ask(question, host=host)
    ruleset = ruleset_of(dump, effect.family)
    return steps_text(TraceAnswer(trace=trace, ruleset=ruleset, style=narrow, counted=False))
