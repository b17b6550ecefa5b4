"""What a query's answer tells people, part by part, whatever the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.query_sentences import (
    answered,
    decider_words,
    example_of,
    fate_of,
    packets_words,
)
from iptsim.explain.rule_comments import decider_comment
from iptsim.explain.set_sentences import is_sayable, some_words
from iptsim.model import Note
from iptsim.query import Answer, Query
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.value_json import note_text, notes_text
from iptsim.worlds.outcome import Step

# Of one hook: more answers than this tell a reader nothing; JSON has them all.
MOST = 6
# Where several hooks are asked, they tell this of each of the packets.
_ARRIVES = codes.FROM_NETWORK
# Verdicts that say all there is to the fate.
_PLAIN = frozenset({"DROP", "REJECT", "QUEUE", "STOLEN", "LOCAL", "FORWARD", "OUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """An answer in words: the sets of its packets; each row a label, a text and a place."""

    packets: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]


def told(found: Query, style: Style, *, every: bool = False) -> Iterator[str | Met]:
    """The answers, what is certain of every hook first, with the sentences between them.

    Of each hook the first few, unless `every` one is asked for.
    """
    lang = style.lang
    yield answered(found, lang)
    yield from late_words(found, lang)
    ordered = sorted(found.answers, key=lambda answer: not answer.certain)
    for certain, group in groupby(ordered, lambda answer: answer.certain):
        if not certain and any(answer.certain for answer in found.answers):
            yield sentence("query.possibly", lang)
        yield from _answers(list(group), found, style, all_of_them=every)
    if found.answers and not found.unasked:
        open_ = any(step is not None and step.untold for step in _deciders(found))
        yield sentence("query.no-other.told" if open_ else "query.no-other", lang)


def late_words(found: Query, lang: str) -> Iterator[str]:
    """Where the time was over: what there may be besides, and what is not told."""
    if found.late and not found.answers:
        yield _may_decide(found, lang)
    if found.unasked:
        hooks = sentence("trace.comma", lang).join(found.unasked)
        yield sentence("query.late.unasked", lang, hooks=hooks)
    untold = sum(not answer.told for answer in found.answers)
    if found.late and untold:
        number = "one" if untold == 1 else "many"
        yield sentence(f"query.late.untold.{number}", lang, count=untold)


def _may_decide(found: Query, lang: str) -> str:
    if not found.may_decide:
        dropped = found.fate.upper() == "DROP"
        return sentence(f"query.late.rules.nothing{'.drop' if dropped else ''}", lang)
    told = [
        sentence("query.policy", lang, table=one.table, chain=one.chain)
        if one.rule is None
        else f"{one.table} {one.chain} {one.rule}"
        for one in found.may_decide[:MOST]
    ]
    left = len(found.may_decide) - len(told)
    rules = sentence("trace.comma", lang).join(told)
    key = "none" if left == 0 else "one" if left == 1 else "many"
    return sentence(f"query.late.rules.{key}", lang, rules=rules, count=left)


def _deciders(found: Query) -> Iterator[Step | None]:
    return (answer.decided_by for answer in found.answers)


def remarks(found: Query, notes: Iterable[Note], style: Style) -> Iterator[str]:
    """What was taken as given at each hook, then the notes."""
    told: dict[str, None] = {}  # that both families have is said once
    for one in found.asked:
        several = len(found.asked) > 1
        given = [note for note in one.assumed if not several or note.code != _ARRIVES]
        if given:
            told[_assumed(one.hook, given, several, style)] = None
    yield from told
    yield from notes_text((*found.notes, *notes), style)


def _answers(
    answers: list[Answer], found: Query, style: Style, *, all_of_them: bool
) -> Iterator[str | Met]:
    """Those of each hook, the most important first."""
    families = {one.family for one in found.asked}
    for (family, hook), group in groupby(answers, lambda answer: (answer.family, answer.hook)):
        every = list(group)
        lead = f"{sentence('query.ipv', style.lang, family=family)} " if len(families) > 1 else ""
        groups = [[answer] for answer in every] if all_of_them else _by_rule(every)
        for first, *others in groups:
            short = not (all_of_them or is_sayable(packets_words(first, style.lang)))
            yield _met(first, found, lead, style, others=len(others), short=short)
        rest = len(every) - sum(map(len, groups))
        if rest > 0:
            key = "query.more.one" if rest == 1 else "query.more.many"
            yield sentence(key, style.lang, count=rest, where=sentence(f"where.{hook}", style.lang))


def _by_rule(answers: Sequence[Answer]) -> list[list[Answer]]:
    """The first few, with all others of their rules: what else is rewritten tells them apart."""
    groups: dict[object, list[Answer]] = {}
    for number, answer in enumerate(answers):
        step = answer.decided_by
        rule = None if step is None or step.rule is None else (step.table, step.chain, step.rule)
        if number < MOST or rule in groups:
            groups.setdefault(rule or number, []).append(answer)
    return [*groups.values()]


def _met(
    answer: Answer, found: Query, lead: str, style: Style, *, others: int = 0, short: bool = False
) -> Met:
    """`short`: what all have in common, for nobody could say the set."""
    words = packets_words(answer, style.lang)
    if short:
        words = (some_words(answer.where, answer.hook, style.lang),)
    packets = tuple(lead + text for text in words)
    if answer.partly and not short:
        packets = (*packets, sentence("query.others", style.lang))
    rows = [*_rows(answer, found, style)]
    if others:
        number = "one" if others == 1 else "many"
        rows.append(("", sentence(f"query.same.{number}", style.lang, count=others), ""))
    return Met(packets=packets, rows=tuple(rows))


def _rows(answer: Answer, found: Query, style: Style) -> Iterator[tuple[str, str, str]]:
    lang, step = style.lang, answer.decided_by
    if found.fate.upper() not in _PLAIN:
        yield sentence("query.fate", lang), fate_of(answer, lang), ""
    place = "" if step is None else style.place(step.place)
    yield sentence("query.by", lang), decider_words(answer, lang), place
    if comment := decider_comment(step):
        yield "", sentence("explain.comment", lang, comment=comment), ""
    if answer.example is not None:
        yield sentence("query.eg", lang), example_of(answer, lang), ""


def _assumed(hook: str, notes: list[Note], several: bool, style: Style) -> str:
    words = dict.fromkeys(note_text(note, style.lang) for note in notes)
    given = sentence("trace.comma", style.lang).join(words)
    if not several:
        return sentence("trace.assumed", style.lang, given=given)
    where = sentence(f"where.{hook}", style.lang)
    return sentence("query.assumed", style.lang, where=where, given=given)
