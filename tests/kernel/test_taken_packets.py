"""A packet that TPROXY took gets to its socket by its route alone, as in the kernel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kernel_comparing import disagreement

from iptsim.dialects import read_text
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.values import parse_address

pytestmark = pytest.mark.kernel

PORT = 15006
AWAY = {4: "10.9.9.9", 6: "2001:db8::7"}
OWN = {4: "10.0.0.2", 6: "fd00:0:0:1::2"}
ANY = {4: "0.0.0.0", 6: "[::]"}  # noqa: S104  # nothing is bound here
TABLES = """*mangle
:PREROUTING ACCEPT
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A PREROUTING -p tcp -j TPROXY --on-port {port} --tproxy-mark {mark}/0xff
-A INPUT -m conntrack --ctstate ESTABLISHED
COMMIT
*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
{anew}
COMMIT
"""
NATIVE = """table {ip} proxy {{
    chain take {{
        type filter hook prerouting priority -150;
        meta l4proto tcp tproxy to :{port} meta mark set {mark} accept
    }}
}}
table {ip} other {{
    chain change {{
        type filter hook prerouting priority -140;
        {anew}
    }}
}}
"""
MARKS = [("0x8", ""), ("0x8", "0x7"), ("0x6", "0x8"), ("0x6", ""), ("0x0", ""), ("0x8", "0x18")]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("ruled", [False, True])
def test_its_mark_behind_prerouting_brings_it_there_or_it_is_lost(
    judge: Judge, family: int, native: bool, ruled: bool
) -> None:
    """Told of the rules of routing we say which; else the kernel's way is one of ours."""
    judge.listen(PORT, family=family)
    run = judge.trio.host.run
    run("ip", f"-{family}", "rule", "add", "fwmark", "0x8/0xf", "lookup", "88")
    run("ip", f"-{family}", "route", "add", "local", "default", "dev", "lo", "table", "88")
    told = read_host(judge.addresses(), judge.routes(family=family, every=ruled))
    told = replace(told, sockets=read_sockets([f"tcp:{ANY[family]}:{PORT},transparent"]))
    if ruled:
        told = replace(told, rules=read_rules(run("ip", "-j", f"-{family}", "rule")))
    verdicts = set()
    for mark, anew in MARKS:
        if not ruled and (mark, anew) == ("0x6", ""):
            continue  # that one is taken as given, and told
        judge.clear()
        if native:
            text = f"tcp dport 443 meta mark set {anew}" if anew else ""
            ip = "ip" if family == 4 else "ip6"
            judge.load_native(NATIVE.format(ip=ip, port=PORT, mark=mark, anew=text))
            listed = judge.list_native()
        else:
            text = f"-A PREROUTING -p tcp -j MARK --set-xmark {anew}/0xff" if anew else ""
            judge.load(TABLES.format(port=PORT, mark=mark, anew=text), family=family)
            listed = judge.save(family=family)
        ruleset = read_text(listed).family(family)
        assert ruleset is not None
        tracer = Tracer.of(ruleset)
        sent = [
            (_packet(family, to, number), "PREROUTING")
            for number, to in enumerate((AWAY[family], OWN[family]))
        ]
        for journey in judge.send(sent):
            trace = tracer.trace(journey.packet, hook=journey.hook, host=told)
            assert not ruled or len(trace.outcomes) == 1
            problem = disagreement(trace, journey)
            assert problem is None, f"{listed}\n{problem}"
            verdicts.add(journey.verdict)
    assert verdicts == {"ACCEPT", "LOST"}


def _packet(family: int, to: str, number: int) -> Packet:
    dst, _width = parse_address(to)
    return Packet(family=family, proto=6, dst=dst, dport=443, sport=42000 + number)
