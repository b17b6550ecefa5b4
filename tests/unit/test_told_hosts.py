"""What a trace does with a host's addresses and routes, and what it says where they are missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Cube, Trace, trace
from iptsim.tracer.host.arrival import Question, begin
from iptsim.values import parse_address
from iptsim.worlds.domains import NumberSet


def interface(name: str, *addresses: str, group: str = "default") -> dict[str, object]:
    """An interface as `ip -j addr` tells it."""
    infos = [dict(zip(("local", "prefixlen"), cut(text), strict=True)) for text in addresses]
    return {"ifname": name, "flags": ["UP"], "group": group, "addr_info": infos}


def cut(text: str) -> tuple[str, int]:
    address, _, length = text.partition("/")
    return address, int(length)


ADDRESSES = json.dumps(
    [
        interface("lo", "127.0.0.1/8", "::1/128"),
        interface("eth0", "10.0.0.2/24", "fd00:1::2/64"),
        interface("eth1", "10.1.0.2/24", "fd00:2::2/64", group="7"),
        interface("tun0", group="dmz"),
    ]
)
ROUTES = """
[{"dst":"default","gateway":"10.1.0.9","dev":"eth1"},
{"dst":"10.0.0.0/24","dev":"eth0","scope":"link"},{"dst":"10.1.0.0/24","dev":"eth1","scope":"link"},
{"type":"unreachable","dst":"10.50.0.0/16"},{"dst":"10.51.0.0/16","dev":"tun0","scope":"link"},
{"dst":"10.60.0.0/16","nexthops":[{"gateway":"10.0.0.1","dev":"eth0"},
{"gateway":"10.1.0.9","dev":"eth1"}]},{"dst":"10.66.0.0/16","dev":"eth0","table":"55"}]
[{"dst":"fd00:1::/64","dev":"eth0","pref":"medium"},
{"dst":"fd00:2::/64","dev":"eth1","pref":"medium"}]
"""
USUAL = ROUTES.replace(',{"dst":"10.66.0.0/16","dev":"eth0","table":"55"}', "")
HOST = read_host(ADDRESSES, USUAL)
FILTER = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"


def ask(rules: str, host: Host = HOST, hook: str | None = None, **fields: str | int) -> Trace:
    """The trace of a packet whose addresses are texts."""
    given: dict[str, str | int] = dict(fields)
    family = 4
    for name in ("src", "dst"):
        if name in given:
            given[name], width = parse_address(str(given[name]))
            family = 4 if width == 32 else 6
    ruleset = read_text(rules, file="rules", family=family).family(family)
    assert ruleset is not None
    packet = Packet(family=family, proto=17, dport=9).with_(**given)
    return trace(ruleset, packet, hook=hook, host=host)


def codes(found: Trace) -> set[str]:
    return {note.code for note in (*found.notes, *found.assumed)}


def values(cubes: tuple[Cube, ...], field: str) -> list[tuple[str, ...]]:
    """What the cubes say of one field."""
    told = [c for cube in cubes for c in cube.conditions if c.field == field]
    return [(("!",) if c.negate else ()) + c.values for c in told]


def outs(found: Trace) -> list[str | int | None]:
    return [dict(outcome.packet).get("out") for outcome in found.outcomes]


@pytest.mark.parametrize(
    ("destination", "code"),
    [("10.50.1.1", "IPT0346"), ("2001:db8::1", "IPT0308")],
)
def test_what_has_no_route_is_never_sent(destination: str, code: str) -> None:
    source = "10.1.0.2" if "." in destination else "fd00:1::2"
    found = ask(FILTER + "COMMIT\n", hook="OUTPUT", src=source, dst=destination)
    (outcome,) = found.outcomes
    assert (outcome.verdict, outcome.steps, outcome.decided_by) == ("DROP", (), None)
    assert code in codes(found)


def test_what_has_no_route_is_not_forwarded_and_no_step_decided_that() -> None:
    found = ask(
        "*raw\n:PREROUTING ACCEPT\nCOMMIT\n" + FILTER + "COMMIT\n", src="10.0.0.9", dst="10.50.1.1"
    )
    (outcome,) = found.outcomes
    assert outcome.verdict == "DROP"
    assert {step.hook for step in outcome.steps} == {"PREROUTING"}
    assert outcome.decided_by is None


@pytest.mark.parametrize(
    ("source", "destination"),
    [("ff02::1", "fd00:1::2"), ("::1", "fd00:1::2"), ("fd00:1::9", "::1"), ("fd00::9", "ff01::1")],
)
def test_ipv6_refuses_addresses_before_any_rule(source: str, destination: str) -> None:
    found = ask("*raw\nCOMMIT\n", src=source, dst=destination, in_="eth0")
    (outcome,) = found.outcomes
    assert (outcome.verdict, outcome.steps) == ("DROP", ())
    assert "IPT0345" in codes(found)


@pytest.mark.parametrize("source", ["fe80::9", "::"])
def test_ipv6_does_not_forward_these_sources(source: str) -> None:
    found = ask("*raw\nCOMMIT\n", src=source, dst="fd00:2::9", in_="eth0")
    assert [outcome.verdict for outcome in found.outcomes] == ["DROP"]
    assert "IPT0348" in codes(found)


def test_an_unknown_destination_goes_where_each_part_of_the_addresses_goes() -> None:
    rules = FILTER + "-A FORWARD -o tun0 -j DROP\nCOMMIT\n"
    found = ask(rules, src="10.0.0.9", in_="eth0")
    dropped = next(o for o in found.outcomes if o.decided_by and o.decided_by.rule == 1)
    assert values(dropped.when, "dst") == [("10.51.0.0/16",)]
    lost = next(o for o in found.outcomes if o.verdict == "DROP" and o is not dropped)
    assert values(lost.when, "dst") == [("10.50.0.0/16",)]


def test_addrtype_of_an_unknown_destination_is_a_set_of_addresses() -> None:
    rules = "*nat\n-A PREROUTING -m addrtype --dst-type LOCAL -j DNAT --to 10.0.0.9\nCOMMIT\n"
    found = ask(rules, src="10.0.0.7", in_="eth0")
    translated = next(o for o in found.outcomes if o.rewrites)
    assert values(translated.when, "dst") == [("10.0.0.2/32", "10.1.0.2/32")]
    assert not any(values(o.when, "dst_type") for o in found.outcomes)


@every_row(
    ("rule", "given", "hit"),
    [
        ("addrtype --dst-type LOCAL --limit-iface-in", {"in_": "eth0"}, True),
        ("addrtype --dst-type LOCAL --limit-iface-in", {"in_": "eth1"}, False),
        ("addrtype --dst-type UNICAST --limit-iface-in", {"in_": "eth1"}, True),
        ("addrtype --dst-type BROADCAST", {"in_": "eth0", "dst": "10.1.0.255"}, True),
        ("addrtype --dst-type BROADCAST", {"in_": "eth0", "dst": "10.1.0.0"}, False),
        ("rpfilter", {"in_": "eth0"}, True),
        ("rpfilter", {"in_": "eth1"}, False),
        ("rpfilter --loose", {"in_": "eth1"}, True),
        ("rpfilter --invert", {"in_": "eth1"}, True),
        ("rpfilter --validmark", {"in_": "eth1", "mark": 0}, False),
        ("rpfilter", {"in_": "eth0", "src": "10.60.0.1"}, True),
        ("rpfilter", {"in_": "eth0", "src": "10.50.0.1"}, False),
        ("devgroup --src-group 7", {"in_": "eth1"}, True),
        ("devgroup --src-group 7", {"in_": "eth0"}, False),
        ("devgroup ! --src-group 0", {"in_": "eth1"}, True),
        ("devgroup --src-group dmz", {"in_": "tun0"}, True),
        ("devgroup --src-group dmz", {"in_": "eth0"}, False),
    ],
)
def test_matches_that_the_host_decides(rule: str, given: dict[str, Any], hit: bool) -> None:
    rules = f"*mangle\n-A PREROUTING -m {rule} -j ACCEPT\nCOMMIT\n"
    found = ask(rules, **{"src": "10.0.0.9", "dst": "10.0.0.2", **given})
    assert {1 in [step.rule for step in o.steps] for o in found.outcomes} == {hit}
    assert not any(cube.facts for o in found.outcomes for cube in o.when)


@pytest.mark.parametrize(
    "rule", ["rpfilter", "devgroup --src-group 7", "addrtype --dst-type LOCAL --limit-iface-in"]
)
def test_without_a_host_they_are_open(rule: str) -> None:
    rules = f"*mangle\n-A PREROUTING -m {rule} -j ACCEPT\nCOMMIT\n"
    found = ask(rules, host=NOBODY, src="10.0.0.9", dst="10.0.0.2", in_="eth0")
    assert {1 in [step.rule for step in o.steps] for o in found.outcomes} == {True, False}
    assert any(cube.facts for o in found.outcomes for cube in o.when)


def test_a_group_whose_number_only_the_host_knows_is_open() -> None:
    rules = "*mangle\n-A PREROUTING -m devgroup --src-group 7 -j ACCEPT\nCOMMIT\n"
    found = ask(rules, src="10.51.0.9", dst="10.0.0.2", in_="tun0")
    assert any(cube.facts for o in found.outcomes for cube in o.when)


@pytest.mark.parametrize(("number", "hit"), [("0", True), ("7", False), ("0/0xff", True)])
def test_without_realms_every_packet_is_in_realm_0(number: str, hit: bool) -> None:
    rules = f"*mangle\n-A INPUT -m realm --realm {number} -j ACCEPT\nCOMMIT\n"
    found = ask(rules, src="10.0.0.9", dst="10.0.0.2", in_="eth0")
    assert {1 in [step.rule for step in o.steps] for o in found.outcomes} == {hit}


def test_other_tables_leave_the_way_back_open() -> None:
    host = read_host(ADDRESSES, ROUTES)
    rules = "*mangle\n-A PREROUTING -m rpfilter -j ACCEPT\nCOMMIT\n"
    found = ask(rules, host=host, src="10.0.0.9", dst="10.66.0.1", in_="eth0")
    assert any(cube.facts for o in found.outcomes for cube in o.when)
    assert "IPT0343" in codes(found)


def test_of_several_next_hops_each_is_an_outcome_where_that_matters() -> None:
    rules = FILTER + "-A FORWARD -o eth1 -j DROP\nCOMMIT\n"
    found = ask(rules, src="10.51.0.9", dst="10.60.0.1", in_="tun0")
    assert {o.verdict for o in found.outcomes} == {"ACCEPT", "DROP"}
    told = {fact.detail for o in found.outcomes for cube in o.when for fact, _yes in cube.facts}
    assert {text.rpartition(" ")[2] for text in told} == {"eth0", "eth1"}


def test_a_mark_that_a_rule_set_is_taken_not_to_matter() -> None:
    rules = "*mangle\n-A PREROUTING -j MARK --set-mark 1\nCOMMIT\n"
    assert "IPT0344" in codes(ask(rules, src="10.0.0.9", dst="10.1.0.9", in_="eth0"))
    host = read_host(ADDRESSES)
    untold = ask(rules, host=host, src="10.0.0.9", dst="10.1.0.9", in_="eth0")
    assert "IPT0344" not in codes(untold)


def test_addresses_alone_tell_the_way_to_their_networks() -> None:
    host = read_host(ADDRESSES)
    near = ask(FILTER + "COMMIT\n", host=host, src="10.0.0.9", dst="10.1.0.9", in_="eth0")
    assert outs(near) == ["eth1"]
    assert "IPT0342" in codes(near)
    far = ask(FILTER + "COMMIT\n", host=host, src="10.0.0.9", dst="8.8.8.8", in_="eth0")
    assert outs(far) == [None]


@pytest.mark.parametrize(
    ("group", "taken"),
    [("224.0.0.1", False), ("224.0.0.251", True), ("ff02::1", False), ("ff02::fb", True)],
)
def test_groups_that_the_host_may_not_listen_to(group: str, taken: bool) -> None:
    source = "10.0.0.9" if "." in group else "fd00:1::9"
    found = ask("*raw\nCOMMIT\n", src=source, dst=group, in_="eth0")
    assert [o.destination for o in found.outcomes] == ["local"]
    assert ("IPT0341" in codes(found)) is taken


def test_a_source_that_nobody_gave_is_the_hosts_own() -> None:
    rules = FILTER + "-A OUTPUT ! -s 10.0.0.0/15 -j DROP\nCOMMIT\n"
    found = ask(rules, hook="OUTPUT", dst="8.8.8.8")
    assert [o.verdict for o in found.outcomes] == ["ACCEPT"]
    assert "IPT0323" in codes(found)


def test_masquerade_without_an_address_drops() -> None:
    addresses = json.dumps([interface("eth0"), interface("eth1")])
    host = read_host(addresses, USUAL)
    rules = "*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n"
    found = ask(rules, host=host, src="10.0.0.9", dst="10.1.0.9", in_="eth0")
    (outcome,) = found.outcomes
    assert outcome.verdict == "DROP"
    assert [(step.chain, step.rule, step.action) for step in outcome.steps[-1:]] == [
        ("POSTROUTING", 1, "drop")
    ]
    assert "IPT0349" in codes(found)


def test_redirect_of_any_interface_tells_whose_address() -> None:
    rules = "*nat\n-A PREROUTING -p udp -j REDIRECT --to-ports 5\nCOMMIT\n"
    found = ask(rules, src="10.0.0.9", dst="8.8.8.8", in_="eth1")
    (outcome,) = found.outcomes
    assert dict(outcome.packet)["dst"] == "10.1.0.2"


@pytest.mark.parametrize(("interface_in", "told"), [("eth0", False), ("eth1", True)])
def test_a_source_whose_way_back_is_another(interface_in: str, told: bool) -> None:
    found = ask(FILTER + "COMMIT\n", src="10.0.0.9", dst="10.1.0.9", in_=interface_in)
    assert [o.verdict for o in found.outcomes] == ["ACCEPT"]
    assert ("IPT0340" in codes(found)) is told


@pytest.mark.parametrize(
    ("source", "possible"),
    [("10.0.0.254", True), ("10.0.0.255", False), ("10.1.0.255", False), ("10.0.0.2", False)],
)
def test_an_untold_source_is_one_that_routing_lets_through(source: str, possible: bool) -> None:
    """Only a unicast source is valid (fib_frontend.c, __fib_validate_source)."""
    host = read_host(ADDRESSES, ROUTES)
    setting, _world = begin(Question(packet=Packet(in_="eth0"), hook="PREROUTING", host=host))
    sources = setting.domains["src"]
    assert isinstance(sources, NumberSet)
    assert (parse_address(source)[0] in sources.ranges) is possible


def test_who_sends_to_an_address_of_a_link_names_the_interface() -> None:
    rules = FILTER + "-A OUTPUT -o eth1 -j DROP\nCOMMIT\n"
    told = [{"dst": "fe80::/64", "dev": dev, "metric": n} for n, dev in enumerate(("eth0", "eth1"))]
    host = read_host(ADDRESSES, json.dumps(told))
    for dst in ("fe80::5", "fe80::1:2"):
        found = ask(rules, host=host, hook="OUTPUT", dst=dst)
        fates = {o.verdict: values(o.when, "out") for o in found.outcomes}
        assert fates["DROP"] == [("eth1",)]
        assert ("eth1",) not in fates["ACCEPT"]
    (one,) = ask(rules, host=host, hook="OUTPUT", dst="fe80::5", out="eth1").outcomes
    assert (one.verdict, one.when) == ("DROP", ())


def test_a_group_of_more_than_a_link_goes_by_the_routes() -> None:
    routes = '[{"dst":"ff00::/8","dev":"eth0","type":"multicast","table":"local","metric":256}]'
    host = read_host(ADDRESSES, routes)
    rules = FILTER + "-A OUTPUT -o eth0 -j DROP\nCOMMIT\n"
    found = ask(rules, host=host, hook="OUTPUT", dst="ff05::2")
    assert [o.verdict for o in found.outcomes] == ["DROP"]


@pytest.mark.parametrize("host", [HOST, NOBODY])
def test_who_sends_to_a_loopback_address_has_one_as_its_ordinary_source(host: Host) -> None:
    rules = "*nat\n-A OUTPUT -d 127.0.0.0/8 -j DNAT --to-destination 10.0.0.9\nCOMMIT\n"
    found = ask(rules, host=host, hook="OUTPUT", dst="127.0.0.1")
    assert [o.verdict for o in found.outcomes] == ["DROP", "ACCEPT"]


@pytest.mark.parametrize(
    ("dst", "source"),
    [("10.0.0.2", "10.0.0.2"), ("10.1.0.2", "10.1.0.2"), ("10.1.0.7", "10.1.0.2")],
)
def test_the_ordinary_source_is_the_address_near_the_destination(dst: str, source: str) -> None:
    rules = FILTER + f"-A OUTPUT -s {source} -j DROP\nCOMMIT\n"
    found = ask(rules, hook="OUTPUT", dst=dst)
    assert [o.verdict for o in found.outcomes] == ["DROP", "ACCEPT"]
