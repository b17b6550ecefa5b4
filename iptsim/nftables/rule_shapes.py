"""What rules of nftables have in common that differ in addresses, ports and chains alone.

Rules of one shape ask for the same fields and do the same things, so that whoever wants to know
what rules speak of needs one of each.
"""

from __future__ import annotations

from collections.abc import Container, Hashable

from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Ct,
    Expression,
    Number,
    Payload,
    Prefix,
)
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.nftables.nft_statements import Match, Nat, Statement, Verdict, VerdictMap

_PORTS = frozenset({"sport", "dport"})
_HIGHEST = 0xFFFF
_NEAR_LOOPBACK = (0x7EFFFFFF, 0x80000000)
"""127.0.0.0/8 and the addresses on both sides of it, of which route_localnet may tell more."""
_PLAIN = frozenset({"==", "!="})


def shape_of(rule: NftRule, chains: Container[str]) -> Hashable:
    """The rule with the values left out that differ between rules of a shape.

    `chains` are those of its table: a jump to one that is not there does something else.
    """
    asked = [one for one in map(_asked, rule.statements) if one is not None]
    if len(set(asked)) < len(asked):
        return rule.statements  # two answers to one question may rule each other out
    return tuple([_statement(one, chains) for one in rule.statements])


def _asked(one: Statement) -> Expression | None:
    if isinstance(one, Match):
        return one.left
    return one.key if isinstance(one, VerdictMap) else None


def _statement(one: Statement, chains: Container[str]) -> Hashable:
    match one:
        case Match(left=left, operator=operator) if operator in _PLAIN:
            return (Match, left, operator, _value(one.right, left))
        case Verdict():
            return _verdict(one, chains)
        case VerdictMap(map=AnonymousSet(elements=elements)):
            rows = tuple(dict.fromkeys([_row(each, one.key, chains) for each in elements]))
            return (VerdictMap, one.key, len(elements), rows)
        case Nat():
            address, port = _value(one.address, None), _port(one.port)
            return (Nat, one.kind, one.family, address, port, one.flags)
        case _:
            return one


def _verdict(one: Verdict, chains: Container[str]) -> Hashable:
    return (Verdict, one.kind, one.chain is not None, one.chain in chains if one.chain else None)


def _row(one: Element, key: Expression, chains: Container[str]) -> Hashable:
    if not isinstance(one.value, Verdict) or one.statements or one.timeout is not None:
        return one
    return (_value(one.key, key), _verdict(one.value, chains))


def _value(one: Expression | None, of: Expression | None) -> Hashable:
    """A value without what it is, where that makes no difference to what is asked of `of`.

    None is the address that a translation gives.
    """
    match one:
        case Address() if _is_whole(of):
            return one if _is_near(one, 0) else (Address, one.width)
        case Prefix(base=Address() as base, length=length) if _is_whole(of):
            near = _is_near(base, base.width - length)
            return one if near else (Prefix, base.width, length)
        case Number() if isinstance(of, Payload) and of.field in _PORTS:
            return _port(one)
        case AnonymousSet(elements=elements):
            return (AnonymousSet, frozenset([_member(each, of) for each in elements]))
        case _:
            return one


def _is_whole(of: Expression | None) -> bool:
    """Whether any address can be in it: of some bits of one only some can."""
    return of is None or isinstance(of, Payload | Ct)


def _member(one: Element, of: Expression | None) -> Hashable:
    bare = one.value is None and not one.statements and one.timeout is None
    return _value(one.key, of) if bare else one


def _port(one: Expression | None) -> Hashable:
    return Number if isinstance(one, Number) and 0 <= one.value <= _HIGHEST else one


def _is_near(base: Address, free: int) -> bool:
    """Whether an address, or one with the same bits before the `free` ones, is near loopback."""
    if base.width != 32:
        return False
    first = base.value >> free << free
    low, high = _NEAR_LOOPBACK
    return first <= high and first + (1 << free) > low
