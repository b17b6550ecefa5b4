"""Exercises for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.asked_rules import ruleset_of
from iptsim.explain.catalogue import sentence
from iptsim.explain.error_words import error_words
from iptsim.learn import Answered, Exercise, Held, Learned
from iptsim.learn.kernels_word import Word
from iptsim.render.shared.columns import untied
from iptsim.render.shared.headline import headline
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer

_MARGIN = "  "


def list_text(learned: Learned, known: Sequence[Exercise], style: Style) -> str:
    """Every exercise with what is done, and what comes next."""
    done = sum(learned.is_done(one) for one in known)
    lines = [sentence("learn.progress", style.lang, done=done, count=len(known)), ""]
    for one in known:
        mark = style.paint("✔", "good") if learned.is_done(one) else " "
        lines.append(f"  {mark} {one.number:>2}  {one.title[style.lang]}")
    return "\n".join([*lines, "", *_next(learned, style)])


def show_text(exercise: Exercise, learned: Learned, style: Style) -> str:
    """What an exercise asks, and where its rules are."""
    lang = style.lang
    lines = [_title(exercise, lang), ""]
    lines += [*wrap(exercise.story[lang], style.width, _MARGIN), ""]
    hints, given = len(exercise.hints[lang]), learned.hints(exercise)
    told = sentence("learn.hints", lang, count=hints, given=given)
    rows = {
        "edit": str(learned.file(exercise)),
        "check": learned.call("check", exercise),
        "hint": f"{learned.call('hint', exercise)}  {told}",
    }
    names = {name: sentence(f"learn.{name}", lang) for name in rows}
    wide = max(map(columns_of, names.values()))
    lines += [f"  {pad(names[name], wide)}  {printable(row)}" for name, row in rows.items()]
    lines += ["", "  " + sentence("learn.must", lang)]
    for number, question in enumerate(exercise.questions, 1):
        lines += _hung(f"    {number}  ", question.said[lang], style)
    return "\n".join(lines)


def hint_text(exercise: Exercise, learned: Learned, given: int, style: Style) -> str:
    """The hint of that number, and whether there is another."""
    lang, count = style.lang, len(exercise.hints[style.lang])
    title = sentence("learn.hint.number", lang, number=given, count=count)
    lines = [title, *wrap(exercise.hints[lang][given - 1], style.width, _MARGIN), ""]
    if given == count:
        return "\n".join([*lines, sentence("learn.hint.last", lang)])
    return "\n".join(
        [*lines, sentence("learn.hint.more", lang, call=learned.call("hint", exercise))]
    )


def reset_text(file: str, style: Style) -> str:
    """That a file is as it was."""
    return printable(sentence("learn.reset", style.lang, file=file))


def check_text(found: Answered, learned: Learned, style: Style) -> str:
    """What holds and what does not, each with how the packet fares now."""
    lang, exercise = style.lang, found.exercise
    held, count = sum(one.holds for one in found.held), len(found.held)
    kind, mark = ("right", "✔") if found.right else ("wrong", "✘")
    title = _title(exercise, lang)
    head = f"{mark} {sentence(f'learn.{kind}', lang, title=title, held=held, count=count)}"
    lines = [style.paint(head, "good" if found.right else "bad"), ""]
    for one in found.held:
        lines += _held(one, found, learned, style)
    more = _next(learned, style)
    if not found.right:
        more = [f"{sentence('learn.hint', lang)}  {learned.call('hint', exercise)}"]
    return "\n".join([*lines, "", *more])


def _held(one: Held, found: Answered, learned: Learned, style: Style) -> Iterator[str]:
    mark, colour = ("✔", "good") if one.holds else ("✘", "bad")
    first, *more = _hung("    ", one.question.said[style.lang], style)
    yield f"  {style.paint(mark, colour)} {first[4:]}"
    yield from more
    told = [] if one.holds else [_now(one, found, style)]
    for text in (*told, *_heard(one, style)):
        yield from wrap(untied(text), style.width, "        ")
    if one.question.same and not one.holds:  # to be copied, so in one line
        yield f"        {printable(learned.comparison(found.exercise))}"


def _now(one: Held, found: Answered, style: Style) -> str:
    """What comes of it, by the rules as they are."""
    lang = style.lang
    if one.loop is not None:
        return printable(error_words(one.loop, lang))
    if one.rules is not None:
        return sentence(f"learn.rules.{'one' if one.rules == 1 else 'many'}", lang, count=one.rules)
    if one.trace is None:
        return sentence("learn.differ", lang)
    ruleset = ruleset_of(found.dump, one.trace.packet.family)
    plain = Style(width=10_000, lang=lang)
    fate = headline(TraceAnswer(trace=one.trace, ruleset=ruleset, style=plain))
    return sentence("learn.now", lang, fate=fate)


def _heard(one: Held, style: Style) -> Iterator[str]:
    if one.heard.why is not None:
        why = printable(error_words(one.heard.why, style.lang))
        yield sentence("learn.kernel.unasked", style.lang, why=why)
    elif one.heard.word is not Word.UNASKED:
        yield sentence(f"learn.kernel.{one.heard.word}", style.lang)


def _next(learned: Learned, style: Style) -> list[str]:
    following = learned.current()
    if following is None:
        return [sentence("learn.finished", style.lang)]
    return [sentence("learn.next", style.lang, call=learned.call("show", following))]


def _title(exercise: Exercise, lang: str) -> str:
    return f"{exercise.number}  {exercise.title[lang]}"


def _hung(head: str, text: str, style: Style) -> list[str]:
    blank = " " * columns_of(head)
    first, *more = wrap(text, style.width - len(blank)) or [""]
    return [head + first, *(blank + line for line in more)]
