"""Packets that a diff must tell, and such as it must not: ways that a change reaches them by.

Each case holds what is told beside two traces of its packet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cubes_eval import in_cubes
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.host import NOBODY, Host
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.packet import Packet
from iptsim.render.outputs.diff_json import diff_json
from iptsim.tracer import Outcome, trace
from iptsim.values import parse_address

Json = dict[str, Any]


def address(text: str) -> int:
    return parse_address(text)[0]


def host(**addresses: str) -> Host:
    told = [
        {"ifname": name, "addr_info": [{"local": a, "prefixlen": int(n)} for a, n in pairs]}
        for name, texts in addresses.items()
        for pairs in [[text.split("/") for text in texts.split()]]
    ]
    return read_host(json.dumps(told))


def table(name: str, *rules: str) -> str:
    chains = (f":{chain} ACCEPT [0:0]" for chain in BUILTIN_CHAINS[name])
    return "\n".join((f"*{name}", *chains, *rules, "COMMIT", ""))


OWN = " ".join(f"10.7.0.{n}/32" for n in range(1, 7))
CLUSTER = (
    "-j CLUSTERIP --new --hashmode sourceip --clustermac 01:23:45:67:89:AB --total-nodes 2"
    " --local-node 1 --hash-init 0"
)
SET = "create s hash:net,iface family inet hashsize 64 maxelem 9\nadd s 10.0.0.0/8,eth5\n"
TCP = Packet(proto=6, sport=4444, dport=80, tcp_flags=2, ctstate="NEW", ttl=64)
SENT = TCP.with_(src=address("10.0.0.2"), dst=address("10.0.0.9"))
CAME = TCP.with_(src=address("198.51.100.2"), dst=address("192.0.2.7"), in_="eth1")
NAT, INPUT = table("nat"), table("filter")
ROUTER = host(eth0="10.0.0.2/24", eth1="192.0.2.7/24")
PROXY = table(
    "nat",
    "-A PREROUTING -p tcp -m addrtype ! --dst-type LOCAL -m tcp --dport 80 -j REDIRECT"
    " --to-ports 3128",
)
PUBLISHED = table(
    "nat",
    "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.9:80",
)


def many(network: str) -> str:
    rules = (
        f"-A OUTPUT -p tcp -m tcp --dport {80 + n} -j DNAT --to-destination {network}.{n}"
        for n in range(1, 7)
    )
    return table("nat", *rules)


def forward(states: str) -> str:
    condition = f"-d 10.0.0.9/32 -p tcp -m conntrack --ctstate {states}"
    return table("filter", f"-A FORWARD {condition} -j DROP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two rule sets, and a packet that fares otherwise, or not.

    `fate` is where it ends on the second side; `besides` are fields as routing gives them.
    """

    before: str
    after: str
    packet: Packet
    hook: str = "PREROUTING"
    host: Host = NOBODY
    fate: str | None
    told: bool = True
    besides: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "to many addresses of its own": Case(
        before=table("nat"),
        after=many("10.7.0"),
        packet=SENT.with_(dport=82),
        hook="OUTPUT",
        host=host(eth0="10.0.0.2/24", lo=OWN),
        fate="local",
        besides={"out": "eth0"},
    ),
    "to many loopback addresses": Case(
        before=table("nat"),
        after=many("127.0.0"),
        packet=SENT.with_(dport=82, out="eth0"),
        hook="OUTPUT",
        fate="local",
    ),
    "sent on by the way it was routed": Case(
        before=many("10.8.0"),
        after=many("10.8.0") + table("mangle", "-A POSTROUTING -o eth0 -d 10.8.0.2/32 -j DROP"),
        packet=SENT.with_(dport=82, out="eth0"),
        hook="OUTPUT",
        fate=None,
    ),
    "for others, taken in by a proxy": Case(
        before=PROXY + INPUT,
        after=PROXY + table("filter", "-A INPUT -p tcp -m tcp --dport 3128 -j DROP"),
        packet=CAME.with_(out="eth0"),
        fate=None,
        besides={"dst_type": "UNICAST"},
    ),
    "related, translated on both sides": Case(
        before=PUBLISHED + forward("ESTABLISHED"),
        after=PUBLISHED + forward("RELATED,ESTABLISHED"),
        packet=CAME.with_(dport=8080, ctstate="RELATED"),
        host=ROUTER,
        fate=None,
    ),
    "by an interface that only a told set names": Case(
        before=INPUT,
        after=table("filter", "-A INPUT -m set --match-set s src,src -j DROP"),
        packet=CAME.with_(src=address("10.1.2.3"), in_="eth5"),
        host=replace(NOBODY, sets=read_sets(SET)),
        fate=None,
    ),
    "to another port of the address it had": Case(
        before=NAT,
        after=table("nat", "-A PREROUTING -p tcp -j DNAT --to-destination :8080"),
        packet=CAME,
        fate="local",
        besides={"dst_type": "LOCAL"},
    ),
    "in the range of ports that it may have": Case(
        before=NAT,
        after=table("nat", "-A PREROUTING -p tcp -j REDIRECT --to-ports 80-89"),
        packet=CAME,
        fate="local",
        told=False,
        besides={"dst_type": "LOCAL"},
    ),
    "out by an interface without addresses": Case(
        before=table("nat"),
        after=table("nat", "-A POSTROUTING -j MASQUERADE"),
        packet=SENT.with_(dst=address("192.0.2.7")),
        hook="OUTPUT",
        host=ROUTER,
        fate="local",
        told=False,
    ),
    "of no connection, so that no node takes it": Case(
        before=INPUT,
        after=table("filter", f"-A INPUT -p tcp {CLUSTER}"),
        packet=CAME.with_(ctstate="INVALID"),
        fate=None,
        besides={"dst_type": "LOCAL"},
    ),
    "by the low half of an IPv6 address": Case(
        before=NAT,
        after=table("nat", "-A PREROUTING -j NETMAP --to fd09::/64"),
        packet=replace(CAME, family=6, src=address("fd09::9"), dst=address("fd00:0:0:1::1")),
        host=host(eth0="fd00:0:0:1::2/64", eth1="fd00:0:0:2::2/64"),
        fate="forward",
        besides={"out": "eth0"},
    ),
}


@every_row("case", CASES.values(), ids=CASES.keys())
def test_a_packet_is_told_where_its_traces_differ(case: Case) -> None:
    family = case.packet.family
    sides = [read_text(text, family=family) for text in (case.before, case.after)]
    traced = [
        trace(dump.rulesets[0], case.packet, hook=case.hook, host=case.host) for dump in sides
    ]
    assert {outcome.destination for outcome in traced[1].outcomes} == {case.fate}
    told: Json = diff_json(diff(*sides, host=case.host))
    effects = told["effect"]
    fields = {**case.packet.given(), **case.besides}
    lies = [in_cubes(one["where"], fields, {}) for one in effects if one["hook"] == case.hook]
    fates = [[fate(outcome, case.packet) for outcome in found.outcomes] for found in traced]
    assert (fates[0] != fates[1]) == case.told
    assert lies.count(None) == 0
    assert lies.count(True) == case.told
    after = [one["after"] for one in effects if in_cubes(one["where"], fields, {})]
    assert all(one["destination"] == case.fate for one in after)


def fate(outcome: Outcome, packet: Packet) -> tuple[object, ...]:
    """Its fate, and the rewritten fields that hold another value in the end."""
    given = {name: value for name, value in outcome.packet if name in packet.given()}
    rewritten = {rewrite.field for rewrite in outcome.rewrites}
    return (outcome.verdict, outcome.destination, tuple((n, given.get(n)) for n in rewritten))
