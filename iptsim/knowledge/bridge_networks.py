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
from iptsim.extensions.text import write_rule
from iptsim.model import Ruleset
from iptsim.regex import regex
from iptsim.values import parse_address
from iptsim.worlds.outcome import Condition, Cube, Outcome, Trace

_OWN = regex(r"-A POSTROUTING -s (?P<network>\S+) ! -o (?P<bridge>[^\s+]+) -j MASQUERADE")
_MOST_RULES = 1_000
_EVADED = frozenset({"src", "in", "sport"})
"""Fields of which the ordinary packet has none of the values that rules name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network in CIDR notation, the bridge it lies behind, and the rule that says so."""

    text: str
    bridge: str
    rule: str

    def has(self, address: str) -> bool:
        """Whether an address is of this network; addresses are text."""
        first, _, length = self.text.partition("/")
        one, two = parse_address(first), parse_address(address)
        if one[1] != two[1]:
            return False
        free = one[1] - int(length or one[1])
        return one[0] >> free == two[0] >> free


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The way of a packet that leaves by the bridge of the network which it is for."""

    outcome: Outcome
    network: Network
    address: str


def way_behind(trace: Trace, ruleset: Ruleset) -> Behind | None:
    """The likely way, where the outgoing interface is open and the rules tell networks' bridges.

    None where that leaves more than one way open, or none.
    """
    if not any(one.field == "out" for o in trace.outcomes for c in o.when for one in c.conditions):
        return None
    networks = [*_networks(ruleset)]
    found = [way for o in trace.outcomes if (way := _behind(o, networks)) is not None]
    return found[0] if len(found) == 1 else None


def _networks(ruleset: Ruleset) -> Iterator[Network]:
    table = ruleset.table("nat")
    chain = None if table is None else table.chain("POSTROUTING")
    for number, rule in enumerate(islice(chain.rules if chain else (), _MOST_RULES), 1):
        found = _OWN.fullmatch(write_rule("POSTROUTING", rule, ruleset.family, shown=True))
        if found:
            told = f"nat POSTROUTING {number}"
            yield Network(text=found["network"], bridge=found["bridge"], rule=told)


def _behind(outcome: Outcome, networks: list[Network]) -> Behind | None:
    address = dict(outcome.packet).get("dst")
    for network in networks:
        if isinstance(address, str) and network.has(address):
            fits = any(_is_by(cube, network.bridge) for cube in outcome.when)
            return Behind(outcome=outcome, network=network, address=address) if fits else None
    return None


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
