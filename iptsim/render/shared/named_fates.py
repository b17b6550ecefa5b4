"""Several fates in the first line of an answer: which, and how they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.explain.catalogue import knows, sentence
from iptsim.predicate import Fact
from iptsim.render.shared.conditions import fact_words, union_words
from iptsim.render.shared.fate_words import changed, fate_head, fate_words
from iptsim.render.shared.fates import Fate, as_listed
from iptsim.render.shared.terminal import columns_of
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.worlds.outcome import Condition, Outcome

_MOST = 3
"""Fates that are named."""
_ALIKE = 3
"""Fates of one kind, such as DNAT, that are counted, not named."""
_SAID = 60
"""Columns of a condition, or of what a fact is about, that are said with the fates."""
_MOST_QUESTIONS = 3
"""Of what fates hang on, so much is told."""
_TWO = 2


def named_fates(answer: TraceAnswer) -> str:
    """`DROP, but ACCEPT if the port is 22`, or `ACCEPT or DROP: depends on` what they hang on."""
    lang, found = answer.style.lang, answer.fates
    what = _shortly(list(_open_questions(found, lang)), lang)
    names = _names(found, lang)
    if as_listed(found) and not answer.is_crowd:
        return _of_listing(answer, names, what)
    if told := _parted(answer, names):
        return told
    if not what:
        return _either(names, lang)
    return sentence("trace.fates", lang, fates=_either(names, lang), what=what)


def _names(found: Sequence[Fate], lang: str) -> list[str]:
    """Each fate's in as few words as tell it from the others; of many, not from all others."""
    short = [fate_head(fate.outcomes[0], lang) for fate in found]
    longer = [
        _with_changes(name, fate.outcomes[0], lang) for name, fate in zip(short, found, strict=True)
    ]
    full = [_with_end(fate_words(fate.outcomes[0], lang), fate, lang) for fate in found]
    several = len(set(short)) > 1 and len(short) > (_MOST if as_listed(found) else _TWO)
    told = short
    for other in (longer, full):
        same = Counter(told)
        told = [
            one if several or same[one] == 1 else more
            for one, more in zip(told, other, strict=True)
        ]
    return told


def _with_changes(name: str, outcome: Outcome, lang: str) -> str:
    """`ACCEPT with the source changed`: which fields are, of those that `name` does not tell."""
    others = {*changed(outcome)}
    others -= {"sport"} if "src" in others else set()
    known = (field for field in sorted(others) if knows(f"field.{field}", lang))
    fields = [sentence(f"field.{field}", lang) for field in known]
    if outcome.destination is None or not fields:
        return name
    told = listed(fields, "trace.questions.and", lang)
    return sentence("trace.fates.with", lang, fate=name, fields=told)


def _with_end(words: str, fate: Fate, lang: str) -> str:
    end = fate.outcomes[0].destination
    return words + (sentence(f"fate.at_{end}", lang) if end else "")


def _of_listing(answer: TraceAnswer, names: list[str], what: str) -> str:
    """The likelier way first, where who wrote the rules makes one likely."""
    lang, first = answer.style.lang, answer.fates[0]
    if first.likely and not first.is_listed and answer.fates[1].is_listed:
        facts = {"likely": names[0], "first": names[1], "what": what}
        return sentence("trace.fates.likely", lang, **facts)
    code = "trace.fates.likely_or" if first.likely else "trace.fates.listed"
    return sentence(code, lang, first=names[0], others=_either(names[1:], lang), what=what)


def _parted(answer: TraceAnswer, names: Sequence[str]) -> str:
    """Two fates by the condition of one, where that is exact and short; '' elsewhere."""
    if len(names) != _TWO or answer.is_crowd:
        return ""
    exception = min((1, 0), key=lambda number: _length(answer.fates[number]))
    fate = answer.fates[exception]
    if not _is_told(fate):
        return ""
    (when,) = union_words(fate.when, answer.style.lang, answer.names)
    if columns_of(when) > _SAID:
        return ""
    facts = {"usual": names[1 - exception], "fate": names[exception], "when": when}
    return sentence("trace.fates.parted", answer.style.lang, **facts)


def _is_told(fate: Fate) -> bool:
    return not (fate.rest or fate.partly) and len(fate.when) == 1 and bool(fate.when[0])


def _length(fate: Fate) -> tuple[bool, int, int]:
    """An exception is told by what it is, and by little; the first fate is the ordinary one."""
    parts = [part for cube in fate.when[:1] for part in cube]
    negated = sum(isinstance(part, Condition) and part.negate for part in parts)
    return (not _is_told(fate), negated, len(parts))


def _either(names: Sequence[str], lang: str) -> str:
    """`ACCEPT, DROP or DNAT to one of 3 places`; of many the first ones."""
    told = list(dict.fromkeys(_gathered(list(dict.fromkeys(names)), lang)))
    if len(told) > _MOST + 1:
        told[_MOST:] = [sentence("trace.fates.more", lang, count=len(told) - _MOST)]
    return listed(told, "trace.fates.or", lang)


def _gathered(names: Sequence[str], lang: str) -> Iterator[str]:
    """Those of one kind counted, where they are many."""
    counts = Counter(name.partition(" ")[0] for name in names)
    for name in names:
        kind, blank, _to = name.partition(" ")
        many = bool(blank) and counts[kind] >= _ALIKE
        yield sentence("trace.fates.alike", lang, kind=kind, count=counts[kind]) if many else name


def listed(told: Sequence[str], last: str, lang: str) -> str:
    """`A, B or C`: joined by commas, the last by the sentence of that key."""
    *first, end = told
    left = sentence("trace.comma", lang).join(first)
    return sentence(last, lang, left=left, last=end) if first else end


def _shortly(questions: list[str], lang: str) -> str:
    """The first of them; more than a few tell a reader nothing."""
    left = len(questions) - _MOST_QUESTIONS
    if left > 1:
        questions[_MOST_QUESTIONS:] = [sentence("trace.more_questions", lang, count=left)]
    return listed(questions, "trace.questions.and", lang) if questions else ""


def _open_questions(found: list[Fate], lang: str) -> Iterator[str]:
    """What the fate hangs on: fields that were not given, facts that the dump does not tell."""
    told = [part for fate in found if not fate.rest for cube in fate.when for part in cube]
    for field in dict.fromkeys(part.field for part in told if isinstance(part, Condition)):
        yield sentence(f"field.{field}", lang)
    facts = {part[0].key: part[0] for part in told if isinstance(part, tuple)}
    chances = [fact for fact in facts.values() if fact.code == codes.CHANCE]
    if chances and all(map(_is_draw, chances)):
        yield sentence("fact.chance.what", lang)
        facts = {key: fact for key, fact in facts.items() if fact not in chances}
    counts = Counter(fact.code for fact in facts.values())
    yield from dict.fromkeys(_asked(fact, counts[fact.code], lang) for fact in facts.values())


def _is_draw(fact: Fact) -> bool:
    from iptsim.explain.chance import is_draw  # noqa: PLC0415  # most rules draw nothing

    return is_draw(fact)


def _asked(fact: Fact, alike: int, lang: str) -> str:
    """What the fact is about; without its rule's text, where several are or that is long."""
    told, several = fact_words(fact, "what", lang, {}), f"{fact.code}.several"
    if knows(several) and (alike > 1 or columns_of(told) > _SAID):
        return fact_words(fact, "several", lang, {})
    return told
