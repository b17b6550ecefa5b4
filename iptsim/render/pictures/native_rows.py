"""What the row of a rule of nftables says besides its condition.

Its deed is its statements without those that ask or count.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from iptsim.actions import Action, Branch
from iptsim.explain.native_conditions import limits
from iptsim.model import Rule
from iptsim.nftables.datatypes import types_of
from iptsim.nftables.expressions import AnonymousSet, Number, Numgen, Range
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.nftables.nft_statements import (
    ConnectionLimit,
    Counter,
    Last,
    Limit,
    Match,
    Nat,
    Quota,
    Statement,
    Verdict,
    VerdictMap,
)
from iptsim.regex import regex
from iptsim.verdict_rows import Led, is_untold

# pkg/proxy/nftables/proxier.go, servicePortChainNameBase: `HASH-namespace/name/protocol/port`.
_OF_SERVICE = regex(
    r"(?:service|external|firewall|endpoint)-[A-Z2-7]{8}-([^/]+/[^/]+)/(?:tcp|udp|sctp)/([^/_]*)"
)
_MOST_KEYS = 32
_ASKS = (Match, Counter, Last, Limit, Quota, ConnectionLimit)


def native_deed(rule: Rule) -> str:
    """`meta mark set 0x4000, → services`; `–` where it does nothing."""
    assert rule.nft is not None
    done = (one for one in rule.nft.statements if not isinstance(one, _ASKS) and not limits(one))
    told = [_told(one, rule) for one in done]
    return ", ".join(told) or "–"


def keys_text(led: Led) -> str:
    """The elements of a map that have one verdict, as nft writes them."""
    from iptsim.dialects.nft.printed_values import value  # noqa: PLC0415  # if asked

    kinds = () if led.key is None else types_of(led.key)
    return ", ".join(value(one, kinds) for one in led.values[:_MOST_KEYS])


def _told(one: Statement, rule: Rule) -> str:
    from iptsim.dialects.nft.printed_statements import statement  # noqa: PLC0415  # if asked
    from iptsim.dialects.nft.printed_values import lookup  # noqa: PLC0415

    if isinstance(one, Verdict) and one.chain is not None:
        return f"{'⇒' if one.kind == 'goto' else '→'} {one.chain}"
    if isinstance(one, VerdictMap):
        known = "" if is_untold(rule) else " { }"
        return f"vmap {lookup(one.map, types_of(one.key), ())}{known}"
    return statement(one)


def straight(done: tuple[Action, ...]) -> Iterator[Action]:
    """What a rule does where all its conditions hold, those behind its first deeds too."""
    for action in done:
        if isinstance(action, Branch):
            yield from straight(action.then)
        else:
            yield action


def is_foreign(rule: Rule, family: int) -> bool:
    """Whether it gives packets of the other family an address: `dnat ip6 to …` in an inet table."""
    said = [] if rule.nft is None else [n.family for n in rule.nft.statements if isinstance(n, Nat)]
    return any(one not in (None, "ip" if family == 4 else "ip6") for one in said)


def is_dnat(rule: Rule) -> bool:
    """Whether it gives packets another destination."""
    if rule.nft is not None:
        return any(isinstance(one, Nat) and one.kind == "dnat" for one in rule.nft.statements)
    return rule.target is not None and rule.target.name == "DNAT"


def part_of_map(rule: NftRule) -> Fraction | None:
    """The part of the packets that a verdict of `numgen random mod 3 vmap { … }` takes."""
    for one in rule.statements:
        if isinstance(one, Match) and isinstance(one.left, Numgen):
            held = one.right.elements if isinstance(one.right, AnonymousSet) else ()
            return Fraction(sum(_numbers(each.key) for each in held), one.left.modulus) or None
    return None


def _numbers(key: object) -> int:
    """How many numbers an element stands for."""
    if isinstance(key, Range) and isinstance(key.low, Number) and isinstance(key.high, Number):
        return key.high.value - key.low.value + 1
    return 1


def service_of_chain(name: str) -> str:
    """The service that a chain of kube-proxy is of, by its name: `shop/cart:http`; else ''."""
    found = _OF_SERVICE.match(name)
    return "" if found is None else f"{found[1]}:{found[2]}" if found[2] else found[1]
