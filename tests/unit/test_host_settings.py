"""Settings of the kernel: how they are read, and what they decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_told_hosts import ADDRESSES, FILTER, HOST, ask, codes

from iptsim.dialects import read_text
from iptsim.diff import Difference, diff
from iptsim.errors import UsageError
from iptsim.host import NOBODY, Host
from iptsim.netfilter.reading.host_facts import read_host
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


def test_who_asks_for_a_loopback_address_has_most_likely_one_of_its_own() -> None:
    rules = "*nat\n:OUTPUT ACCEPT\n-A OUTPUT -p tcp -j DNAT --to-destination 10.9.9.9:80\nCOMMIT\n"
    (ruleset,) = read_text(rules).rulesets
    packet = Packet(proto=6, dport=8080)
    verdicts = (
        {one.verdict for one in trace(ruleset, packet.with_(dst=dst), hook="OUTPUT").outcomes}
        for dst in (0x7F000001, 0x0A0A0A01)
    )
    assert list(verdicts) == [{"ACCEPT", "DROP"}, {"ACCEPT"}]


def test_what_untold_rules_translate_may_have_a_loopback_source() -> None:
    rules = "*nat\n:OUTPUT ACCEPT\n:MORE - [0:0]\n-A OUTPUT -j MORE\n-A MORE -p tcp -s 127.0.0.1"
    (ruleset,) = read_text(rules).rulesets
    told = trace(ruleset, Packet(proto=6, dport=8080, uid=0), hook="OUTPUT").outcomes
    assert "DROP" in {one.verdict for one in told}


def test_what_is_for_all_may_come_from_this_host_itself() -> None:
    (ruleset,) = read_text(FILTER + "COMMIT\n").rulesets
    packet = Packet(proto=6, src=0x7F000001, dst=0xFFFFFFFF, dport=80, in_="eth0")
    for told, verdict in (("0", "DROP"), ("1", "ACCEPT")):
        sysctls = read_sysctls([f"net.ipv4.conf.eth0.accept_local={told}"])
        host = replace(read_host(ADDRESSES), sysctls=sysctls)
        assert [one.verdict for one in trace(ruleset, packet, host=host).outcomes] == [verdict]
