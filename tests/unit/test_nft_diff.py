"""Diffs of nftables: both families once, and all that a rule's words do not say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from called_program import Done, called

from iptsim import codes
from iptsim.chain_graph import chain_graph
from iptsim.dialects import read_text
from iptsim.diff import Difference, diff
from iptsim.diff.difference import Kind
from iptsim.explain.diff_sentences import explain_change
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.told_effects import families_word, told_effects

WALL = """table inet wall {
	set banned {
		type ipv4_addr
		elements = { 198.51.100.3, 198.51.100.9 }
	}

	set banned6 {
		type ipv6_addr
		elements = { 2001:db8::3 }
	}

	map doors {
		type inet_service : verdict
		elements = { 25 : jump mail, 53 : accept }
	}

	counter seen {
		packets 4 bytes 200
	}

	limit slow {
		rate 3/second
	}

	chain mail {
		ip saddr 10.7.0.0/16 accept
		ip6 saddr 2001:db8:7::/48 accept
	}

	chain in {
		type filter hook input priority filter; policy drop;
		ip saddr @banned drop
		ip6 saddr @banned6 drop
		tcp dport vmap @doors
		udp dport 123 limit name "slow" accept
	}
}
"""


PLAIN = """table inet plain {
	chain in {
		type filter hook input priority filter; policy drop;
		udp dport 123 accept
	}
}
"""
SHIFTED = PLAIN.replace("123", "124")


def compare(before: str, after: str) -> Difference:
    return diff(read_text(before, file="a"), read_text(after, file="b"))


def changed(old: str, new: str) -> Difference:
    assert old in WALL
    return compare(WALL, WALL.replace(old, new))


def program(tmp_path: Path, after: str, *more: str, before: str = WALL) -> Done:
    names = [tmp_path / "old.nft", tmp_path / "new.nft"]
    for name, text in zip(names, (before, after), strict=True):
        name.write_text(text)
    return called(["diff", *more, *map(str, names)], b"", os.environ)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("198.51.100.9", "198.51.100.10"),
        ("2001:db8::3", "2001:db8::4"),
        ("25 : jump mail", "26 : jump mail"),
        ("53 : accept", "53 : drop"),
        ("filter hook input priority filter", "filter hook forward priority filter"),
        ("policy drop", "policy accept"),
        ("table inet wall {", "table inet wall {\n\tflags dormant"),
    ],
)
def test_what_stands_in_no_rule_changes_what_rules_do(old: str, new: str) -> None:
    found = changed(old, new)
    assert found.changes
    assert not found.same_text
    assert found.effects


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("198.51.100.3, 198.51.100.9", "198.51.100.9, 198.51.100.3"),
        ("packets 4 bytes 200", "packets 5 bytes 260"),
        ("10.7.0.0/16 accept", '10.7.0.0/16 accept comment "from the office"'),
    ],
)
def test_order_of_elements_counts_and_comments_are_no_change(old: str, new: str) -> None:
    found = changed(old, new)
    assert not found.changes
    assert found.same_effect


def test_a_rule_that_a_changed_limit_serves_has_changed() -> None:
    (change,) = changed("3/second", "9/second").changes
    assert change.kind is Kind.RULE_CHANGED
    assert change.rule == 4


def test_elements_that_went_and_came_are_shown_at_the_rule(tmp_path: Path) -> None:
    after = WALL.replace("198.51.100.9", "198.51.100.10").replace("53 : accept", "54 : accept")
    out = program(tmp_path, after).out
    assert "~ ip saddr @banned drop" in out
    assert "-     @banned  198.51.100.9\n+     @banned  198.51.100.10\n" in out
    assert "-     @doors  53 : accept\n+     @doors  54 : accept\n" in out
    assert "no longer in it: 198.51.100.9; now in it: 198.51.100.10." in out


def test_many_elements_are_counted(tmp_path: Path) -> None:
    more = ", ".join(f"203.0.113.{n}" for n in range(20))
    out = program(tmp_path, WALL.replace("198.51.100.9 }", f"198.51.100.9, {more} }}")).out
    assert "+     @banned  8 more" in out
    assert "203.0.113.0, 203.0.113.1, 203.0.113.2, 17 more" in out


def test_a_change_of_a_table_of_both_families_is_told_once(tmp_path: Path) -> None:
    out = program(tmp_path, SHIFTED, before=PLAIN).out
    assert out.count("+ udp dport 124") == 1
    assert out.startswith("inet plain: 1 rule changed\n")
    assert "  IPv4 and IPv6 udp to port 123" in out
    assert out.count("are taken to let packets pass") == 1


def test_the_same_stands_in_the_other_outputs(tmp_path: Path) -> None:
    for form in ("markdown", "github"):
        assert "IPv4 and IPv6" in program(tmp_path, SHIFTED, "--format", form, before=PLAIN).out


def test_json_tells_both_families_of_a_change_and_each_of_an_effect(tmp_path: Path) -> None:
    told = json.loads(program(tmp_path, SHIFTED, "--format", "json", before=PLAIN).out)
    (change,) = told["structure"]
    assert change["families"] == [4, 6]
    assert {effect["family"] for effect in told["effect"]} == {4, 6}


def test_a_rule_of_one_family_is_explained_for_that_family(tmp_path: Path) -> None:
    after = WALL.replace("ip6 saddr 2001:db8:7::/48 accept", "ip6 saddr 2001:db8:8::/48 accept")
    told = json.loads(program(tmp_path, after, "--format", "json").out)
    (change,) = told["structure"]
    assert change["family"] == 6
    assert "2001:db8:8::/48" in change["explanation"]
    assert "no IP" not in change["explanation"]


def test_effects_that_differ_by_family_are_told_apart() -> None:
    found = changed("tcp dport vmap @doors", "ip daddr 10.0.0.0/8 tcp dport vmap @doors")
    told = told_effects(found, Style().lang, every=True)
    words = {families_word(found, one, "en") for (one,) in told.groups}
    assert words == {"IPv4", "IPv6"}


BALANCED = """table ip lb {
	map fronts {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.0.1 . tcp . 80 : goto svc-a,
				10.96.0.2 . tcp . 80 : goto svc-b }
	}

	chain arrive {
		type nat hook prerouting priority dstnat; policy accept;
		ip daddr . meta l4proto . th dport vmap @fronts
	}

	chain svc-a {
		numgen random mod 2 vmap { 0 : goto pod-1, 1 : goto pod-2 }
	}

	chain svc-b {
		numgen random mod 2 vmap { 0 : goto pod-3, 1 : goto pod-4 }
	}

	chain pod-1 {
		meta l4proto tcp dnat to 10.2.0.1:80
	}

	chain pod-2 {
		meta l4proto tcp dnat to 10.2.0.2:80
	}

	chain pod-3 {
		meta l4proto tcp dnat to 10.2.0.3:80
	}

	chain pod-4 {
		meta l4proto tcp dnat to 10.2.0.4:80
	}
}
"""


def sent(found: Difference) -> set[tuple[object, object]]:
    """Where packets were sent, and where they are now."""
    ways = [(dict(e.before.rewrites), dict(e.after.rewrites)) for e in found.effects]
    return {(old.get("dst"), new.get("dst")) for old, new in ways}


def test_what_is_drawn_by_chance_is_the_same_draw_on_both_sides() -> None:
    """Another endpoint for one of two draws leaves the other draw's packets alone."""
    after = BALANCED.replace("pod-2", "pod-9").replace("10.2.0.2", "10.2.0.9")
    effects = compare(BALANCED, after).effects
    ways = {
        (dict(e.before.rewrites).get("dst"), dict(e.after.rewrites).get("dst")) for e in effects
    }
    assert ways == {("10.2.0.2", "10.2.0.9")}


def test_two_draws_in_one_chain_are_two() -> None:
    twice = "\t\tnumgen random mod 2 vmap { 0 : goto pod-3 }\n"
    doubled = BALANCED.replace("\tchain svc-b {\n", "\tchain svc-b {\n" + twice)
    effects = compare(BALANCED, doubled).effects
    ways = {
        (dict(e.before.rewrites).get("dst"), dict(e.after.rewrites).get("dst")) for e in effects
    }
    assert ("10.2.0.4", "10.2.0.3") in ways


def test_only_packets_that_a_map_leads_there_are_touched() -> None:
    after = BALANCED.replace("10.2.0.2:80", "10.2.0.9:80")
    for effect in compare(BALANCED, after).effects:
        asked = {c.field: c.values for cube in effect.where for c in cube.conditions}
        assert asked["dst"] == ("10.96.0.1/32",)


def test_a_change_in_a_table_that_is_switched_off_is_said_to_change_nothing() -> None:
    text = (
        "table ip filter {\n\tflags dormant\n\tchain input {\n"
        "\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport %s accept\n\t}\n}\n"
    )
    found = diff(read_text(text % 22), read_text(text % 80))
    assert not found.effects
    assert "switched off" in explain_change(found, found.changes[0])
    assert [n.code for n in chain_graph(found.after.rulesets[0]).findings] == [codes.TABLES_DORMANT]
    on = diff(read_text(text % 22), read_text((text % 80).replace("\tflags dormant\n", "")))
    assert all("switched off" not in explain_change(on, change) for change in on.changes)
