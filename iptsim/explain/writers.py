"""Who wrote a rule set, in words: `Istio 1.3–1.9 (ISTIO_INBOUND, nat ISTIO_OUTPUT 3)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.knowledge import Found, Recognised

_MOST_SIGNS = 3


def writer_words(found: Recognised, lang: str) -> str:
    """A system with the span of its versions and the first of its signs."""
    span = span_words(found, lang)
    facts = {"name": found.title, "span": span, "signs": _signs(found.signs, lang)}
    return sentence("know.system.some" if span else "know.system.any", lang, **facts)


def span_words(found: Recognised, lang: str) -> str:
    """`1.3–1.9`, `≥ 28`; '' where no sign tells a version."""
    facts = {"since": found.since, "until": found.until}
    if found.mixed:
        return sentence("know.span.mixed", lang, **facts)
    if found.since and found.until:
        same = found.since == found.until
        return sentence("know.span.exact" if same else "know.span.between", lang, **facts)
    kind = "since" if found.since else "until"
    return sentence(f"know.span.{kind}", lang, **facts) if found.since or found.until else ""


def _signs(signs: Sequence[Found], lang: str) -> str:
    told = list(dict.fromkeys(_told(signs)))
    if left := len(told) - _MOST_SIGNS:
        told = [
            *told[:_MOST_SIGNS],
            *([sentence("know.more", lang, count=left)] if left > 0 else []),
        ]
    return sentence("trace.comma", lang).join(told)


def _told(signs: Sequence[Found]) -> Iterator[str]:
    """Those that date it first: they say why these versions."""
    for sign in sorted(signs, key=lambda one: not (one.sign.since or one.sign.until)):
        yield f"{sign.table} {sign.chain}" + (f" {sign.rule}" if sign.rule else "")
