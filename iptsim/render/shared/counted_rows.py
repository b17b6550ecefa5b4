"""Counters in words, as rows and sentences that every output lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.explain.deeds import deed
from iptsim.extensions.spec import Context
from iptsim.met_counts import MetChain, MetRule, Span, met_chains, unmet
from iptsim.model import Counters, Ruleset

_DECIDES = frozenset({"ACCEPT", "DROP", "REJECT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """A rule that was met: its cells."""

    number: str
    packets: str
    grown: str
    condition: str
    did: str


def rows(met: MetChain, lang: str) -> Iterator[CountedRow]:
    """The rules that packets met."""
    where = Context(family=met.family, table=met.table.name, chain=met.chain.name)
    for each in met.rules:
        if each.packets is not None and each.packets.high:
            yield CountedRow(
                number=str(each.number),
                packets=sentence("counters.packets", lang, count=span_text(each.packets)),
                grown="" if each.grown is None else grown_text(each.grown, lang),
                condition=describe_condition(each.rule, where, lang),
                did=deed(each.rule, where, met.table, lang),
            )


def said(met: MetChain, lang: str) -> Iterator[str]:
    """How many came, what the policy decided, what became of most, and which rules no one met."""
    if met.came is not None:
        yield sentence("counters.came", lang, count=span_text(met.came))
    if met.policy is not None:
        grown = "" if met.policy_grown is None else grown_text(met.policy_grown, lang)
        facts = {"count": span_text(met.policy), "policy": met.chain.policy or "", "grown": grown}
        yield sentence("counters.policy.grown" if grown else "counters.policy", lang, **facts)
    for each in met.rules:
        yield from _share(met, each, lang)
    if left := unmet(met.rules):
        yield sentence("counters.unmet", lang, rules=_listed(left))


def _share(met: MetChain, each: MetRule, lang: str) -> Iterator[str]:
    """«of 420 packets that came to DOCKER-FORWARD 420 is dropped by rule 3»."""
    target = each.rule.target
    told = each.packets is not None and each.packets.high and met.came is not None
    if told and target is not None and target.name in _DECIDES and each.packets and met.came:
        facts = {
            "came": span_text(met.came), "chain": met.chain.name, "rule": each.number,
            "count": span_text(each.packets), "verdict": target.name,
        }  # fmt: skip
        yield sentence("counters.share", lang, **facts)


def share_of(ruleset: Ruleset, table: str, chain: str, number: int | None, lang: str) -> str:
    """«of 420 packets that came to DOCKER-FORWARD 420 …» of one rule; '' where nothing tells."""
    met = next(
        (m for m in met_chains(ruleset) if (m.table.name, m.chain.name) == (table, chain)), None
    )
    rules = () if met is None else met.rules
    rule = next((each for each in rules if each.number == number), None)
    return "" if met is None or rule is None else next(_share(met, rule, lang), "")


def met_words(counters: Counters, lang: str) -> str:
    """`420 packets`, `≈118000 packets` of a count that a listing rounded."""
    rounded = counters.units[0] > 1
    count = f"≈{counters.packets}" if rounded else str(counters.packets)
    return sentence("counters.packets", lang, count=count)


def span_text(span: Span) -> str:
    """`420`, or `117500-118499`."""
    return str(span.low) if span.is_exact else f"{span.low}-{span.high}"


def grown_text(span: Span, lang: str) -> str:
    """`+12`; where the counter was set back, that."""
    if span.high < 0:
        return sentence("counters.reset", lang)
    return f"+{span_text(Span(low=max(span.low, 0), high=span.high))}"


def _listed(numbers: Sequence[int]) -> str:
    """`1, 3-7`."""
    runs = []
    for _key, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _at, number in group]
        runs.append(str(members[0]) if len(members) == 1 else f"{members[0]}-{members[-1]}")
    return ", ".join(runs)
