"""Why a packet fares so, in a few sentences: the fate, the rules that lead to it, the doubts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.explain.likely import behind_sentences, likely_sentences
from iptsim.explain.ports import port_sentences
from iptsim.explain.rule_comments import comments_of
from iptsim.knowledge import names
from iptsim.knowledge.likely_ways import likely_way
from iptsim.model import Note
from iptsim.render.shared.conditions import counted
from iptsim.render.shared.deciding_steps import step_words, use_words
from iptsim.render.shared.fate_words import deciders, fate_words
from iptsim.render.shared.headline import headline, packet_words
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import note_text, notes_text
from iptsim.worlds.outcome import Outcome, Step

_MOST_FATES = 3
_MOST_STEPS = 6
_LEADING = frozenset({"jump", "goto"})


def story(answer: TraceAnswer, notes: Iterable[Note] = ()) -> tuple[str, ...]:
    """The sentences, the answer first.

    Where who wrote the rules makes one way the likely one, that stands first, and the doubt behind
    it.
    """
    lang = answer.style.lang
    likely = likely_way(answer.trace)
    if likely is not None:
        told = [*_likely(answer, likely)]
    elif len(answer.fates) == 1:
        told = [*_one_fate(answer, answer.fates[0].outcomes[0])]
    else:
        told = [*_several(answer), *behind_sentences(answer.behind, lang)]
    told += port_sentences(answer.trace, answer.ruleset, lang)
    given = (note_text(note, lang) for note in answer.assumed)
    told += [sentence("trace.assumed", lang, given=sentence("trace.comma", lang).join(given))]
    return (*told, *notes_text((*answer.notes, *notes), answer.style))


def _one_fate(answer: TraceAnswer, outcome: Outcome) -> Iterator[str]:
    yield _told(answer, outcome)
    yield from _because(answer, outcome)


def _told(answer: TraceAnswer, outcome: Outcome) -> str:
    lang = answer.style.lang
    facts = {"packet": packet_words(answer.trace, lang), "fate": fate_words(outcome, lang)}
    return sentence("why.fate", lang, **facts)


def _likely(answer: TraceAnswer, outcome: Outcome) -> Iterator[str]:
    lang = answer.style.lang
    yield sentence("why.likely", lang, told=_told(answer, outcome))
    yield from likely_sentences(answer.trace, answer.names, lang)
    yield from _because(answer, outcome)
    for fate in answer.fates:
        other = fate.outcomes[0]
        if outcome not in fate.outcomes:
            facts = {"fate": fate_words(other, lang), "by": _by(answer, [other])}
            yield sentence("why.as_listed", lang, **facts)


def _several(answer: TraceAnswer) -> Iterator[str]:
    lang = answer.style.lang
    first = headline(answer).split("\n")
    yield " ".join(part.strip() for part in first)
    for told in answer.told[:_MOST_FATES]:
        when = sentence("trace.comma", lang).join(told.when)
        facts = {"label": told.label, "fate": told.fate, "when": when, "by": told.decided}
        yield sentence("why.way" if when else "why.way_plain", lang, **facts)
    if len(answer.told) > _MOST_FATES:
        yield counted("why.more", len(answer.told) - _MOST_FATES, lang)


def _by(answer: TraceAnswer, outcomes: Sequence[Outcome]) -> str:
    return deciders(outcomes, answer.style, places=False)


def _because(answer: TraceAnswer, outcome: Outcome) -> Iterator[str]:
    """The rules that rewrote it or decided, and the jumps that led to them, in order."""
    lang = answer.style.lang
    told = [step_words(step, answer.ruleset, lang) for step in _deciding(outcome)]
    if len(told) > _MOST_STEPS:
        told = [*told[: _MOST_STEPS - 2], "…", told[-1]]
    if told:
        yield sentence("why.because", lang, told=sentence("why.then", lang).join(told))
    yield from comments_of(_deciding(outcome), lang)
    yield from dict.fromkeys(_uses(answer, outcome))


def _uses(answer: TraceAnswer, outcome: Outcome) -> Iterator[str]:
    """What the rules that rewrote it or decided are for, in the systems that wrote them."""
    ruleset, lang = answer.ruleset, answer.style.lang
    among = names(ruleset)
    uses = (use_words(step, ruleset, among, lang) for step in _deciding(outcome))
    yield from filter(None, uses)


def _deciding(outcome: Outcome) -> list[Step]:
    """A jump counts where the way goes on from it to a rule that counts, without returning."""
    found: list[Step] = []
    open_: list[Step] = []
    for step in outcome.steps:
        open_ = [each for each in open_ if each.table == step.table and each.hook == step.hook]
        while open_ and open_[-1].target != step.chain:
            open_.pop()
        if step.action in _LEADING:
            open_.append(step)
        elif step.rewrites or step == outcome.decided_by:
            found += [*open_, step]
    return list(dict.fromkeys(found))
