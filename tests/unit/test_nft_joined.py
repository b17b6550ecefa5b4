"""`!=` of two fields side by side: nft 1.0.6 makes one comparison of them, and lists both alike."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.questions import read_packet
from iptsim.tracer import Tracer

RULES = """\
table ip t {
	chain in {
		type filter hook input priority filter; policy accept;
		%s drop
	}
}
"""


def fates(asked: str, **packet: int) -> set[str]:
    (rules,) = read_text(RULES % asked).rulesets
    told = {"proto": "udp", "src": "192.0.2.9", "dst": "192.0.2.1", **packet}
    outcomes = Tracer.of(rules).trace(read_packet(told).packet, hook="PREROUTING").outcomes
    return {outcome.verdict for outcome in outcomes}


@every_row(
    ("asked", "packet", "may_be"),
    [
        ("udp sport != 22 udp dport != 53", {"sport": 22, "dport": 53}, {"ACCEPT"}),
        ("udp sport != 22 udp dport != 53", {"sport": 1, "dport": 2}, {"DROP"}),
        ("udp sport != 22 udp dport != 53", {"sport": 1, "dport": 53}, {"ACCEPT", "DROP"}),
        ("udp dport != 53 counter udp sport != 22", {"sport": 22, "dport": 2}, {"ACCEPT", "DROP"}),
        ("ip saddr != 192.0.2.9 ip daddr != 192.0.2.2", {"dport": 1}, {"ACCEPT", "DROP"}),
        # What is compared with a set, a range or a prefix is never joined, nor what is far apart.
        ("udp sport != 22-23 udp dport != 53-54", {"sport": 1, "dport": 53}, {"ACCEPT"}),
        ("udp sport != { 22, 30 } udp dport != 53", {"sport": 1, "dport": 53}, {"ACCEPT"}),
        ("ip saddr != 192.0.2.9 udp dport != 53", {"dport": 1}, {"ACCEPT"}),
        ("udp sport 1 udp dport != 53", {"sport": 1, "dport": 53}, {"ACCEPT"}),
    ],
)
def test_two_differences_side_by_side(asked: str, packet: dict[str, int], may_be: set[str]) -> None:
    assert fates(asked, **packet) == may_be
