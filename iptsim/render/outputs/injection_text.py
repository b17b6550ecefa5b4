"""Why a pod gets a sidecar or none, for people: a checklist with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.explain.catalogue import sentence
from iptsim.injection import Answer, Sign, Step
from iptsim.injection.checklist import Called, Evidence
from iptsim.render.shared.terminal import Style, printable, wrap

_MARKS = {Sign.YES: "✔", Sign.NO: "✘", Sign.UNKNOWN: "?", Sign.PRESUMED: "?"}
_COLOURS = {
    Sign.YES: "good",
    Sign.NO: "bad",
    Sign.UNKNOWN: "unsure",
    Sign.PRESUMED: "unsure",
}
_DEEP = "    "


def injection_text(answer: Answer, style: Style) -> str:
    """The answer, then the steps in the order in which one looks, then what would help."""
    api, there = answer.before
    paragraphs = [wrap(printable(headline(answer, style.lang)), style.width)]
    paragraphs.append(_titled("api", _steps([api], style), style))
    paragraphs.append(_titled("webhook", _steps([there], style), style))
    paragraphs.append(_titled("selectors", _webhooks(answer.webhooks, style), style))
    paragraphs.append(_titled("injector", _steps(answer.after, style), style))
    for name in ("remedy", "remark"):
        notes = [one for one in answer.notes if one.name == name]
        paragraphs.append(_titled(name, _steps(notes, style, marked=False), style))
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def headline(answer: Answer, lang: str) -> str:
    """Whether it is injected, by whom, in a sentence."""
    by = [one.name for one in answer.webhooks if one.sign in (Sign.YES, Sign.PRESUMED)]
    facts = {"pod": answer.pod, "namespace": answer.namespace, "webhook": by[0] if by else ""}
    return sentence(f"inject.head.{answer.sign.value}", lang, **facts)


def step_words(step: Step, lang: str) -> str:
    """The sentence of a step."""
    return sentence(step.said, lang, **dict(step.facts))


def _titled(name: str, lines: Iterable[str], style: Style) -> list[str]:
    below = list(lines)
    return [sentence(f"inject.title.{name}", style.lang), *below] if below else []


def _webhooks(called: Iterable[Called], style: Style) -> Iterator[str]:
    """Of one that is not called only what stands in the way is shown."""
    for one in called:
        mark = style.paint(_MARKS[one.sign], _COLOURS[one.sign])
        yield f"  {mark} {printable(one.name)}"
        steps = [s for s in one.steps if one.sign is not Sign.NO or s.sign is Sign.NO]
        yield from (f"  {line}" for line in _steps(steps, style))


def _steps(steps: Iterable[Step], style: Style, *, marked: bool = True) -> Iterator[str]:
    for step in steps:
        mark = _MARKS[step.sign] if marked else "-"
        lines = wrap(printable(step_words(step, style.lang)), style.width - 8)
        shown = style.paint(mark, _COLOURS[step.sign]) if marked else mark
        yield f"  {shown} {lines[0]}"
        yield from (f"{_DEEP}{line}" for line in lines[1:])
        yield from (f"{_DEEP}  {_line(one, style)}" for one in step.evidence)
        if step.command:
            told = "run" if step.name == "remedy" or step.sign is Sign.NO else "brings"
            words = sentence(f"inject.{told}", style.lang, command=step.command)
            yield f"{_DEEP}  {printable(words)}"


def _line(one: Evidence, style: Style) -> str:
    return printable(f"{style.place(one.place)}: {one.text}")
