"""Graphs and pictures of nftables: base chains at their hooks, and where verdict maps lead."""

from __future__ import annotations

import json
import os

import pytest
from called_program import Done, called

from iptsim.chain_graph import chain_graph
from iptsim.dialects import read_text
from iptsim.model import Ruleset
from iptsim.render.outputs.graph_dot import graph_dot
from iptsim.render.outputs.graph_mermaid import graph_mermaid
from iptsim.render.pictures.drawn import Box, Picture
from iptsim.render.pictures.drawn_rules import rules_picture
from iptsim.render.pictures.folded_away import served

BALANCER = """table ip lb {
	map fronts {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 198.51.100.7 . tcp . 443 : goto web,
				198.51.100.8 . tcp . 443 : goto web,
				198.51.100.9 . udp . 53 : jump names }
	}

	chain arrive {
		type nat hook prerouting priority dstnat; policy accept;
		ip daddr . meta l4proto . th dport vmap @fronts
	}

	chain guard {
		type filter hook prerouting priority raw; policy drop;
		iifname vmap { "up0" : accept, "up1" : accept, "dmz0" : jump inner }
	}

	chain inner {
		ip saddr 192.0.2.0/24 accept
	}

	chain web {
		numgen random mod 4 vmap { 0-2 : goto strong, 3 : goto weak }
	}

	chain strong {
		meta l4proto tcp dnat to 10.5.0.1:8443
	}

	chain weak {
		meta l4proto tcp dnat to 10.5.0.2:8443
	}

	chain names {
		meta l4proto udp dnat to 10.5.0.3
	}
}
"""


def program(*arguments: str, text: str = BALANCER) -> Done:
    return called([*arguments, "-"], text.encode(), os.environ)


def ruleset(text: str = BALANCER) -> Ruleset:
    return read_text(text, file="f").rulesets[0]


def boxes(picture: Picture, hook: str) -> dict[str, Box]:
    lane = next(lane for lane in picture.lanes if lane.hook == hook)
    return {box.title: box for box in lane.boxes}


def rows(box: Box) -> list[tuple[str, str, str]]:
    return [(line.number, line.asks, line.does) for line in box.lines if line.number]


def test_each_verdict_of_a_map_is_an_edge_with_its_elements() -> None:
    found = {(leap.chain, leap.to): leap for leap in chain_graph(ruleset()).leaps}
    web = found["arrive", "web"]
    assert web.goto
    assert web.keys == ("198.51.100.7 . tcp . 443", "198.51.100.8 . tcp . 443")
    assert not found["arrive", "names"].goto
    assert found["guard", "inner"].keys == ('"dmz0"',)
    assert found["web", "strong"].keys == ("0-2",)


def test_the_tree_reaches_what_maps_lead_to() -> None:
    out = program("graph")
    assert "no built-in chain leads to" not in out.out
    assert "web  by rule 1 (198.51.100.7 . tcp . 443, 198.51.100.8 . tcp . 443), goto" in out.out


def test_maps_without_elements_may_lead_to_what_no_rule_does() -> None:
    spare = "\tmap spare {\n\t\ttype ifname : verdict\n\t}\n\n\tchain arrive"
    empty = BALANCER.replace("\tchain arrive", spare).replace("vmap @fronts", "vmap @spare")
    assert not chain_graph(ruleset(empty)).untold  # it is told whole, and leads nowhere
    gone = BALANCER.replace("vmap @fronts", "vmap @elsewhere")
    assert chain_graph(ruleset(gone)).untold == {"ip lb"}
    said = program("graph", text=gone).out
    assert "maps whose elements are left out may" in said
    assert "no built-in chain leads to" not in said


def test_json_has_the_elements_of_each_jump_of_a_map() -> None:
    told = json.loads(program("graph", "--format", "json").out)
    by_end = {(jump["from"], jump["to"]): jump for jump in told["jumps"]}
    assert by_end["arrive", "names"]["keys"] == ["198.51.100.9 . udp . 53"]
    assert by_end["guard", "inner"]["rule"] == 1


def test_a_picture_begins_with_the_base_chains_in_their_order() -> None:
    picture = rules_picture(ruleset(), "en")
    (lane,) = picture.lanes
    assert lane.hook == "PREROUTING"
    assert lane.roots == ("ip lb guard", "ip lb arrive")
    assert not picture.subtitle  # nothing is said to be unreached


def test_a_verdict_map_has_a_row_for_each_verdict() -> None:
    found = boxes(rules_picture(ruleset(), "en"), "PREROUTING")
    assert rows(found["ip lb arrive"]) == [
        ("1", "198.51.100.7 . tcp . 443, 198.51.100.8 . tcp . 443", "⇒ web"),
        ("1", "198.51.100.9 . udp . 53", "→ names"),
    ]
    assert rows(found["ip lb guard"]) == [
        ("1", 'iifname { "up0", "up1" }', "accept"),
        ("1", 'iifname "dmz0"', "→ inner"),
    ]
    assert [line.to for line in found["ip lb guard"].lines] == ["", "ip lb inner", ""]
    ends = [line.end and line.end.kind for line in found["ip lb guard"].lines]
    assert ends == ["good", None, "bad"]


def test_a_map_by_chance_tells_the_shares() -> None:
    found = boxes(rules_picture(ruleset(), "en"), "PREROUTING")
    asked = [(line.asks, line.does) for line in found["web"].lines[:2]]
    assert asked == [("3/4 of them", "⇒ strong"), ("1/4 of them", "⇒ weak")]


def test_a_default_stands_last_and_asks_nothing() -> None:
    text = BALANCER.replace('{ "up0" : accept', '{ * : drop, "up0" : accept')
    found = boxes(rules_picture(ruleset(text), "en"), "PREROUTING")
    assert rows(found["ip lb guard"])[-1] == ("1", "every packet", "drop")


def services(count: int) -> str:
    """A table of the shape that kube-proxy writes."""
    held = [
        f"10.97.{n // 250}.{n % 250} . tcp . 80 : goto service-{chain(n)}" for n in range(count)
    ]
    lines = ["table ip kube-proxy {", "\tmap service-ips {"]
    lines += ["\t\ttype ipv4_addr . inet_proto . inet_service : verdict"]
    lines += ["\t\telements = { " + ",\n\t\t\t     ".join(held) + " }", "\t}"]
    lines += ["\tchain nat-prerouting {"]
    lines += ["\t\ttype nat hook prerouting priority dstnat; policy accept;"]
    lines += ["\t\tip daddr . meta l4proto . th dport vmap @service-ips", "\t}"]
    for n in range(count):
        ends = [f"endpoint-{chain(n)}__10.3.{pod}.{n % 250}/80" for pod in range(2)]
        told = ", ".join(f"{at} : goto {end}" for at, end in enumerate(ends))
        lines += [f"\tchain service-{chain(n)} {{"]
        lines += [f"\t\tnumgen random mod 2 vmap {{ {told} }}", "\t}"]
        for pod, end in enumerate(ends):
            to = f"\t\tmeta l4proto tcp dnat to 10.3.{pod}.{n % 250}:80"
            lines += [f"\tchain {end} {{", to, "\t}"]
    return "\n".join([*lines, "}", ""])


def chain(n: int) -> str:
    return f"ABCDEFG{'234567'[n % 6]}-shop/s{n}/tcp/http"


def test_many_services_are_folded_and_their_rows_say_where_they_go() -> None:
    picture = rules_picture(ruleset(services(40)), "en")
    box = boxes(picture, "PREROUTING")["ip kube-proxy nat-prerouting"]
    assert (box.lines[0].asks, box.lines[0].does) == (
        "shop/s0:http  10.97.0.0 . tcp . 80",
        "→ 2 destinations, 1/2 each",
    )
    assert any(line.folded and line.asks == "… 26 more rows" for line in box.lines)
    assert picture.folded == 120


def test_a_service_and_what_it_is_spread_over_is_told_for_pages() -> None:
    found = list(served(ruleset(services(3)), "en"))
    assert [one.name for one in found] == ["shop/s0:http", "shop/s1:http", "shop/s2:http"]
    assert [share.to for share in found[1].shares] == ["10.3.0.1:80", "10.3.1.1:80"]


@pytest.mark.parametrize("form", ["svg", "html", "dot", "mermaid"])
def test_a_packet_lights_the_row_that_it_takes(form: str) -> None:
    packet = ["--dst", "198.51.100.9", "-p", "udp", "--dport", "53", "--in", "dmz0"]
    answer = program("graph", "--format", form, *packet, "--src", "192.0.2.4")
    assert answer.code == 0
    assert "10.5.0.3" in answer.out
    assert "strong" not in answer.out  # the packet is not of that verdict


def test_all_forms_of_drawings_have_the_edges_of_maps() -> None:
    picture = rules_picture(ruleset(), "en")
    assert '"4 PREROUTING ip lb arrive" -> "4 PREROUTING ip lb web"' in graph_dot([picture])
    assert "198.51.100.9 . udp . 53" in graph_mermaid([picture])


BOTH_FAMILIES = """table inet house {
	chain coming {
		type nat hook prerouting priority dstnat;
		dnat ip to tcp dport map { 80 : 10.0.0.9 . 8080, 81 : 10.0.0.8 . 80 }
		tcp dport 82 dnat ip6 to [fd00::9]:80
		tcp dport 83 dnat ip to 10.0.0.7:80
	}
}
"""


def test_new_address_is_drawn_in_its_own_family_alone() -> None:
    titles = {
        one.family: {
            line.end.title
            for box in boxes(rules_picture(one, "en"), "PREROUTING").values()
            for line in box.lines
            if line.end is not None
        }
        for one in read_text(BOTH_FAMILIES).rulesets
    }
    assert titles == {4: {"10.0.0.7:80", "ACCEPT"}, 6: {"[fd00::9]:80", "ACCEPT"}}


@pytest.mark.parametrize("form", ["svg", "html", "dot", "mermaid", "json", "text"])
def test_every_form_draws_rules_of_both_families(form: str) -> None:
    done = program("graph", "--format", form, text=BOTH_FAMILIES)
    assert done.code == 0, done.err


def test_maps_of_addresses_and_marks_are_told_with_what_they_give() -> None:
    text = """table inet house {
	chain coming {
		type nat hook prerouting priority dstnat;
		dnat ip to tcp dport map { 80 : 10.0.0.9 . 8080, 81 : 10.0.0.8 . 80 }
		meta mark set tcp dport map { 22 : 0x16, 23 : 0x17 }
		log prefix "seen "
		return
	}
}
"""
    told = program("explain", "-4", text=text).out
    assert "is sent on, by tcp dport, to 10.0.0.9:8080, 10.0.0.8:80." in told
    assert "gets, by tcp dport, mark 0x16, mark 0x17." in told
    assert "is logged and goes on." in told
    assert "meets the policy of coming." in told
    chinese = program("explain", "-4", "--lang", "zh", text=text).out
    assert "按 tcp dport 被转到 10.0.0.9:8080、10.0.0.8:80。" in chinese
    assert "按 tcp dport 设置 mark 0x16、mark 0x17。" in chinese


def test_a_map_without_its_elements_gives_what_is_not_told() -> None:
    text = """table ip house {
	map there {
		type inet_service : ipv4_addr
	}
	chain coming {
		type nat hook prerouting priority dstnat;
		dnat to tcp dport map @elsewhere
	}
}
"""
    told = " ".join(program("explain", text=text).out.split())
    assert "gets, by tcp dport, what a map says whose elements are not told." in told
