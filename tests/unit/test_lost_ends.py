"""Rules whose line lost its end, its chain's name or the break behind it: nothing firm of them."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.tracer import trace
from iptsim.values import parse_address

HEAD = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
NAT = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    ":POSTROUTING ACCEPT [0:0]\n:SHOP - [0:0]\n"
    "-A {chain} -i eth0 -p tcp -j SHOP\n"
    "-A SHOP -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 8181\nCOMMIT\n"
)


def fates(dump: Dump, proto: int, hook: str = "PREROUTING", port: int = 81) -> set[str]:
    packet = Packet(
        proto=proto,
        in_="eth0",
        src=parse_address("10.9.0.1")[0],
        dst=parse_address("10.0.0.2")[0],
        sport=4000,
        dport=port,
    )
    return {outcome.verdict for outcome in trace(dump.rulesets[0], packet, hook=hook).outcomes}


@every_row("chain", ["PREROU|TING", "PREROUTIN", "prerouting"])
def test_rules_of_a_broken_name_are_of_any_chain(chain: str) -> None:
    whole, broken = (read_text(NAT.format(chain=name)) for name in ("PREROUTING", chain))
    assert fates(whole, 6) == {"ACCEPT"}
    assert len(fates(broken, 6)) > 1


TWO = [
    "-A INPUT -p udp -j ACCEPT-A FORWARD -d 10.4.0.0/16 -p tcp -j ACCEPT",
    "-A INPUT -i eth0 -p udp -j ACCEPT-A INPUT -i eth1 -j DROP",
]


@every_row("line", TWO)
def test_of_two_rules_on_one_line_nobody_knows_what_each_asks(line: str) -> None:
    dump = read_text(f"{HEAD}-A INPUT -s 10.1.1.1/32 -j ACCEPT\n{line}\nCOMMIT\n")
    assert {"ACCEPT", "DROP"} <= fates(dump, 17)


def test_both_chains_of_two_rules_on_one_line_have_one() -> None:
    dump = read_text(f"{HEAD}-A INPUT -s 10.1.1.1/32 -j ACCEPT\n{TWO[0]}\nCOMMIT\n")
    chains = {chain.name: chain.rules for chain in dump.rulesets[0].tables[0].chains}
    assert [rule.unread is not None for rule in chains["INPUT"]] == [False, True]
    assert [rule.unread is not None for rule in chains["FORWARD"]] == [True]


@pytest.mark.parametrize("end", ["-A ", "-A"])
def test_where_a_text_ends_in_a_command_more_rules_may_follow(end: str) -> None:
    listed = "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n"
    assert {"ACCEPT", "DROP"} <= fates(read_text(listed + end), 6)
