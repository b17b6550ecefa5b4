"""A rule and a chain as they stand, in plain words; and what a code says."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.catalogue import sentence, sentences
from iptsim.explain.condition_words import subject
from iptsim.explain.deeds import deed
from iptsim.extensions.spec import Context
from iptsim.knowledge import chain as known_chain
from iptsim.model import Chain, Rule, Table

_COMMENT = "--comment"


def rule_sentence(rule: Rule, where: Context, table: Table, lang: str = "en") -> str:
    """«Every TCP connection to port 8088 that comes to ISTIO_INBOUND is redirected …»."""
    said = sentence(
        "diff.clause",
        lang,
        subject=subject(rule, where, lang),
        deed=deed(rule, where, table, lang),
    )
    return sentence("explain.stop", lang, said=_capital(said))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def comment_of(rule: Rule) -> str:
    """What a rule's writer put beside it; '' where nothing."""
    texts = (m.value(_COMMENT, str) for m in rule.matches if m.has(_COMMENT))
    return " ".join(text for text in texts if text)


def chain_sentences(chain: Chain, table: Table, lang: str = "en") -> Iterator[str]:
    """Who wrote a chain and what for, who leads there, and what becomes of what no rule decides."""
    known = known_chain(chain.name)
    if known is not None:
        yield sentence(known.key, lang)
    if chain.name in table.builtin:
        if chain.policy is not None:
            decides = sentence(f"do.{chain.policy}", lang, now="")
            yield sentence("explain.policy", lang, deed=decides)
        return
    callers = table.callers.get(chain.name, frozenset())
    if callers:
        yield sentence("explain.callers", lang, chains=", ".join(sorted(callers)))
    else:
        yield sentence("explain.uncalled", lang)


def code_sentences(code: str, lang: str = "en") -> tuple[str, ...]:
    """The sentences of a code, in each of its forms, with `‹…›` where facts stand."""
    told = (text for key, text in sentences(lang).items() if key.partition(".")[0] == code)
    return tuple(dict.fromkeys(text.replace("{", "‹").replace("}", "›") for text in told))
