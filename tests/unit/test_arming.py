"""Rules that make the kernel track connections, and what does nothing without them."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.extensions.arming import gathers, tracks
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import Trace, trace

CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
MARKS = "-A OUTPUT -p udp -j MARK --set-xmark 0x9/0xffffffff"
SENT = Packet(proto=17, dport=53, uid=7, out="eth0")


def _dump(**tables: str) -> Dump:
    lines: list[str] = []
    for name, rules in tables.items():
        heads = [f":{chain} ACCEPT [0:0]" for chain in CHAINS[name]]
        lines += [f"*{name}", *heads, ":aside - [0:0]", *rules.splitlines(), "COMMIT"]
    return read_text("\n".join([*lines, ""]), file="rules", family=4)


def _rules(**tables: str) -> Ruleset:
    return _dump(**tables).rulesets[0]


def _codes(found: Trace) -> set[str]:
    return {note.code for note in found.assumed}


# By the kernel: `cat /proc/sys/net/netfilter/nf_conntrack_count` after a packet, in a namespace.
TRACKING = {
    "filter": (
        "-m state --state NEW", "-m conntrack --ctproto 6", "-m connmark --mark 0x1",
        "-m connbytes --connbytes 1 --connbytes-mode bytes --connbytes-dir both",
        "-m connlabel --label 1", "-m connlimit --connlimit-above 3", "-m helper --helper ftp",
        "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x1",
        "-p tcp -j SYNPROXY",
    ),
    "mangle": ("-j CONNMARK --save-mark", "-j CONNSECMARK --save"),
    "raw": ("-j CT --zone 1", "-p tcp -j CT --helper ftp"),
    "nat": (
        "-j MASQUERADE", "-j SNAT --to-source 192.0.2.1", "-j DNAT --to-destination 192.0.2.1",
        "-p tcp -j REDIRECT", "-j NETMAP --to 192.0.2.0/24",
    ),
}  # fmt: skip
WITHOUT = {
    "filter": (
        "-j LOG", "-m limit --limit 1/sec", "-m recent --set --name x", "-j REJECT", "-j NFQUEUE",
        "-p udp -m udp --dport 53 -j ACCEPT", "-p tcp -m ecn --ecn-tcp-cwr",
        "-j TEE --gateway 192.0.2.1",
    ),
    "raw": ("-j CT --notrack", "-j NOTRACK"),
    "nat": ("-j MARK --set-xmark 0x1/0x1", "-j LOG", "-j RETURN"),
}  # fmt: skip


@every_row(("table", "rule"), [(t, r) for t, rules in TRACKING.items() for r in rules])
def test_a_rule_makes_the_kernel_track_wherever_it_stands(table: str, rule: str) -> None:
    ruleset = _rules(**{table: f"-A aside {rule}"})
    assert tracks(ruleset) is True
    assert gathers(ruleset)


@every_row(("table", "rule"), [(t, r) for t, rules in WITHOUT.items() for r in rules])
def test_a_rule_that_needs_no_connection_tracks_none(table: str, rule: str) -> None:
    ruleset = _rules(**{table: f"-A aside {rule}"})
    assert tracks(ruleset) is False
    assert not gathers(ruleset)


@pytest.mark.parametrize("rule", ["-m socket", "-p tcp -j TPROXY --on-port 9"])
def test_sockets_are_looked_for_in_whole_packets(rule: str) -> None:
    ruleset = _rules(mangle=f"-A aside {rule}")
    assert tracks(ruleset) is False
    assert gathers(ruleset)


@pytest.mark.parametrize(
    "text",
    [
        "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j LOG\nCOMMIT\n",
        "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -m strange\nCOMMIT\n",
        "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -j ELSEWHERE\nCOMMIT\n",
    ],
)
def test_what_is_missing_may_track(text: str) -> None:
    assert tracks(read_text(text, file="rules", family=4).rulesets[0]) is None


def test_nat_without_tracking_is_idle_and_that_is_said() -> None:
    found = trace(_rules(nat=f"{MARKS}\n-A OUTPUT -j DROP", filter=""), SENT)
    (outcome,) = found.outcomes
    assert (outcome.verdict, outcome.rewrites) == ("ACCEPT", ())
    assert "IPT0372" in _codes(found)


def test_nat_that_says_nothing_needs_no_premise() -> None:
    assert not _codes(trace(_rules(nat="", filter=""), SENT)) & {"IPT0372", "IPT0373"}


def test_a_rule_elsewhere_wakes_nat() -> None:
    found = trace(_rules(nat=MARKS, filter="-A aside -m state --state NEW"), SENT)
    (outcome,) = found.outcomes
    assert [rewrite.field for rewrite in outcome.rewrites] == ["mark"]
    assert not _codes(found) & {"IPT0372", "IPT0373"}


def test_a_part_of_nat_is_taken_to_be_asked_and_that_is_said() -> None:
    ruleset = read_text(f"*nat\n:OUTPUT ACCEPT [0:0]\n{MARKS}\nCOMMIT\n", family=4).rulesets[0]
    found = trace(ruleset, SENT)
    assert [rewrite.field for rewrite in found.outcomes[0].rewrites] == ["mark"]
    assert "IPT0373" in _codes(found)


def test_a_query_and_a_diff_say_it_too() -> None:
    before, after = _dump(nat=MARKS), _dump(nat=f"{MARKS}\n-A OUTPUT -p tcp -j DROP")
    found = query(after, fate="DROP", hook="OUTPUT")
    assert found.answers == ()
    assert "IPT0372" in {note.code for one in found.asked for note in one.assumed}
    changed = diff(before, after)
    assert changed.effects == ()
    assert {note.code for note in changed.notes} == {"IPT0375", "IPT0394"}


def test_a_diff_tells_what_a_rule_wakes_that_no_packet_meets() -> None:
    nat = "-A OUTPUT -p udp -j DROP"
    before = _dump(nat=nat, filter="")
    after = _dump(nat=nat, filter="-A aside -m conntrack --ctstate NEW")
    assert {effect.after.verdict for effect in diff(before, after).effects} == {"DROP"}
    again = diff(after, after)
    assert (again.effects, again.notes) == ((), ())
