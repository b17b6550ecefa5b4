"""What a rule of nftables asks, in the words of nft: as it stands in the rule."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import replace
from iptsim.dialects.nft.printed_statements import statement
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import AnonymousSet, Expression, UnknownExpression
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.nftables.nft_statements import (
    ConnectionLimit,
    Counter,
    DynamicSet,
    Last,
    Limit,
    Log,
    Match,
    Meter,
    ObjectReference,
    Quota,
    Statement,
    Unknown,
    Xt,
)

_MOST = 8
_LIMITS = (Limit, Quota, ConnectionLimit)
_IDLE = (Counter, Last, Log)


def asked_words(rule: NftRule) -> Iterator[str]:
    """`iifname "lan*"`, `limit rate 10/second`: the conditions up to what it does first."""
    for at, one in enumerate(rule.statements):
        if _is_asked(one, last=at == len(rule.statements) - 1):
            yield statement(_shortened(one))
        elif isinstance(one, DynamicSet | Meter):
            if limits(one):
                yield statement(one)
            return
        elif not isinstance(one, _IDLE) and not _counts(one):
            return


def limits(one: Statement) -> bool:
    """Whether it fills a set and goes on only within, or over, a limit of the element."""
    if not isinstance(one, DynamicSet | Meter):
        return False
    return any(isinstance(each, _LIMITS) for each in one.statements)


def _is_asked(one: Statement, *, last: bool) -> bool:
    """Words that nobody knows are a condition where the rule goes on behind them."""
    if isinstance(one, Match | Limit | Quota | ConnectionLimit):
        return True
    if isinstance(one, Xt):
        return one.kind == "match" or not last
    if isinstance(one, Unknown):
        return not last
    return isinstance(one, ObjectReference) and one.kind in ("limit", "quota")


def _counts(one: Statement) -> bool:
    return isinstance(one, ObjectReference) and one.kind == "counter"


def _shortened(one: Statement) -> Statement:
    """Without most of a long anonymous set, which nobody reads in a row."""
    if not isinstance(one, Match) or not isinstance(one.right, AnonymousSet):
        return one
    return replace(one, right=_of_few(one.right))


def _of_few(held: AnonymousSet) -> Expression:
    """Nft itself lists a set of one as that one."""
    elements = held.elements
    if len(elements) == 1 and not elements[0].statements:
        return elements[0].key
    if len(elements) <= _MOST:
        return held
    more = Element(key=UnknownExpression(text=f"… +{len(elements) - _MOST}"))
    return AnonymousSet(elements=(*elements[:_MOST], more))
