"""Trace logs that real tools printed, lined up with our steps; and logs that were changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.kernel.logs.log_beside import Lined, LogComparison, Unjudged, beside
from iptsim.kernel.logs.logged_packets import logged_packets
from iptsim.model import Dump
from iptsim.render.outputs.log_json import log_json
from iptsim.render.outputs.log_text import log_text
from iptsim.render.shared.log_words import difference_words, remarks
from iptsim.render.shared.terminal import Style

FOLDER = Path(__file__).parents[2] / "fixtures" / "trace-logs"
LOGS = ("kernel", "xtables-monitor", "nft-monitor")
RULES = (FOLDER / "rules.txt").read_text()


def log(name: str) -> str:
    return (FOLDER / f"{name}.log").read_text()


def lined(text: str, rules: str = RULES, **given: str) -> Lined:
    dump = read_text(rules, file="rules.txt", family=4)
    return beside(dump, NOBODY, given, logged_packets(text.splitlines()), file="log.txt")


def compared(text: str, rules: str = RULES, **given: str) -> LogComparison:
    """The first packet of a log."""
    return lined(text, rules, **given).compared[0]


@pytest.mark.parametrize("name", LOGS)
def test_every_packet_goes_our_way(name: str) -> None:
    found = lined(log(name))
    assert [each.agrees for each in found.compared] == [True] * 5
    assert found.exit_code == 0
    verdicts = [each.outcome.verdict for each in found.compared]
    assert verdicts == ["ACCEPT", "DROP", "DROP", "REJECT", "DROP"]
    # It leaves by lo under one id and comes in under another.
    assert {row.hook for row in found.compared[2].rows} >= {"OUTPUT", "PREROUTING", "INPUT"}


def test_the_answer_of_a_translated_connection_is_known_as_such() -> None:
    """Port 8081 answers as port 81: nat has no step of it, only its packet tells."""
    answer = lined(log("xtables-monitor")).compared[1]
    assert (answer.state, answer.altered) == ("ESTABLISHED", None)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("kernel", lambda text: text.replace("filter:INPUT:policy:3", "filter:INPUT:rule:2"),
         "in filter INPUT we say policy, the log 2"),
        ("kernel", lambda text: text.replace("filter:user:rule:2", "filter:user:rule:9"),
         "the log's rule of filter user (9) is not in the dump, which has 2 there"),
        ("kernel", lambda text: text.replace("filter:user:", "filter:users:"),
         "it comes to chain filter users, which the dump has not"),
        ("xtables-monitor", lambda text: text.replace("--to-ports 8081", "--to-ports 8082"),
         "REDIRECT --to-ports 8082) is not in the dump, which has 2 there"),
        ("xtables-monitor", lambda text: text.replace("DPORT=8081", "DPORT=8082"),
         "at filter OUTPUT the log's packet has the port 8082, ours 8081"),
        ("nft-monitor", lambda text: text.replace("(verdict jump user)", "(verdict jump other)"),
         "in filter INPUT we say 1, the log counter packets"),
        ("nft-monitor", lambda text: text.replace("policy drop", "policy accept"),
         "at filter INPUT we say DROP, the log ACCEPT"),
    ],
)  # fmt: skip
def test_the_first_difference_is_named(name: str, change: Callable[[str], str], told: str) -> None:
    changed = change(log(name))
    assert changed != log(name)
    found = lined(changed)
    assert found.exit_code == 1
    words = [difference_words(each, "en") for each in found.compared if not each.agrees]
    assert any(told in one for one in words), words


def test_lines_that_were_lost_are_no_difference() -> None:
    """The packet came to DOCKER, and to filter: the jump and raw's policy were met."""
    lines = log("nft-monitor").splitlines()
    kept = [line for line in lines if "jump DOCKER" not in line and "raw OUTPUT policy" not in line]
    found = compared("\n".join(kept))
    assert (found.agrees, found.lost) == (True, 2)
    assert any("were lost" in text for text in remarks(found, "en"))


def test_a_log_that_breaks_off_or_begins_late_goes_our_way_as_far_as_it_goes() -> None:
    lines = [line for line in log("kernel").splitlines() if "ID=23366" in line]
    found = compared("\n".join(lines[1:4]))
    assert found.agrees
    kinds = [row.kind for row in found.rows]
    assert kinds[:2] == ["before", "before"]
    assert kinds[-1] == "after"


def test_a_table_that_the_dump_has_not_is_told() -> None:
    # The head of nat's save goes with it: a text that ends in one may go on.
    rules = RULES[: RULES.rindex("# Generated", 0, RULES.index("*nat"))]
    found = compared(log("nft-monitor"), rules)
    assert found.absent == ("nat",)
    # What nat did is in the packet: there the dump is too short.
    assert not found.agrees
    assert found.altered is not None
    assert (found.altered.field, found.altered.logged) == ("dport", 8081)


def test_a_dump_of_another_time_is_told() -> None:
    newer = RULES.replace(
        "-A user -p tcp -m mark", "-A user -p udp -j DROP\n-A user -p tcp -m mark"
    )
    newer = newer.replace("[0:0] -A user -p udp", "-A user -p udp")
    lines = [line for line in log("kernel").splitlines() if "filter:user:return:3" in line]
    found = compared("\n".join(lines), newer)
    assert [(each.chain, each.logged, each.dumped) for each in found.counts] == [("user", 2, 3)]
    told = log_text(lined("\n".join(lines), newer), Style(width=100))
    assert "filter user had 2 rules; the dump has 3" in told


def test_what_the_log_does_not_tell_is_read_off_it() -> None:
    """xtables-monitor tells no protocol of ICMP, and no user."""
    rules = "*filter\n:OUTPUT ACCEPT\n-A OUTPUT -p icmp -m owner --uid-owner 7 -j DROP\nCOMMIT\n"
    text = (
        "PACKET: 2 aa OUT=lo SRC=127.0.0.1 DST=127.0.0.1 LEN=57 TOS=0x0 TTL=64 ID=3 \n"
        " TRACE: 2 aa filter:OUTPUT:rule:0x4:DROP  -4 -t filter -A OUTPUT -p icmp -m owner"
        " --uid-owner 7 -j DROP\n"
    )
    found = compared(text, rules)
    assert found.agrees
    (cube,) = found.implied
    assert {c.field: c.values for c in cube.conditions} == {"proto": ("icmp",), "uid": ("7",)}
    assert compared(text, rules, uid="8").agrees is False


def test_ports_without_a_protocol_may_be_those_of_tcp_without_flags() -> None:
    """xtables-monitor prints no protocol, and a mark that an earlier rule may have set."""
    rule = "-A OUTPUT -p tcp -m tcp --dport 443 --tcp-flags SYN NONE"
    rules = f"*filter\n:OUTPUT ACCEPT\n{rule} -m mark --mark 0x0 -j DROP\nCOMMIT\n"
    text = (
        "PACKET: 2 aa OUT=eth1 SRC=10.0.0.2 DST=10.9.9.9 LEN=40 TOS=0x0 TTL=64 ID=3"
        " SPORT=40000 DPORT=443 MARK=0x1 \n"
        f" TRACE: 2 aa filter:OUTPUT:rule:0x4:DROP  -4 -t filter {rule}"
        " -m mark --mark 0x0 -j DROP\n"
    )
    found = compared(text, rules)
    assert found.agrees
    assert (found.logged.given["proto"], found.logged.given["dport"]) == ("tcp", "443")
    assert not compared(
        text.replace("DST=10.9", "DST=10.8"), rules.replace(rule, f"{rule} -d 10.9.9.9")
    ).agrees


def test_packets_that_are_mixed_are_parted() -> None:
    one = [line for line in log("kernel").splitlines() if "ID=23366" in line]
    two = [
        line
        for line in log("kernel").splitlines()
        if "ID=34480" in line and "PROTO=ICMP" not in line
    ]
    mixed = [line for pair in zip(one, two, strict=False) for line in pair]
    found = lined("\n".join(mixed))
    assert [each.agrees for each in found.compared] == [True, True]


def test_a_packet_of_a_bridge_is_not_judged() -> None:
    text = log("kernel").replace("IN=lo OUT= ", "IN=lo OUT= PHYSIN=veth0 ")
    found = lined(text)
    assert found.exit_code == 2
    data = log_json(found)
    assert data["answer"] == "cannot judge"


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_both_ways_stand_side_by_side(width: int, lang: str) -> None:
    found = lined(log("kernel").replace("filter:user:rule:2", "filter:user:rule:1"))
    text = log_text(found, Style(width=width, lang=lang), verbose=True)
    first, *rest = text.splitlines()
    assert first.startswith("✘")
    assert any(line.lstrip().startswith("✔") for line in rest)
    assert any(line.lstrip().startswith("✘") for line in rest)
    assert "verify." not in text


def test_json_has_every_step_and_what_differs() -> None:
    data = log_json(lined(log("kernel").replace("filter:user:rule:2", "filter:user:rule:1")))
    assert data["schema"] == "iptsim.verify-log/1"
    assert data["answer"] == "disagree"
    packets = data["packets"]
    assert isinstance(packets, list)
    steps = [step for step in packets[0]["steps"] if not step["same"] and step["log"]]
    assert [(s["chain"], s["kind"], s["why"]) for s in steps] == [("user", "differs", "other_rule")]
    assert packets[0]["difference"].startswith("in filter user")


NPT = "SNPT --src-pfx fd00:0:0:1::/64 --dst-pfx 2001:db8::/64"
SNPT = f"""*mangle
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -p udp -j {NPT}
COMMIT
"""
SENT = (
    'trace id 5e7 ip6 mangle {} packet: oif "eth1" ip6 saddr {} ip6 daddr fd00:0:0:2::9'
    " ip6 dscp cs0 ip6 ecn not-ect ip6 hoplimit 64 ip6 flowlabel 7 ip6 length 8"
    " udp sport 5 udp dport 6"
)


@pytest.mark.parametrize(("target", "agrees"), [(NPT, True), ("MARK --set-mark 0", False)])
def test_what_a_rule_wrote_may_show_at_its_own_step(target: str, agrees: bool) -> None:
    """A packet is shown once for a chain, behind the first rule that matched there."""
    dump = read_text(SNPT.replace(NPT, target), file="rules.txt", family=6)
    for source, fits in (("fd00:0:0:1::2", True), ("2001:db8::dcea:0:0:2", agrees)):
        (found,) = lined_with(dump, source).compared
        assert found.agrees is fits


def lined_with(dump: Dump, source: str) -> Lined:
    lines = (
        SENT.format("OUTPUT", "fd00:0:0:1::2"),
        "trace id 5e7 ip6 mangle OUTPUT policy accept",
        SENT.format("POSTROUTING", source),
        "trace id 5e7 ip6 mangle POSTROUTING rule meta l4proto udp xt target SNPT"
        " (verdict continue)",
        "trace id 5e7 ip6 mangle POSTROUTING policy accept",
    )
    return beside(dump, NOBODY, {"ctstate": "NEW"}, logged_packets(lines), file="log.txt")


def test_a_rule_before_the_first_line_of_a_table_was_passed_by_where_another_table_was_logged() -> (
    None
):
    rules = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j MARK --set-mark 3\nCOMMIT\n"
    header = "PACKET: 2 e82 IN=eth1 SRC=192.0.2.7 DST=10.1.0.9 LEN=28 TOS=0x0 TTL=11 ID=4"
    raw = f"{header}\n TRACE: 2 e82 raw:PREROUTING:policy:ACCEPT \n"
    mine = f"{header}\n TRACE: 2 e82 mine:PREROUTING:policy:ACCEPT \n"
    for text, numbers in ((mine + raw, []), (raw, [1])):
        found = compared(text, rules)
        assert found.agrees
        ours = [row.ours.rule for row in found.rows if row.ours is not None]
        assert [number for number in ours if number is not None] in ([], numbers)


def _behind(link: str, ours: str, logged: str) -> tuple[str, str]:
    return (
        f'trace id bf1 ip raw PREROUTING packet: iif "{link}" ip saddr 127.0.0.1 ip daddr 127.0.0.1'
        " ip dscp cs0 ip ecn not-ect ip ttl 64 ip id 5 ip length 68"
        " icmp type destination-unreachable icmp code port-unreachable\n"
        f"trace id bf1 ip raw PREROUTING rule {logged} accept (verdict accept)\n"
    ), f"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING {ours} -j ACCEPT\nCOMMIT\n"


def test_of_a_log_that_begins_behind_lo_no_difference_is_told() -> None:
    asked = ("-m mark --mark 0x10", "meta mark 0x10")
    found = lined(*_behind("lo", *asked))
    assert [each.error.code for each in found.packets if isinstance(each, Unjudged)] == ["IPT0085"]
    assert found.exit_code == 2
    assert lined(*_behind("eth0", *asked)).exit_code == 1


def test_what_comes_by_lo_has_its_connection_in_raw() -> None:
    asked = ("-m connmark --mark 0x10", "ct mark 0x10")
    assert lined(*_behind("lo", *asked)).exit_code == 0
    assert lined(*_behind("eth0", *asked)).exit_code == 1
