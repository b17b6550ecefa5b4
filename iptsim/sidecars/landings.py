"""Where a packet of a request lands in a pod, by the outcome of its trace."""

from __future__ import annotations

from contextlib import suppress

from iptsim.dataclass import dataclass
from iptsim.knowledge.likely_ways import likely_way
from iptsim.packet import Packet
from iptsim.regex import regex
from iptsim.sidecars.hops import Ends
from iptsim.values import parse_address
from iptsim.worlds.outcome import Outcome, Step, Trace
from iptsim.worlds.terms import value_of

LO = "lo"
OUTBOUND, INBOUND, TUNNEL, DNS = 15001, 15006, 15008, 15053
STATUS = 15020
OWN_PORTS = frozenset({STATUS, 15021, 15090})
"""Ports at which the sidecar's programs are asked themselves."""
_ON_PORT = regex(r"--on-port (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a packet came to: `port` is the local port that a rule handed it to, or None.

    `is_tproxy`: without a rewrite of its addresses. `step` is the rule that did it.
    """

    outcome: Outcome
    port: int | None
    step: Step | None
    is_tproxy: bool = False

    @property
    def is_lost(self) -> bool:
        """Whether it comes nowhere."""
        return self.outcome.verdict != "ACCEPT"

    @property
    def is_here(self) -> bool:
        """Whether it comes to a program of this pod."""
        return self.outcome.destination == "local"


def way_of(trace: Trace, packet: Packet) -> Outcome:
    """The way that a packet takes which goes out by lo, or does not.

    Rules of Istio of which a listing hides the interface are for lo, most of them.
    """
    likely = None if packet.out == LO else likely_way(trace)
    return trace.outcomes[0] if likely is None else likely


def landing(outcome: Outcome) -> Landing:
    """Where an outcome leads."""
    for step in reversed(outcome.steps):
        if step.target == "TPROXY" and step.action == "accept":
            found = _ON_PORT.search(step.text)
            port = None if found is None else int(found[1])
            return Landing(outcome=outcome, port=port, step=step, is_tproxy=True)
        for rewrite in step.rewrites:
            here = rewrite.field == "dport" and outcome.destination == "local"
            if here and isinstance(rewrite.after, int):
                return Landing(outcome=outcome, port=rewrite.after, step=step)
    return Landing(outcome=outcome, port=None, step=outcome.decided_by)


def ends_of(outcome: Outcome) -> Ends:
    """Both ends after all rewrites."""
    told = dict(outcome.packet)
    last = {rewrite.field: rewrite.after for rewrite in outcome.rewrites}
    src, sport, dst, dport = (
        told.get(name, last.get(name, "")) for name in ("src", "sport", "dst", "dport")
    )
    return Ends(src=_number(src), sport=sport, dst=_number(dst), dport=dport)


def _number(address: int | str) -> int | str:
    """An address as a number; a text that is none («an address of eth0») as it is."""
    with suppress(ValueError):
        return parse_address(str(address))[0]
    return address


def original_of(outcome: Outcome) -> tuple[int, int] | None:
    """What SO_ORIGINAL_DST tells; None where connection tracking does not know it."""
    fields = {} if outcome.connection is None else outcome.connection.fields
    address, port = (value_of(fields[n]) for n in ("ctorigdst", "ctorigdstport")) if fields else (
        None, None,
    )  # fmt: skip
    return (address, port) if isinstance(address, int) and isinstance(port, int) else None
