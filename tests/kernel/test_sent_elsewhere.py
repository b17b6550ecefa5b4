"""What nat gives another destination only when it is back by lo is routed anew, as in the kernel.

Tracking has no connection for it before: a rule behind it made a SYN of what can open none.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_native_rules import problem

from iptsim.dialects import read_text
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.sysctls import Sysctls
from iptsim.tracer import Tracer
from iptsim.values import parse_address

pytestmark = pytest.mark.kernel

RULES = """table {ip} t {{
    chain begin {{
        type filter hook output priority -50;
        tcp dport 80 tcp flags set syn
    }}
    chain back {{
        type nat hook prerouting priority -100;
        dnat to {to}
    }}
    chain seen {{
        type filter hook forward priority 0;
        counter
    }}
}}
"""
OWN = {4: ("127.0.0.1", "10.0.0.2", "10.1.0.2"), 6: ("::1", "fd00:0:0:1::2", "fd00:0:0:2::2")}
AWAY = {4: "10.9.9.9", 6: "2001:db8::7"}
RESET = 4


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("accepting", ["0", "1"])
def test_another_destination_by_lo_is_routed_anew(
    judge: Judge, family: int, accepting: str
) -> None:
    judge.trio.host.sysctls({"net/ipv4/conf/all/accept_local": accepting})
    told = read_host(judge.addresses(), judge.routes(family=family))
    told = replace(told, sysctls=Sysctls(values={"net/ipv4/conf/all/accept_local": int(accepting)}))
    ways = set()
    for to in (*OWN[family], AWAY[family]):
        judge.clear()
        judge.trio.host.sysctls({"net/ipv4/conf/all/accept_local": accepting})
        judge.load_native(RULES.format(ip="ip" if family == 4 else "ip6", to=to))
        ruleset = read_text(judge.list_native()).family(family)
        assert ruleset is not None
        tracer = Tracer.of(ruleset)
        for journey in judge.send([(one, "OUTPUT") for one in _packets(family)]):
            wrong = problem(tracer, journey, told)
            assert wrong is None, wrong
            ways.add((journey.verdict, journey.sightings[-1].hook))
    assert ("ACCEPT", "INPUT") in ways or (family, accepting) == (4, "0")
    assert len(ways) > 1


def _packets(family: int) -> list[Packet]:
    """From each own address to each, with a hop to go and with none."""
    own = [parse_address(text)[0] for text in OWN[family]]
    return [
        Packet(family=family, proto=6, tcp_flags=RESET, src=src, dst=dst, ttl=ttl, dport=80)
        for src in own
        for dst in own
        for ttl in (1, 64)
    ]
