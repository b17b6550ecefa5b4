"""What TPROXY does where the host's sockets are told."""

from __future__ import annotations

import json

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.host import NOBODY, Host
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.tracer import Trace, trace
from iptsim.values import parse_address

RULE = "-A PREROUTING -p tcp -j TPROXY --on-port {} --on-ip {} --tproxy-mark 0x4/0x4"
CHAINS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
LINKS = [
    {"ifname": "eth0", "addr_info": [{"local": "10.5.0.1", "prefixlen": 24}]},
    {"ifname": "eth1", "addr_info": []},
]


def _mangle(rule: str) -> str:
    return "\n".join(["*mangle", *(f":{c} ACCEPT [0:0]" for c in CHAINS), rule, "COMMIT", ""])


def _host(*sockets: str, addresses: bool = False) -> Host:
    known = read_host(json.dumps(LINKS)).addresses if addresses else None
    return Host(sockets=read_sockets(sockets), addresses=known)


def _asked(host: Host, port: int = 3129, address: str = "0.0.0.0", link: str = "eth0") -> Trace:  # noqa: S104  # nothing is bound
    ruleset = read_text(_mangle(RULE.format(port, address)), file="rules").rulesets[0]
    src, dst = parse_address("192.0.2.7")[0], parse_address("10.5.0.1")[0]
    packet = Packet(proto=6, src=src, dst=dst, sport=999, dport=81, in_=link)
    return trace(ruleset, packet, host=host)


def _verdicts(found: Trace) -> list[str]:
    return sorted(outcome.verdict for outcome in found.outcomes)


@every_row(
    ("sockets", "verdict"),
    [
        (("none",), "DROP"),
        (("tcp:*:3129",), "DROP"),
        (("tcp:*:3129,transparent",), "ACCEPT"),
        (("udp:*:3129,transparent",), "DROP"),
        (("tcp:*:3128,transparent",), "DROP"),
        (("tcp:[::]:3129,transparent",), "DROP"),
        (("tcp:10.5.0.1:3129", "tcp:*:3129,transparent"), "DROP"),
        (("tcp:0.0.0.0:3129,transparent", "tcp:*:3129"), "ACCEPT"),
        (("tcp:10.5.0.1:81-192.0.2.7:999,transparent",), "ACCEPT"),
        (("tcp:10.5.0.1:81-192.0.2.7:999", "tcp:*:3129,transparent"), "DROP"),
    ],
)
def test_the_first_socket_found_has_to_be_transparent(
    sockets: tuple[str, ...], verdict: str
) -> None:
    found = _asked(_host(*sockets, addresses=True))
    assert _verdicts(found) == [verdict]
    assert "IPT0315" not in {note.code for note in found.assumed}
    assert ("IPT0371" in {note.code for note in found.notes}) is (verdict == "DROP")


def test_without_port_and_address_the_packets_own_port_is_looked_for() -> None:
    assert _verdicts(_asked(_host("tcp:*:81,transparent"), port=0)) == ["ACCEPT"]
    assert _verdicts(_asked(_host("tcp:*:82,transparent"), port=0)) == ["DROP"]


def test_the_address_is_that_of_the_rule_or_of_the_interface() -> None:
    bound = "tcp:10.5.0.1:3129,transparent"
    assert _verdicts(_asked(_host(bound), address="10.5.0.1")) == ["ACCEPT"]
    assert _verdicts(_asked(_host(bound), address="10.5.0.2")) == ["DROP"]
    assert _verdicts(_asked(_host(bound))) == ["ACCEPT", "DROP"]
    # eth1 has no address: then the packet's own destination counts.
    assert _verdicts(_asked(_host(bound, addresses=True), link="eth1")) == ["ACCEPT"]


def test_two_sockets_at_one_place_leave_it_open() -> None:
    assert _verdicts(_asked(_host("tcp:*:3129", "tcp:*:3129,transparent"))) == ["ACCEPT", "DROP"]


def test_who_listens_is_taken_as_given_where_nobody_tells() -> None:
    found = _asked(NOBODY)
    assert _verdicts(found) == ["ACCEPT"]
    assert "IPT0315" in {note.code for note in found.assumed}


def test_a_diff_tells_that_a_rule_only_drops() -> None:
    before, after = (read_text(_mangle(rule)) for rule in ("", RULE.format(3129, "0.0.0.0")))  # noqa: S104  # nothing is bound
    (effect, *_more) = diff(before, after, host=_host("none")).effects
    assert effect.after.verdict == "DROP"
