"""What rules of nftables write into headers behind nat and tracking, packet by packet."""

from __future__ import annotations

import pytest
from test_native_rules import load, problem, rules_of

from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.values import parse_address

pytestmark = pytest.mark.kernel

_LATE = "chain late {\ntype filter hook postrouting priority 0;\n%s\n}"
_EARLY = "chain early {\ntype filter hook output priority %d;\n%s\n}"
_NAT = "chain nat {\ntype nat hook output priority -100;\n%s\n}"
_LAST = "chain last {\ntype nat hook output priority -90;\ncounter\n}"
_TRACK = "chain track {\nct state new\n}"
_REDIRECT = _NAT % "tcp dport 80 redirect to :8080"


def _sent(destination: str, **fields: int) -> tuple[Packet, str]:
    source = "127.0.0.1" if destination.startswith("127.") else "10.0.0.2"
    held = {"proto": 6, "sport": 40000, "dport": 80, "tcp_flags": 2, "uid": 0, "gid": 0, "mark": 0}
    plain = Packet(family=4, src=parse_address(source)[0], dst=parse_address(destination)[0])
    return plain.with_(**{**held, **fields}), "OUTPUT"


@pytest.mark.parametrize(
    "chains",
    [
        (_TRACK, _REDIRECT, _LATE % "tcp dport set 9"),
        (_TRACK, _REDIRECT, _LATE % "th dport set 9"),
        (_TRACK, _NAT % "tcp dport 81 redirect to :8080", _LATE % "tcp dport set 9"),
        (_TRACK, _EARLY % (-150, "tcp dport set 9"), _NAT % "dnat to 127.0.0.2"),
        (_TRACK, _EARLY % (-150, "tcp dport set 9"), _NAT % "meta l4proto tcp redirect to :80"),
        (_TRACK, _EARLY % (-150, "tcp dport set 9"), _NAT % "meta l4proto tcp redirect to :81"),
        (_TRACK, _REDIRECT, _EARLY % (0, "ip daddr set 10.9.9.9")),
        (_TRACK, _REDIRECT, _LATE % "ip daddr set 10.9.9.9"),
        (_EARLY % (-310, "tcp flags set ack"), _NAT % "counter", _TRACK),
        (_EARLY % (-150, "ct original zone set 2"), _REDIRECT, _LAST, _TRACK),
    ],
)
@pytest.mark.parametrize("flags", [2, 0])
@pytest.mark.parametrize("destination", ["127.0.0.1", "10.0.0.2", "10.1.0.9"])
def test_what_is_written_is_as_the_kernel_has_it(
    judge: Judge, chains: tuple[str, ...], flags: int, destination: str
) -> None:
    judge.clear()
    assert load(judge, "table ip t {\n" + "\n".join(chains) + "\n}")
    host = read_host(judge.addresses(), judge.routes(family=4))
    tracer = Tracer.of(rules_of(judge, "", 4))
    (journey,) = judge.send([_sent(destination, tcp_flags=flags)])
    assert problem(tracer, journey, host) is None
