"""lint on tables of nftables: rules and chains that no packet meets."""

from __future__ import annotations

from iptsim.dialects import read_text
from iptsim.lint import Kind, Report, lint

_TABLE = """table inet fw {
	chain in {
		type filter hook input priority 0; policy drop;
		ct state vmap { established : accept, related : accept, invalid : drop }
		tcp dport 22 accept
		tcp dport 22 ip saddr 10.0.0.1 drop
		udp dport vmap { 53 : jump dns, 67 : goto dhcp }
		tcp dport 80 jump web
		ip saddr 10.0.0.1 accept
		meta mark set 0x1 tcp dport 9 drop
		tcp dport 10 jump none
	}
	chain web {
		ip saddr 192.0.2.0/24 accept
		udp dport 5 accept
	}
	chain dns {
		accept
	}
	chain dhcp {
		accept
	}
	chain none {
	}
	chain lost {
		drop
	}
}
"""


def found(text: str) -> Report:
    return lint(read_text(text, file="x"))


def told(text: str) -> list[tuple[Kind, str, int | None]]:
    return [(one.kind, one.at.chain, one.at.rule) for one in found(text).findings]


def test_a_rule_that_earlier_ones_take_all_of_is_told_once_for_both_families() -> None:
    assert told(_TABLE).count((Kind.SHADOWED_OTHERWISE, "in", 3)) == 1


def test_a_rule_of_one_family_alone_is_no_mistake_in_an_inet_table() -> None:
    assert not [one for one in told(_TABLE) if one[1:] == ("in", 6)]


def test_chains_are_reached_by_verdict_maps() -> None:
    assert not [one for one in told(_TABLE) if one[1] in ("dns", "dhcp")]


def test_a_chain_that_nothing_leads_to_and_one_without_rules() -> None:
    assert (Kind.UNREFERENCED, "lost", None) in told(_TABLE)
    assert (Kind.EMPTY, "in", 8) in told(_TABLE)


def test_a_rule_whose_packets_never_come_to_its_chain() -> None:
    assert (Kind.NOT_ASKED, "web", 2) in told(_TABLE)


def test_a_rule_that_may_go_on_takes_nothing() -> None:
    text = """table ip t {
	chain in {
		type filter hook input priority 0; policy accept;
		meta mark set 0x1 udp dport 9 drop
		tcp dport vmap { 80 : drop, 443 : continue } counter
		udp dport 9 accept
		tcp dport 443 accept
		tcp dport 80 accept
	}
}
"""
    assert not [one for one in told(text) if one[0] is not Kind.POLICY]


def test_what_is_not_looked_for_is_told() -> None:
    text = _TABLE + "table bridge b {\n\tchain c {\n\t}\n}\n"
    notes = {note.code: dict(note.facts)["tables"] for note in found(text).notes}
    assert notes["IPT0379"] == "inet fw"
    assert notes["IPT0378"] == "bridge b"
