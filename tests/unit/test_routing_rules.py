"""Rules of `ip rule` and tables of routes: how they are read, and what they decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from every_row import every_row
from test_host_settings import EMPTY, told
from test_told_hosts import ADDRESSES, FILTER, USUAL, ask, codes, outs

from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.ipsec_policy import RoutingRule
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.routes import read_routes

RULES = """0:\tfrom all lookup local
50:\tnot from all fwmark 0xca6c lookup vpn
60:\tfrom 10.0.0.0/24 to 10.9.0.0/16 fwmark 0x1/0xff iif eth0 ipproto tcp dport 80-90 lookup 100
70:\tfrom all uidrange 5-9 unreachable
80:\tfrom all lookup main suppress_prefixlength 0
90:\tfrom all fwmark 0x2 goto 32766
32766:\tfrom all lookup main
32767:\tfrom all lookup default
"""
RULES6 = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"


def test_rules_are_read_from_text_and_from_json() -> None:
    as_json = (
        '[{"priority":0,"src":"all","table":"local"},'
        '{"priority":50,"not":null,"src":"all","fwmark":"0xca6c","table":"vpn"},'
        '{"priority":60,"src":"10.0.0.0","srclen":24,"dst":"10.9.0.0","dstlen":16,"fwmark":"0x1",'
        '"fwmask":"0xff","iif":"eth0","ipproto":"tcp","dport_start":80,"dport_end":90,"table":"100"},'
        '{"priority":70,"src":"all","uid_start":5,"uid_end":9,"action":"unreachable"},'
        '{"priority":80,"src":"all","table":"main","suppress_prefixlen":0},'
        '{"priority":90,"src":"all","fwmark":"0x2","goto":32766},'
        '{"priority":32766,"src":"all","table":"main"},'
        '{"priority":32767,"src":"all","table":"default"}]'
        '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]'
    )
    found = read_rules(RULES, RULES6)
    assert found == read_rules(as_json)
    assert [rule.width for rule in found] == [32] * 8 + [128] * 2
    assert Host(rules=found).custom_rules(32)
    assert not Host(rules=found).custom_rules(128)


def test_a_piece_of_a_list_has_the_usual_rules_besides() -> None:
    found = read_rules("100: from all fwmark 0x1 lookup 7\n")
    assert [(rule.priority, rule.table) for rule in Host(rules=found).rules_of(32) or ()] == [
        (0, "local"), (100, "7"), (32766, "main"), (32767, "default"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["nonsense", "5: from all lookup", "5: from all colour red lookup main", "[1]", "{}"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_rules(text)


def test_routes_are_read_as_people_see_them() -> None:
    text = """default via 10.1.0.9 dev eth1 proto dhcp metric 100
10.9.0.0/16 metric 5
\tnexthop via 10.0.0.1 dev eth0 weight 1
\tnexthop via 10.1.0.9 dev eth1 weight 1
unreachable 10.50.0.0/16 metric 7
default via 10.0.0.1 dev eth0 table 100
local 10.0.0.2 dev eth0 table local proto kernel scope host src 10.0.0.2
fd00:1::/64 dev eth0 proto kernel metric 256 pref medium
default via fd00:1::1 dev eth0 metric 1024 pref medium
"""
    found = read_routes(text)
    assert [(r.kind, str(r.network), r.table, r.metric) for r in found] == [
        ("unicast", "0.0.0.0/0", "main", 100),
        ("unicast", "10.9.0.0/16", "main", 5),
        ("unreachable", "10.50.0.0/16", "main", 7),
        ("unicast", "0.0.0.0/0", "100", 0),
        ("local", "10.0.0.2/32", "local", 0),
        ("unicast", "fd00:1::/64", "main", 256),
        ("unicast", "::/0", "main", 1024),
    ]
    assert [hop.interface for hop in found[1].hops] == ["eth0", "eth1"]
    assert found[4].made


TABLES = (
    USUAL
    + '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0","table":"100"},'
    + '{"dst":"10.51.0.0/16","dev":"eth1","table":"100","scope":"link"}]'
)
MARKED = "from all fwmark 0x1 lookup 100"


def ruled(*rules: str) -> Host:
    text = "\n".join(f"{100 + n}: {rule}" for n, rule in enumerate(rules))
    return replace(read_host(ADDRESSES, TABLES), rules=read_rules(text))


@every_row(
    ("rule", "fields", "out"),
    [
        (MARKED, {"mark": 1}, "eth0"),
        (MARKED, {"mark": 2}, "eth1"),
        ("from all fwmark 0x1/0xf lookup 100", {"mark": 0x21}, "eth0"),
        ("not from all fwmark 0x1 lookup 100", {"mark": 2}, "eth0"),
        ("from 10.51.0.0/24 lookup 100", {"mark": 0}, "eth0"),
        ("from 10.52.0.0/24 lookup 100", {"mark": 0}, "eth1"),
        ("from all to 8.8.0.0/16 lookup 100", {"mark": 0}, "eth0"),
        ("from all iif tun0 lookup 100", {"mark": 0}, "eth0"),
        ("from all iif eth0 lookup 100", {"mark": 0}, "eth1"),
        ("from all ipproto udp dport 9 lookup 100", {"mark": 0}, "eth0"),
        ("from all ipproto udp dport 10-20 lookup 100", {"mark": 0}, "eth1"),
        ("from all tos 0x10 lookup 100", {"mark": 0, "tos": 0x10}, "eth0"),
        ("from all tos 0x10 lookup 100", {"mark": 0, "tos": 0}, "eth1"),
        ("from all lookup 100 suppress_prefixlength 0", {"mark": 0}, "eth1"),
        ("from all goto 32766", {"mark": 0}, "eth1"),
    ],
)
def test_rules_choose_the_table(rule: str, fields: dict[str, str | int], out: str) -> None:
    given: dict[str, str | int] = {"src": "10.51.0.9", "dst": "8.8.8.8", "in_": "tun0", **fields}
    found = ask(EMPTY, ruled(rule), None, **given)
    assert outs(found) == [out]
    assert not {"IPT0343", "IPT0344"} & codes(found)


def test_a_rule_may_throw_packets_away() -> None:
    found = ask(EMPTY, ruled("from all fwmark 1 blackhole"), src="10.51.0.9", dst="8.8.8.8", mark=1)
    assert [o.verdict for o in found.outcomes] == ["DROP"]
    assert "IPT0346" in codes(found)


def test_without_a_mark_told_both_ways_are_open() -> None:
    rules = FILTER + "-A OUTPUT -o eth0 -j DROP\nCOMMIT\n"
    found = ask(rules, ruled(MARKED), "OUTPUT", src="10.1.0.2", dst="8.8.8.8")
    assert {o.verdict for o in found.outcomes} == {"ACCEPT", "DROP"}


def test_what_arrives_without_a_mark_told_is_routed_as_unmarked() -> None:
    found = ask(EMPTY, ruled(MARKED), src="10.51.0.9", dst="8.8.8.8", in_="tun0")
    assert outs(found) == ["eth1"]
    assert "IPT0395" in codes(found)


def test_a_table_that_nobody_told_is_taken_to_be_empty() -> None:
    found = ask(EMPTY, ruled("from all lookup 7"), src="10.51.0.9", dst="8.8.8.8", in_="tun0")
    assert outs(found) == ["eth1"]
    assert "IPT0366" in codes(found)


def test_what_mangle_marks_in_output_is_routed_again() -> None:
    heads = "".join(f":{name} ACCEPT\n" for name in BUILTIN_CHAINS["mangle"])
    marking = f"*mangle\n{heads}-A OUTPUT -p udp -j MARK --set-mark 1\nCOMMIT\n"
    asked = FILTER + "-A OUTPUT -o eth0 -j DROP\nCOMMIT\n"
    source = {"src": "10.1.0.2", "dst": "8.8.8.8", "mark": 0}
    found = ask(marking + asked, ruled(MARKED), "OUTPUT", **source)  # type: ignore[arg-type]  # texts and numbers
    # filter sees the interface that it was routed to first.
    assert [(o.verdict, dict(o.packet)["out"]) for o in found.outcomes] == [("ACCEPT", "eth0")]
    raw = (
        "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n-A OUTPUT -p udp -j MARK --set-mark 1\nCOMMIT\n"
    )
    same = ask(raw + asked, ruled(MARKED), "OUTPUT", **source)  # type: ignore[arg-type]  # texts and numbers
    assert outs(same) == ["eth1"]


def test_a_marked_packet_may_be_this_hosts_by_a_local_route() -> None:
    tables = USUAL + '[{"type":"local","dst":"default","dev":"lo","table":"100","scope":"host"}]'
    host = replace(read_host(ADDRESSES, tables), rules=read_rules(f"99: {MARKED}\n"))
    for mark, destination in ((1, "local"), (0, "forward")):
        found = ask(EMPTY, host, src="10.0.0.9", dst="8.8.8.8", in_="eth0", mark=mark)
        assert [o.destination for o in found.outcomes] == [destination]


@pytest.mark.parametrize(("on", "verdict"), [("eth0", "DROP"), ("eth1", "ACCEPT")])
def test_a_marked_source_is_this_hosts_by_a_local_route(on: str, verdict: str) -> None:
    """As where TPROXY's rule of routing meets src_valid_mark, without any rp_filter."""
    tables = USUAL + '[{"type":"local","dst":"default","dev":"lo","table":"100","scope":"host"}]'
    ruled_so = replace(read_host(ADDRESSES, tables), rules=read_rules(f"99: {MARKED}\n"))
    host = told(f"net.ipv4.conf.{on}.src_valid_mark=1", host=ruled_so)
    found = ask(EMPTY, host, src="8.8.8.8", dst="10.0.0.2", in_="eth0", mark=1)
    assert [o.verdict for o in found.outcomes] == [verdict]


@pytest.mark.parametrize(("settings", "verdict"), [((), "DROP"), (("1",), "ACCEPT")])
def test_rp_filter_asks_the_mark_where_src_valid_mark_is_on(
    settings: tuple[str, ...], verdict: str
) -> None:
    host = told(
        "net.ipv4.conf.eth0.rp_filter=1",
        *(f"net.ipv4.conf.eth0.src_valid_mark={n}" for n in settings),
        host=ruled(MARKED),
    )
    found = ask(EMPTY, host, src="8.8.8.8", dst="10.0.0.2", in_="eth0", mark=1)
    assert [o.verdict for o in found.outcomes] == [verdict]


@pytest.mark.parametrize(("words", "hit"), [("rpfilter --validmark", True), ("rpfilter", False)])
def test_rpfilter_asks_rules_of_routing(words: str, hit: bool) -> None:
    rules = f"*mangle\n-A PREROUTING -m {words} -j ACCEPT\nCOMMIT\n"
    found = ask(rules, ruled(MARKED), src="8.8.8.8", dst="10.0.0.2", in_="eth0", mark=1)
    assert {1 in [step.rule for step in o.steps] for o in found.outcomes} == {hit}


def test_usual_rules_leave_other_tables_alone() -> None:
    host = replace(read_host(ADDRESSES, TABLES), rules=read_rules(RULES6))
    assert isinstance((host.rules or ())[0], RoutingRule)
    found = ask(EMPTY, host, src="fd00:1::9", dst="fd00:2::9", in_="eth0")
    assert "IPT0343" not in codes(found)


WAY_IN = (
    '[{"dst":"10.0.0.0/24","dev":"eth0","scope":"link"},'
    '{"dst":"10.51.0.0/16","dev":"eth0","table":"100","scope":"link"}]'
)


@pytest.mark.parametrize(
    ("dst", "rule", "verdict"),
    [
        # Where it goes out by eth0, the way back is asked as of what comes in there …
        ("10.51.0.7", "not from all iif lo lookup 100", "ACCEPT"),
        ("10.51.0.7", "from all iif eth0 lookup 100", "ACCEPT"),
        # … and as of this host for what stays here (fib_validate_source, flowi4_iif).
        ("10.0.0.2", "not from all iif lo lookup 100", "DROP"),
        ("10.0.0.2", "from all lookup 100", "ACCEPT"),
    ],
)
def test_rp_filter_asks_the_way_back_by_where_the_packet_goes(
    dst: str, rule: str, verdict: str
) -> None:
    strict = told("net.ipv4.conf.eth0.rp_filter=1", "net.ipv4.ip_forward=1")
    host = replace(
        read_host(ADDRESSES, WAY_IN), rules=read_rules(f"100: {rule}"), sysctls=strict.sysctls
    )
    found = ask(EMPTY, host, src="10.51.0.9", dst=dst, in_="eth0", proto="tcp", dport=80)
    assert [outcome.verdict for outcome in found.outcomes] == [verdict]


def test_a_destination_chosen_at_output_may_be_of_this_host() -> None:
    """DNAT to a range whose one address is this host's own: that one leaves by lo."""
    nat = "*nat\n:OUTPUT ACCEPT\n-A OUTPUT -j DNAT --to-destination 10.0.0.1-10.0.0.{}\nCOMMIT\n"
    built_in = "".join(f":{name} ACCEPT\n" for name in BUILTIN_CHAINS["mangle"])
    mangle = f"*mangle\n{built_in}-A POSTROUTING -o lo -j DROP\nCOMMIT\n"
    for last, expected in ((1, {"ACCEPT"}), (2, {"ACCEPT", "DROP"})):
        rules = nat.format(last) + mangle + FILTER + "COMMIT\n"
        found = ask(rules, hook="OUTPUT", src="10.1.0.2", dst="10.1.0.7")
        assert {outcome.verdict for outcome in found.outcomes} == expected
