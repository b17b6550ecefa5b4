"""Whether the kernel and the tracer agree on packets of a host that tells more than its rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kernel_comparing import disagreement

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Tracer

CHAINS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
Sent = list[tuple[Packet, str]]


def dump_of(chains: Iterable[str], conditions: Iterable[str], table: str = "mangle") -> str:
    """A rule for each condition in each chain, which lets the packet go on."""
    rules = [f"-A {chain} {each}" for chain in chains for each in conditions]
    there = CHAINS if table == "mangle" else ("PREROUTING", "OUTPUT")
    return "\n".join((f"*{table}", *(f":{chain} ACCEPT" for chain in there), *rules, "COMMIT", ""))


def check(judge: Judge, dump: str, sent: Sent, told: Host, *, family: int = 4) -> None:
    """The kernel and the tracer agree on every packet, and nothing is left open."""
    judge.load(dump, family=family)
    (ruleset,) = read_text(judge.save(family=family)).rulesets
    known = read_host(judge.addresses(), judge.routes(family=family))
    host = replace(known, sets=told.sets, time=told.time, sockets=told.sockets)
    tracer = Tracer.of(ruleset)
    for journey in judge.send(sent):
        trace = tracer.trace(journey.packet, hook=journey.hook, host=host)
        assert len(trace.outcomes) == 1, trace.outcomes
        problem = disagreement(trace, journey)
        assert problem is None, problem
