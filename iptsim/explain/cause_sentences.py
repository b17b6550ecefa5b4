"""Findings of one cause in words: rules as a range with their number, and what is idle by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.explain.catalogue import sentence
from iptsim.explain.lint_sentences import Reason, each_other, message, reason, where
from iptsim.lint import At, Finding, Kind, Level
from iptsim.lint.causes import Cause

_SHADOWED = frozenset({Kind.SHADOWED, Kind.SHADOWED_OTHERWISE})
_OF_MANY = _SHADOWED | {Kind.EMPTY, Kind.NO_EFFECT, Kind.DUPLICATE, Kind.UNREFERENCED}
"""Kinds with sentences for several rules at once; of others the first is told, the rest counted."""
_MOST_SPANS = 6
_MOST_CHAINS = 5


def cause_message(cause: Cause, lang: str = "en") -> str:
    """`filter INPUT 3-42 (40 rules) can never match: …`; of a single finding its own message."""
    lead = cause.lead
    if not _together(cause):
        return message(lead, lang)
    otherwise = sum(one.kind is Kind.SHADOWED_OTHERWISE for one in cause.alike)
    at = _range(cause.alike, lang)
    return sentence(f"{lead.kind.value}.many", lang, at=at, count=otherwise)


def marked_message(cause: Cause, lang: str = "en") -> str:
    """The same, and that it is an error where it is one: the exit code hangs on that."""
    said = cause_message(cause, lang)
    if cause.lead.kind.level is not Level.ERROR:
        return said
    return sentence("lint.mark", lang, said=said)


def cause_reason(cause: Cause, lang: str = "en") -> Reason:
    """The proof, as of a single finding, in words for all of them."""
    lead = cause.lead
    if not _together(cause):
        return reason(lead, lang)
    if lead.kind not in _SHADOWED:
        return Reason(text=sentence(f"{lead.kind.value}.many.why", lang))
    first, *more = lead.others
    if more:
        rules = tuple((each_other(other, lang), other) for other in lead.others)
        return Reason(text=sentence("lint.many.they", lang), rules=rules)
    by, deed = where(first.at, lang), sentence(f"lint.deed.{first.deed}", lang)
    return Reason(text=sentence("lint.one.they", lang, by=by, deed=deed), rules=(("", first),))


def cause_rules(cause: Cause) -> tuple[str, ...]:
    """The rules that are at fault, `…` for those between; nothing for a chain."""
    findings = cause.alike if _together(cause) else (cause.lead,)
    texts = [one.at.text for one in findings if one.at.text]
    return tuple(texts if len(texts) < 4 else [*texts[:2], "…", texts[-1]])


def cause_rest(cause: Cause, lang: str = "en") -> Iterator[str]:
    """What else is so for the same cause, a sentence each."""
    rest = [one for one in cause.alike if one is not cause.lead]
    if rest and not _together(cause):
        at = _range(rest, lang)
        yield sentence("lint.same", lang, at=at)
    if cause.behind:
        names = [where(one.at, lang) for one in cause.behind[:_MOST_CHAINS]]
        chains = sentence("lint.comma", lang).join(names)
        more = len(cause.behind) - len(names)
        form = "lint.behind.more" if more else "lint.behind"
        yield sentence(form, lang, chains=chains, count=more)


def _together(cause: Cause) -> bool:
    return len(cause.alike) > 1 and cause.lead.kind in _OF_MANY


def _range(findings: Sequence[Finding], lang: str) -> str:
    """`filter INPUT 3-9, 12 (8 rules)`, `filter A, B`. Precondition: rules are of one chain."""
    numbers = [one.at.rule for one in findings if one.at.rule is not None]
    if not numbers:
        return _chains(findings, lang)
    spans = list(_spans(sorted(numbers)))
    told = [*spans[:_MOST_SPANS], *(["…"] if len(spans) > _MOST_SPANS else [])]
    at: At = replace(findings[0].at, rule=None)
    rules = sentence("lint.comma", lang).join(told)
    form = "one" if len(numbers) == 1 else "many"
    return sentence(f"lint.at.rules.{form}", lang, at=where(at, lang), rules=rules, n=len(numbers))


def _chains(findings: Sequence[Finding], lang: str) -> str:
    """`filter A, B, … (7 chains)`. Precondition: they are of one table."""
    names = [one.at.chain for one in findings]
    shown = [where(findings[0].at, lang), *names[1:_MOST_CHAINS]]
    told = [*shown, *(["…"] if len(names) > _MOST_CHAINS else [])]
    chains = sentence("lint.comma", lang).join(told)
    return sentence("lint.at.chains", lang, chains=chains, n=len(names)) if names[1:] else chains


def _spans(numbers: Sequence[int]) -> Iterator[str]:
    first = last = numbers[0]
    for number in (*numbers[1:], 0):
        if number == last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first}-{last}"
        first = last = number
