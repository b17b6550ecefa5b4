"""Which network lies behind which bridge, as rules betray that Docker writes for each network.

`-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE` in nat POSTROUTING: what the network sends gets
another source unless it stays on its own bridge (moby/moby, bridge/setup_ip_tables_linux.go). So a
packet to a container leaves by that bridge, if routes are as Docker made them: likely, never
certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from iptsim.dataclass import dataclass
from iptsim.model import Rule, Ruleset
from iptsim.rule_parts import Header
from iptsim.values import InterfacePattern, Network, parse_address
from iptsim.worlds.outcome import Condition, Cube, Outcome, Trace

_MOST_RULES = 1_000
_EVADED = frozenset({"src", "in", "sport"})
"""Fields of which the ordinary packet has none of the values that rules name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The way of a packet to `address` (text) that leaves by the `bridge` of its `network`.

    `rule` is the rule that tells which bridge that is.
    """

    outcome: Outcome
    address: str
    network: Network
    bridge: str
    rule: str


def way_behind(trace: Trace, ruleset: Ruleset) -> Behind | None:
    """The likely way, where the outgoing interface is open and the rules tell networks' bridges.

    None where that leaves more than one way open, or none.
    """
    if not any(one.field == "out" for o in trace.outcomes for c in o.when for one in c.conditions):
        return None
    found = [way for o in trace.outcomes if (way := _behind(o, ruleset)) is not None]
    return found[0] if len(found) == 1 else None


def _behind(outcome: Outcome, ruleset: Ruleset) -> Behind | None:
    text = dict(outcome.packet).get("dst")
    if not isinstance(text, str):
        return None
    address, width = parse_address(text)
    for number, network, bridge in _networks(ruleset):
        if width == network.width and address in network:
            rule = f"nat POSTROUTING {number}"
            fits = any(_is_by(cube, bridge) for cube in outcome.when)
            way = Behind(outcome=outcome, address=text, network=network, bridge=bridge, rule=rule)
            return way if fits else None
    return None


def _networks(ruleset: Ruleset) -> Iterator[tuple[int, Network, str]]:
    """Each network with its bridge, by the number of the rule that tells it."""
    table = ruleset.table("nat")
    chain = None if table is None else table.chain("POSTROUTING")
    for number, rule in enumerate(islice(chain.rules if chain else (), _MOST_RULES), 1):
        source, out = rule.header.src, rule.header.out
        if source is not None and out is not None and _is_dockers(rule, source, out):
            yield number, source, out.text


def _is_dockers(rule: Rule, source: Network, out: InterfacePattern) -> bool:
    """Whether it is `-s NETWORK ! -o BRIDGE -j MASQUERADE`, and nothing more."""
    alone = Header(src=source, out=out, not_=frozenset({"out"}))
    masked = rule.target is not None and rule.target.name == "MASQUERADE"
    plain = rule.header == alone and not out.wildcard and not rule.matches
    return masked and plain and not (rule.hides or rule.unread)


def _is_by(cube: Cube, bridge: str) -> bool:
    """Whether these are ordinary packets that leave by a bridge."""
    asked = [one for one in cube.conditions if one.field == "out"]
    others = [one for one in cube.conditions if one.field != "out"]
    return (
        bool(asked)
        and not cube.facts
        and all((bridge in one.values) is not one.negate for one in asked)
        and all(_is_usual(one) for one in others)
    )


def _is_usual(condition: Condition) -> bool:
    return condition.negate and condition.field in _EVADED
