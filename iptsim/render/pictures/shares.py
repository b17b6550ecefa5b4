"""Chains that spread what comes to them: to which destinations, and how much to each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from iptsim.actions import Translate
from iptsim.explain.number_texts import translated
from iptsim.explain.rule_comments import shortened
from iptsim.explain.rule_sentences import comment_of
from iptsim.extensions.lowering import actions
from iptsim.extensions.spec import Context
from iptsim.model import Rule
from iptsim.regex import regex
from iptsim.render.pictures.native_rows import (
    is_dnat,
    is_foreign,
    part_of_map,
    service_of_chain,
    straight,
)
from iptsim.render.pictures.told_chains import Chains, ToldChain

_DEEPEST = 4
_MOST_PARTS = 64
_ALL = 1 << 31
# pkg/proxy/iptables/proxier.go writes `namespace/name:port` first in its comments.
_SERVICE = regex(r"[\w.-]+/[\w.-]+(?::[\w.-]+)?")


class Share(NamedTuple):
    """A destination, and the part of the packets that goes there; None where nothing tells."""

    to: str
    part: Fraction | None


def chance(rule: Rule) -> Fraction | None:
    """The part of the packets that a rule takes at random; None for one that does not.

    Of a rule of nftables that is the part of all that come to its map.
    """
    if rule.nft is not None:
        return part_of_map(rule.nft)
    for match in rule.matches:
        asked = match.option("--probability") if match.name == "statistic" else None
        if asked is not None and isinstance(asked.value, int) and not asked.negate:
            return Fraction(asked.value, _ALL).limit_denominator(1000)
    return None


def part_text(part: Fraction) -> str:
    """`1/3`, or `37 %` where no such fraction is meant."""
    plain = part.limit_denominator(_MOST_PARTS)
    if abs(plain - part) < Fraction(1, 2000):
        return str(plain)
    return f"{float(part) * 100:.0f} %"


def parts_of(chain: ToldChain) -> dict[int, Fraction]:
    """What each rule of a chain that spreads takes, by the rule's place; none of other chains."""
    chances = [chance(entry.rule) for entry in chain.entries]
    if not any(chances):
        return {}
    if chain.entries[0].rule.nft is not None:
        return {at: one for at, one in enumerate(chances) if one}
    left, found = Fraction(1), {}
    first = next(at for at, one in enumerate(chances) if one)
    for at, one in enumerate(chances):
        if at >= first and (one is not None or _is_last(chain, at)):
            found[at] = left * (one or 1)
            left -= found[at]
    return found


def _is_last(chain: ToldChain, at: int) -> bool:
    rule = chain.entries[at].rule
    return at == len(chain.entries) - 1 and not any(m.name != "comment" for m in rule.matches)


def shares(chain: ToldChain, chains: Chains, family: int, deep: int = 0) -> Iterator[Share]:
    """Where packets that come to a chain may be translated to, and how many of them."""
    if deep > _DEEPEST:
        return
    parts = parts_of(chain)
    for at, entry in enumerate(chain.entries[: 2 * _MOST_PARTS]):
        keys = (f"{chain.table.name} {name}" for name in entry.rule.aims)
        led = next((chains[key] for key in keys if key in chains), None)
        part = parts.get(at, Fraction(1))
        if led is not None:
            yield from (_of(share, part) for share in shares(led, chains, family, deep + 1))
        elif is_dnat(entry.rule) and not is_foreign(entry.rule, family):
            yield Share(sent_to(entry.rule, chain, family), part)


def _of(share: Share, part: Fraction) -> Share:
    return Share(share.to, None if share.part is None else share.part * part)


def sent_to(rule: Rule, chain: ToldChain, family: int) -> str:
    """The new address and port of a rule that translates; '' for any other."""
    where = Context(family=family, table=chain.table.name, chain=chain.name)
    for action in straight(actions(rule, where, chain.table)):
        if isinstance(action, Translate):
            return translated(action, family)
    return ""


def serves(chain: ToldChain) -> str:
    """The service that a chain is of, as its comments or its name say; '' where they do not."""
    if chain.table.nft_table is not None:
        return service_of_chain(chain.name)
    found = {name for entry in chain.entries[:12] if (name := named_in(entry.rule))}
    return found.pop() if len(found) == 1 else ""


def named_in(rule: Rule) -> str:
    """The service that a rule speaks of, as its comment says, or the chain that it leads to."""
    if rule.nft is not None:
        return next(filter(None, map(service_of_chain, rule.aims)), "")
    found = _SERVICE.match(shortened(comment_of(rule)))
    return found[0] if found else ""
