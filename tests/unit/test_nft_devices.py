"""Chains of nftables at devices, and what besides rules of IP stands in a listing."""

from __future__ import annotations

import pytest

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.tracer import Outcome, Trace
from iptsim.tracing import Tracing
from iptsim.values import parse_address

SERVER, FAR = (parse_address(text)[0] for text in ("192.0.2.1", "198.51.100.2"))


def gate(*rules: str, hook: str = "ingress", device: str = 'device "eth0"', more: str = "") -> str:
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    head = f"\t\ttype filter hook {hook} {device} priority 0; policy accept;\n"
    return f"table netdev gate {{\n\tchain c {{\n{head}{lines}\t}}\n{more}}}\n"


RAW = """table inet own {
	chain raw {
		type filter hook prerouting priority -300; policy accept;
		meta mark 0x7 drop
	}
}
"""


def udp(**fields: int | str) -> Packet:
    return Packet(proto=17, dport=53).with_(**{"src": FAR, **fields})


def trace(text: str, packet: Packet, hook: str | None = None) -> Trace:
    return Tracing(read_text(text, file="x")).ask(Question(packet=packet, family=4, hook=hook))


def verdicts(found: Trace) -> list[str]:
    return sorted({outcome.verdict for outcome in found.outcomes})


def assumed(found: Trace) -> set[str]:
    return {note.code for note in found.assumed}


def places(outcome: Outcome) -> list[tuple[str, str, int | None]]:
    return [(step.hook, step.table, step.rule) for step in outcome.steps]


def test_a_packet_is_dropped_where_it_comes_in() -> None:
    found = trace(gate("udp dport 53 drop") + RAW, udp(in_="eth0"))
    assert [places(one) for one in found.outcomes] == [[("INGRESS", "netdev gate", 1)]]
    assert verdicts(found) == ["DROP"]


def test_what_comes_by_another_device_does_not_meet_the_chain() -> None:
    found = trace(gate("drop"), udp(in_="eth1"))
    assert verdicts(found) == ["ACCEPT"]
    assert codes.DEVICE_ALONE in assumed(found)


def test_without_its_device_a_packet_has_both_ways() -> None:
    found = trace(gate("drop"), udp())
    assert verdicts(found) == ["ACCEPT", "DROP"]
    asked = {part.field for one in found.outcomes for cube in one.when for part in cube.conditions}
    assert asked == {"in"}


def test_accept_at_a_device_is_no_accept_of_the_hooks_and_the_mark_stays() -> None:
    found = trace(gate("meta mark set 0x7 accept") + RAW, udp(in_="eth0"))
    assert verdicts(found) == ["DROP"]
    assert [one.decided_by.hook for one in found.outcomes if one.decided_by] == ["PREROUTING"]


@pytest.mark.parametrize(
    ("device", "comes"),
    [
        ('devices = { eth1, "eth0" }', True),
        ('devices = { "eth*" }', True),
        ("devices = { eth1, lo }", False),
    ],
)
def test_a_chain_is_at_its_devices(device: str, comes: bool) -> None:
    found = trace(gate("drop", device=device), udp(in_="eth0"))
    assert verdicts(found) == ["DROP" if comes else "ACCEPT"]


def test_a_device_that_a_script_leaves_out_may_be_any() -> None:
    found = trace(gate("drop", device="device $WAN"), udp(in_="eth0"))
    assert verdicts(found) == ["ACCEPT", "DROP"]


def test_before_tracking_there_is_no_state_and_no_socket() -> None:
    text = (
        "table inet own {\n\tchain early {\n\t\ttype filter hook ingress device eth0 priority 0;\n"
        "\t\tct state new drop\n\t\tct mark 0 drop\n\t\tct state != invalid drop\n\t}\n}\n"
    )
    assert verdicts(trace(text, udp(in_="eth0"))) == ["ACCEPT"]
    assert verdicts(trace(gate("meta skuid != 7 drop"), udp(in_="eth0"))) == ["ACCEPT"]


def test_what_leaves_meets_the_device_behind_postrouting() -> None:
    text = gate("iifname eth1 drop", "oifname eth0 drop", hook="egress") + RAW
    sent = trace(text, udp(dst=FAR, src=SERVER, out="eth0"))
    assert [places(one)[-1] for one in sent.outcomes] == [("EGRESS", "netdev gate", 2)]
    through = trace(text, udp(dst=FAR, in_="eth1", out="eth0"), hook="FORWARD")
    assert [places(one)[-1] for one in through.outcomes] == [("EGRESS", "netdev gate", 2)]
    assert verdicts(trace(text, udp(dst=FAR, src=SERVER, out="eth2"))) == ["ACCEPT"]


def test_the_length_at_the_way_out_counts_the_link_too() -> None:
    text = gate("meta length 28 drop", hook="egress")
    assert verdicts(trace(text, udp(dst=FAR, out="eth0", length=28))) == ["ACCEPT", "DROP"]


def test_a_packet_that_another_device_sends_is_not_let_in() -> None:
    assert verdicts(trace(gate('fwd to "eth1"'), udp(in_="eth0"))) == ["STOLEN"]
    routed = gate('fwd ip to 10.0.0.9 device "eth1"')
    assert verdicts(trace(routed, udp(in_="eth0", ttl=2))) == ["STOLEN"]
    assert verdicts(trace(routed, udp(in_="eth0", ttl=1))) == ["DROP"]
    assert verdicts(trace(gate('dup to "eth1"'), udp(in_="eth0"))) == ["ACCEPT"]
    assert verdicts(trace(gate('fwd ip6 to fe80::1 device "eth1"'), udp(in_="eth0"))) == ["ACCEPT"]


def test_no_packet_of_ip_has_a_vlan_in_a_table_of_devices() -> None:
    assert verdicts(trace(gate("vlan id 5 drop"), udp(in_="eth0"))) == ["ACCEPT"]
    assert verdicts(trace(gate("ether type ip drop"), udp(in_="eth0"))) == ["DROP"]


def test_chains_of_bridges_are_passed_over_and_told() -> None:
    text = (
        "table bridge b {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n"
        "\t}\n}\ntable arp a {\n\tchain i {\n\t\ttype filter hook input priority 0;\n\t}\n}\n"
    )
    found = trace(text + RAW, udp(in_="eth0"))
    told = {note.code: dict(note.facts) for note in found.notes}
    assert verdicts(found) == ["ACCEPT"]
    assert told[codes.CHAINS_PASSED_OVER] == {"chains": "bridge b f, arp a i"}


def test_a_change_at_a_device_has_its_effect() -> None:
    before, after = (read_text(gate(rule), file="x") for rule in ("counter", "udp dport 9 drop"))
    found = diff(before, after)
    assert {effect.hook for effect in found.effects} == {"PREROUTING"}
    assert {one.after.verdict for one in found.effects} == {"DROP"}
    assert {part.field for e in found.effects for c in e.where for part in c.conditions} >= {"in"}
    out = (read_text(gate(r, hook="egress"), file="x") for r in ("counter", "udp dport 9 drop"))
    assert {effect.hook for effect in diff(*out).effects} == {"FORWARD", "OUTPUT"}
