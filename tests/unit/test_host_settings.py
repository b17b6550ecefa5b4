"""Settings of the kernel and rules of `ip rule`: how they are read, and what they decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_told_hosts import ADDRESSES, FILTER, HOST, USUAL, ask, codes, outs

from iptsim.dialects import read_text
from iptsim.diff import Difference, diff
from iptsim.errors import UsageError
from iptsim.host import NOBODY, Host
from iptsim.ipsec_policy import RoutingRule
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.routes import read_routes
from iptsim.netfilter.reading.sysctl_text import read_sysctls
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.sysctls import Sysctls
from iptsim.tracer import Trace, trace

EMPTY = FILTER + "COMMIT\n"
LOCALNET = "net.ipv4.conf.all.route_localnet=1"


def told(*settings: str, host: Host = NOBODY) -> Host:
    return replace(host, sysctls=read_sysctls(settings, lambda file: FILES[file]))


FILES = {
    "host.txt": """# settings of a host
; and another comment
net.ipv4.conf.all.rp_filter = 1
net.ipv4.conf.eth0/100.rp_filter = 0
net/ipv4/conf/eth1.7/rp_filter = 2
-net.ipv4.conf.*.accept_local = 1
kernel.hostname = box
net.ipv4.ip_local_port_range = 32768\t60999
sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'
net.ipv4.ip_forward = 0
""",
    "bad.txt": "net.ipv4.ip_forward = 1\nwhat is this\n",
}


def test_sysctl_text_is_read_as_sysctl_writes_it() -> None:
    found = told("host.txt").sysctls
    assert found.own(32, "eth0.100", "rp_filter") == 0
    assert found.most(32, "eth1.7", "rp_filter") == 2
    assert found.most(32, "eth9", "rp_filter") == 1
    assert found.most(32, "eth9", "accept_local") == 1
    assert found.own(32, "eth9", "forwarding") == 0
    assert found.of("net/ipv4/conf/all/forwarding") == 0


def test_a_typed_setting_is_written_for_every_interface_where_the_kernel_does_so() -> None:
    FILES["each.txt"] = "net.ipv4.conf.eth0.forwarding = 1\nnet.ipv4.conf.eth0.rp_filter = 2\n"
    found = told("each.txt", "net.ipv4.ip_forward=0", "net.ipv4.conf.all.rp_filter=0").sysctls
    assert found.own(32, "eth0", "forwarding") == 0
    assert found.most(32, "eth0", "rp_filter") == 2


def test_an_interface_begins_with_what_default_has() -> None:
    settings = ("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=2")
    assert told(*settings).sysctls.most(32, "eth0", "rp_filter") == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("net.ipv4.ip_forwad=1", "IPT0170"),
        ("net.ipv4.ip_forward=on", "IPT0169"),
        ("ip_forward=1", "IPT0169"),
        ("bad.txt", "IPT0171"),
    ],
)
def test_what_is_no_setting_is_refused(given: str, code: str) -> None:
    with pytest.raises(UsageError) as error:
        told(given)
    assert error.value.code == code


def test_what_is_not_told_is_none() -> None:
    nothing = Sysctls()
    assert nothing.most(32, "eth0", "rp_filter") is None
    one = told("net.ipv4.conf.eth0.route_localnet=0").sysctls
    assert one.most(32, "eth0", "route_localnet") is None
    assert one.own(32, "eth0", "route_localnet") == 0


def local(*settings: str, interface: str = "eth0") -> Trace:
    return ask(EMPTY, told(*settings), src="192.0.2.9", dst="127.0.0.1", in_=interface)


def test_a_loopback_destination_from_the_network_hangs_on_route_localnet() -> None:
    untold = local()
    assert [o.verdict for o in untold.outcomes] == ["DROP"]
    assert {"IPT0309", "IPT0361"} <= codes(untold)
    let_in = local(LOCALNET)
    assert [(o.verdict, o.destination) for o in let_in.outcomes] == [("ACCEPT", "local")]
    assert "IPT0361" not in codes(let_in)
    off = local("net.ipv4.conf.all.route_localnet=0", "net.ipv4.conf.eth0.route_localnet=0")
    assert [o.verdict for o in off.outcomes] == ["DROP"]
    assert "IPT0361" not in codes(off)


@pytest.mark.parametrize(("interface", "verdict"), [("eth0", "ACCEPT"), ("eth1", "DROP")])
def test_route_localnet_may_be_that_of_one_interface(interface: str, verdict: str) -> None:
    found = local("net.ipv4.conf.eth0.route_localnet=1", interface=interface)
    assert [o.verdict for o in found.outcomes] == [verdict]


NODEPORT = """*nat
:PREROUTING ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A OUTPUT -p udp --dport 9 -j DNAT --to-destination 10.1.0.9
-A POSTROUTING -d 10.1.0.9 -j MASQUERADE
COMMIT
"""


def test_a_localhost_node_port_leaves_with_route_localnet_only() -> None:
    fields = {"src": "127.0.0.1", "dst": "127.0.0.1"}
    lost = ask(NODEPORT, HOST, "OUTPUT", **fields)
    assert [o.verdict for o in lost.outcomes] == ["DROP"]
    assert {"IPT0357", "IPT0361"} <= codes(lost)
    sent = ask(NODEPORT, told(LOCALNET, host=HOST), "OUTPUT", **fields)
    (outcome,) = sent.outcomes
    assert (outcome.verdict, outcome.destination) == ("ACCEPT", "out")
    assert {r.field: r.after for r in outcome.rewrites} == {"dst": "10.1.0.9", "src": "10.1.0.2"}


FIREWALL = (
    "-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT"
    " -j DROP\nCOMMIT\n"
)


def arriving(found: Difference) -> list[tuple[bool, set[tuple[str, bool]]]]:
    effects = [e for e in found.effects if e.hook == "PREROUTING"]
    return [
        (e.certain, {(f.code, so) for cube in e.where for f, so in cube.facts}) for e in effects
    ]


def test_a_rule_against_localnet_packets_has_an_effect_that_hangs_on_that() -> None:
    before, after = read_text(EMPTY, file="a"), read_text(FILTER + FIREWALL, file="b")
    assert arriving(diff(before, after)) == [(False, {("IPT0449", True)})]
    assert arriving(diff(before, after, host=told(LOCALNET))) == [(True, set())]
    off = told("net.ipv4.conf.all.route_localnet=0", "net.ipv4.conf.default.route_localnet=0")
    assert arriving(diff(before, after, host=off)) == []


@pytest.mark.parametrize("value", [0, 1])
def test_route_localnet_of_all_interfaces_decides_by_itself(value: int) -> None:
    before, after = read_text(EMPTY, file="a"), read_text(FILTER + FIREWALL, file="b")
    one = told(f"net.ipv4.conf.all.route_localnet={value}")
    assert arriving(diff(before, after, host=one)) == [(True, set())] * value


def test_route_localnet_of_one_interface_leaves_that_of_all_open() -> None:
    before, after = read_text(EMPTY, file="a"), read_text(FILTER + FIREWALL, file="b")
    one = told("net.ipv4.conf.eth0.route_localnet=0")
    assert arriving(diff(before, after, host=one)) == [(False, {("IPT0449", True)})]


def test_a_query_tells_that_a_published_loopback_port_hangs_on_route_localnet() -> None:
    rules = "*nat\n-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 127.0.0.1:8\nCOMMIT\n"
    found = query(read_text(rules, file="a"), Packet(), "DNAT:127.0.0.1:8")
    facts = {(f.code, so) for a in found.answers for cube in a.where for f, so in cube.facts}
    assert facts == {("IPT0449", True)}


def forwarded(*settings: str, host: Host = HOST) -> Trace:
    return ask(EMPTY, told(*settings, host=host), src="10.0.0.9", dst="10.1.0.9", in_="eth0")


@pytest.mark.parametrize(
    ("settings", "verdict", "presumed"),
    [
        ((), "ACCEPT", True),
        (("net.ipv4.ip_forward=1",), "ACCEPT", False),
        (("net.ipv4.ip_forward=0",), "DROP", False),
        (("net.ipv4.ip_forward=1", "net.ipv4.conf.eth0.forwarding=0"), "DROP", False),
        (("net.ipv4.ip_forward=0", "net.ipv4.conf.eth0.forwarding=1"), "ACCEPT", False),
    ],
)
def test_forwarding(settings: tuple[str, ...], verdict: str, presumed: bool) -> None:
    found = forwarded(*settings)
    assert [o.verdict for o in found.outcomes] == [verdict]
    assert ("IPT0360" in codes(found)) is presumed
    assert ("IPT0362" in codes(found)) is (verdict == "DROP")


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        ("net.ipv6.conf.all.forwarding=0", "DROP"),
        ("net.ipv6.conf.all.forwarding=2", "ACCEPT"),
        ("net.ipv6.conf.eth0.forwarding=0", "ACCEPT"),
        ("net.ipv6.conf.eth0.disable_ipv6=1", "DROP"),
        ("net.ipv6.conf.eth1.disable_ipv6=1", "ACCEPT"),
    ],
)
def test_ipv6_settings(setting: str, verdict: str) -> None:
    found = ask(EMPTY, told(setting, host=HOST), src="fd00:1::9", dst="fd00:2::9", in_="eth0")
    assert [o.verdict for o in found.outcomes] == [verdict]


@pytest.mark.parametrize(
    ("mode", "source", "verdict"),
    [
        (0, "10.1.0.7", "ACCEPT"),
        (1, "10.1.0.7", "DROP"),
        (2, "10.1.0.7", "ACCEPT"),
        (1, "10.0.0.7", "ACCEPT"),
        (2, "10.50.0.7", "DROP"),
        (1, "10.50.0.7", "DROP"),
    ],
)
def test_rp_filter(mode: int, source: str, verdict: str) -> None:
    host = told(
        f"net.ipv4.conf.all.rp_filter={mode}", "net.ipv4.conf.default.rp_filter=0", host=HOST
    )
    found = ask(EMPTY, host, src=source, dst="10.0.0.2", in_="eth0")
    assert [o.verdict for o in found.outcomes] == [verdict]
    assert "IPT0340" not in codes(found)


def test_rp_filter_is_presumed_to_find_a_way_where_no_routes_are_told() -> None:
    found = ask(
        EMPTY, told("net.ipv4.conf.all.rp_filter=1"), src="1.2.3.4", dst="5.6.7.8", in_="e0"
    )
    assert "IPT0365" in codes(found)


@pytest.mark.parametrize(("settings", "verdict"), [((), "DROP"), (("1",), "ACCEPT")])
def test_an_own_source_needs_accept_local(settings: tuple[str, ...], verdict: str) -> None:
    host = told(*(f"net.ipv4.conf.eth0.accept_local={n}" for n in settings), host=HOST)
    found = ask(EMPTY, host, src="10.1.0.2", dst="10.0.0.2", in_="eth0")
    assert [o.verdict for o in found.outcomes] == [verdict]
    assert ("IPT0364" in codes(found)) is (verdict == "DROP")


def test_a_connection_is_not_taken_up_in_its_middle_unless_loose() -> None:
    rules = FILTER + "-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n"
    fields = {"src": "192.0.2.9", "dst": "10.0.0.2", "proto": 6, "tcp_flags": 16}
    strict = told("net.netfilter.nf_conntrack_tcp_loose=0")
    for host, verdict in ((NOBODY, "ACCEPT"), (strict, "DROP")):
        assert [o.verdict for o in ask(rules, host, **fields).outcomes] == [verdict]  # type: ignore[arg-type]  # texts and numbers


def test_the_ttl_of_own_packets_is_the_default_where_told() -> None:
    rules = FILTER + "-A OUTPUT -m ttl --ttl-lt 65 -j DROP\nCOMMIT\n"
    found = ask(rules, told("net.ipv4.ip_default_ttl=64"), "OUTPUT", dst="8.8.8.8")
    assert [o.verdict for o in found.outcomes] == ["DROP"]
    assert "IPT0367" in codes(found)
    assert len(ask(rules, NOBODY, "OUTPUT", dst="8.8.8.8").outcomes) == 2


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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("host", [NOBODY, read_host(ADDRESSES)], ids=["nothing", "addresses"])
def test_ipv6_packets_sent_to_loopback_from_the_network_are_not_delivered(host: Host) -> None:
    rules = "*nat\n-A PREROUTING -p udp -j DNAT --to-destination ::1\nCOMMIT\n"
    found = ask(rules, host, src="fd00:1::9", dst="fd00:1::2", in_="eth0")
    assert [o.verdict for o in found.outcomes] == ["DROP"]
    assert "IPT0368" in codes(found)


@pytest.mark.parametrize(
    ("family", "host", "taken"),
    [
        (4, HOST, "10.0.0.2"),
        (4, NOBODY, "an address of another interface"),
        (6, NOBODY, None),
    ],
)
def test_masquerade_by_lo(family: int, host: Host, taken: str | None) -> None:
    loop = "127.0.0.1" if family == 4 else "::1"
    rules = "*nat\n-A POSTROUTING -o lo -j MASQUERADE\nCOMMIT\n"
    rules += f"*filter\n-A INPUT -s {loop} -j DROP\nCOMMIT\n"
    found = ask(rules, host, "OUTPUT", src=loop, dst=loop)
    (outcome,) = found.outcomes
    assert {r.field: r.after for r in outcome.rewrites}.get("src") == taken
    assert outcome.verdict == ("ACCEPT" if family == 4 else "DROP")


@pytest.mark.parametrize(("settings", "mark"), [((), 0), (("net.ipv4.tcp_fwmark_accept=1",), 7)])
def test_the_answer_has_the_mark_of_what_it_answers(settings: tuple[str, ...], mark: int) -> None:
    ruleset = read_text(EMPTY, file="rules").rulesets[0]
    packet = Packet(proto=6, src=0x0A000009, dst=0x0A000002, sport=4, dport=80, mark=7, in_="eth0")
    found = trace(ruleset, packet, host=told(*settings, host=HOST), follow=("reply",))
    (_kind, reply), *_ = found.outcomes[0].follows
    assert reply is not None
    assert dict(reply.outcomes[0].packet).get("mark", 0) == mark
