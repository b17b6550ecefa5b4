"""A rule and a chain as they stand, in plain words; and what a code says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

from iptsim.explain.catalogue import filled, sentence, sentences
from iptsim.explain.condition_words import subject
from iptsim.explain.deeds import deed
from iptsim.extensions.spec import Context
from iptsim.knowledge import Known
from iptsim.knowledge import chain as known_chain
from iptsim.knowledge.purposes import use_of
from iptsim.model import Chain, Rule, Table
from iptsim.regex import regex

_COMMENT = "--comment"
_NFT_JUMP = regex(r"\b(?:jump|goto) (\S+)$")


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


def known_words(known: Known, lang: str = "en", **facts: object) -> str:
    """The sentence of something well known."""
    return filled(known.text(lang), facts)


def use_sentence(
    rule: Rule,
    text: str,
    where: Context,
    among: Collection[str],
    lang: str = "en",
    *,
    led: bool = True,
) -> str:
    """«Istio: Envoy's own traffic leaves without being caught again.»; '' where nothing is known.

    `text` is the rule as iptables-save writes it. `led`: of a rule that leads to a known chain it
    is what that is for.
    """
    target = _leads_to(rule, text) if led else ""
    use = use_of(where.chain, text, target, among)
    if use is None:
        return ""
    said = filled(use.text(lang), use.facts)
    # «Istio: Istio …» would stutter.
    names_it = said.startswith(use.title)
    return said if names_it else sentence("know.use", lang, system=use.title, said=said)


def _leads_to(rule: Rule, text: str) -> str:
    """The name of a rule's target, or of the chain that a rule of nftables goes to."""
    if rule.target is not None:
        return rule.target.name
    found = _NFT_JUMP.search(text) if rule.nft is not None else None
    return "" if found is None else found[1]


def comment_of(rule: Rule) -> str:
    """What a rule's writer put beside it; '' where nothing."""
    texts = (m.value(_COMMENT, str) for m in rule.matches if m.has(_COMMENT))
    return " ".join(text for text in texts if text)


def chain_sentences(
    chain: Chain, table: Table, lang: str = "en", *, among: Collection[str] | None = None
) -> Iterator[str]:
    """What a chain is for, who leads there, and what becomes of what no rule decides.

    `among` are the systems that were recognised; None where the chain's name is to tell its own.
    """
    known = known_chain(chain.name, among)
    if known is not None:
        yield known_words(known, lang)
    if chain.name in table.builtin:
        if chain.policy is not None:
            decides = sentence(f"do.{chain.policy}", lang, now="")
            yield sentence("explain.policy", lang, deed=decides)
        return
    callers = table.callers.get(chain.name, frozenset())
    if callers:
        yield sentence(
            "explain.callers", lang, chains=sentence("trace.comma", lang).join(sorted(callers))
        )
    else:
        yield sentence("explain.uncalled", lang)


def code_sentences(code: str, lang: str = "en") -> tuple[str, ...]:
    """The sentences of a code, in each of its forms, with `‹…›` where facts stand."""
    told = _by_code(lang).get(code, ())
    return tuple(dict.fromkeys(text.replace("{", "‹").replace("}", "›") for text in told))


@cache
def _by_code(lang: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for key, text in sentences(lang).items():
        found.setdefault(key.partition(".")[0], []).append(text)
    return found
