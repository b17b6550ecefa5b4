"""A query for people: the packets that meet the fate, each set with who decides and an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from iptsim.explain.catalogue import sentence
from iptsim.explain.query import answered, decider_words, example_of, fate_of, packets_words
from iptsim.model import Note
from iptsim.query import Answer, Query
from iptsim.render.terminal import Style, columns_of, pad, printable, wrap
from iptsim.render.values import note_text, placed_note

# Of one hook: more answers than this tell a reader nothing; JSON has them all.
_MOST = 6
# Where several hooks are asked, they tell this of each of the packets.
_ARRIVES = "IPT0312"
# Verdicts that say all there is to the fate.
_PLAIN = frozenset({"DROP", "REJECT", "QUEUE", "STOLEN", "LOCAL", "FORWARD", "OUT"})


def query_text(found: Query, style: Style, *, notes: Iterable[Note] = ()) -> str:
    """The answer in words; `notes` are those on the dump's reading."""
    paragraphs = [wrap(printable(answered(found, style.lang)), style.width)]
    for certain, group in groupby(_ordered(found), lambda answer: answer.certain):
        if not certain and any(answer.certain for answer in found.answers):
            paragraphs.append(wrap(sentence("query.possibly", style.lang), style.width, "  "))
        paragraphs += _answers(list(group), found, style)
    if found.answers:
        paragraphs.append(wrap(sentence("query.no-other", style.lang), style.width, "  "))
    remarks = [line for text in _remarks(found, notes, style) for line in _wrapped(text, style)]
    return "\n\n".join("\n".join(lines) for lines in [*paragraphs, remarks] if lines)


def _wrapped(text: str, style: Style) -> list[str]:
    return wrap(printable(text), style.width, "  ")


def _ordered(found: Query) -> list[Answer]:
    """What is certain of every hook, then what is possible."""
    return sorted(found.answers, key=lambda answer: not answer.certain)


def _answers(answers: list[Answer], found: Query, style: Style) -> Iterator[list[str]]:
    """Those of each hook, the most important first."""
    families = {one.family for one in found.asked}
    for (family, hook), group in groupby(answers, lambda answer: (answer.family, answer.hook)):
        every = list(group)
        lead = f"{sentence('query.ipv', style.lang, family=family)} " if len(families) > 1 else ""
        yield from (_answer(one, found, lead, style) for one in every[:_MOST])
        rest = len(every) - _MOST
        if rest > 0:
            key = "query.more.one" if rest == 1 else "query.more.many"
            where = sentence(f"where.{hook}", style.lang)
            yield _wrapped(sentence(key, style.lang, count=rest, where=where), style)


def _answer(answer: Answer, found: Query, lead: str, style: Style) -> list[str]:
    lines = [
        line for text in packets_words(answer, style.lang) for line in _wrapped(lead + text, style)
    ]
    rows = list(_rows(answer, found, style))
    room = max(columns_of(label) for label, *_ in rows)
    for label, text, aside in rows:
        lines += _row(f"    {pad(label, room)}  ", text, aside, style)
    return lines


def _rows(answer: Answer, found: Query, style: Style) -> Iterator[tuple[str, str, str]]:
    """Label, text, and what stands at the right edge."""
    lang, step = style.lang, answer.decided_by
    if found.fate.upper() not in _PLAIN:
        yield sentence("query.fate", lang), fate_of(answer, lang), ""
    place = "" if step is None else style.place(step.place)
    yield sentence("query.by", lang), decider_words(answer, lang), place
    if answer.example is not None:
        yield sentence("query.eg", lang), example_of(answer, lang), ""


def _row(head: str, text: str, aside: str, style: Style) -> list[str]:
    text, aside = printable(text), printable(aside)
    room = style.width - columns_of(head)
    lines = wrap(text, room) if columns_of(text) > room else [text]
    told = [head + lines[0], *(" " * columns_of(head) + line for line in lines[1:])]
    if not aside:
        return told
    beside = style.width - columns_of(aside)
    if columns_of(told[-1]) + 2 <= beside:
        return [*told[:-1], pad(told[-1], beside) + aside]
    return [*told, *wrap(aside, style.width, " " * columns_of(head))]


def _remarks(found: Query, notes: Iterable[Note], style: Style) -> Iterator[str]:
    """What was taken as given at each hook, then the notes."""
    for one in found.asked:
        several = len(found.asked) > 1
        told = [note for note in one.assumed if not several or note.code != _ARRIVES]
        if told:
            yield _assumed(one.hook, told, several, style)
    for note in dict.fromkeys((*found.notes, *notes)):
        yield placed_note(note, style)


def _assumed(hook: str, notes: list[Note], several: bool, style: Style) -> str:
    told = dict.fromkeys(note_text(note, style.lang) for note in notes)
    given = sentence("trace.comma", style.lang).join(told)
    if not several:
        return sentence("trace.assumed", style.lang, given=given)
    where = sentence(f"where.{hook}", style.lang)
    return sentence("query.assumed", style.lang, where=where, given=given)
