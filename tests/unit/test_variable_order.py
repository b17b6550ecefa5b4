"""Which fields the diagrams of a walk ask first: the rules choose."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.symbolic.sets.universe import ORDER
from iptsim.symbolic.walk.variable_order import LINKS_FIRST, order_of
from iptsim.tracer.rules.ready import Library

PARTED = (
    "-A FORWARD -i vlan7 -s 10.7.0.0/16 -j vlan7\n-A FORWARD -o vlan8 -j vlan8\n"
    "-A vlan7 -s 10.7.0.3/32 -m mac --mac-source 02:00:00:00:00:03 -j RETURN\n"
    "-A vlan7 -s 10.7.0.3/32 -j DROP\n-A vlan8 -d 10.8.0.1/32 -p tcp --dport 22 -j DROP\n"
)
BY_ADDRESS = (
    "-A FORWARD -d 10.7.0.0/16 -j vlan7\n-A FORWARD -d 10.8.0.0/16 -j vlan8\n"
    "-A vlan7 -i eth0 -p tcp --dport 22 -j DROP\n-A vlan8 ! -o eth1 -p udp -j DROP\n"
)
PLAIN = "-A FORWARD -d 10.7.0.0/16 -j vlan7\n-A vlan7 -p tcp --dport 22 -j DROP\n"


def _text(rules: str) -> str:
    heads = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    return f"*filter\n{heads}:vlan7 - [0:0]\n:vlan8 - [0:0]\n{rules}COMMIT\n"


def _library(rules: str) -> Library:
    return Library(ruleset=read_text(_text(rules)).rulesets[0], limited=frozenset())


@every_row(
    ("rules", "order"), [(PARTED, LINKS_FIRST), (BY_ADDRESS, ORDER), (PLAIN, ORDER), ("", ORDER)]
)
def test_interfaces_come_first_where_hooks_part_packets_by_them(
    rules: str, order: tuple[str, ...]
) -> None:
    assert order_of([_library(rules)]) == order


def test_many_rules_of_a_firewall_are_told_by_their_text() -> None:
    """Rules that are read late are as those that are read at once."""
    many = "".join(f"-A vlan7 -s 10.7.1.{n}/32 -j DROP\n" for n in range(200))
    assert order_of([_library(PARTED + many)]) == LINKS_FIRST
    assert order_of([_library(BY_ADDRESS + many)]) == ORDER
