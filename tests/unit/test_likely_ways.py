"""Listings that hide interfaces of rules whose writer is known lead with the likely way."""

from __future__ import annotations

from called_program import called

LISTING = """\
Chain INPUT (policy DROP)
target     prot opt source               destination
ufw-before-input  all  --  0.0.0.0/0            0.0.0.0/0
ufw-after-input  all  --  0.0.0.0/0            0.0.0.0/0

Chain FORWARD (policy DROP)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination

Chain ufw-after-input (1 references)
target     prot opt source               destination

Chain ufw-before-input (1 references)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
ufw-user-input  all  --  0.0.0.0/0            0.0.0.0/0

Chain ufw-user-input (1 references)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22
DROP       all  --  203.0.113.7          0.0.0.0/0
"""


def _first_line(*asked: str) -> str:
    return called(["trace", *asked, "-"], LISTING.encode(), {}).out.partition("\n")[0]


def test_ufws_rule_for_loopback_decides_of_no_packet_that_arrives() -> None:
    assert _first_line("--dport", "22").startswith("? most likely ACCEPT, otherwise DROP")
    assert _first_line("--dport", "23").startswith("? most likely DROP, as listed ACCEPT")


def test_a_packet_by_lo_is_the_one_that_the_rule_is_for() -> None:
    assert _first_line("--dport", "23", "--in", "lo").startswith("? ACCEPT as listed")
