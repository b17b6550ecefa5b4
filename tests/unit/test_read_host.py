"""What `ip -j` prints, read: texts that iproute2 6.1 printed, and broken ones."""

from __future__ import annotations

import json

import pytest
from every_row import every_row

from iptsim.errors import UsageError
from iptsim.fib import NextHop
from iptsim.host import Host
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.values import format_address, parse_address

ADDR = """
[{},{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"operstate":"UNKNOWN",
"group":"default","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host",
"label":"lo"},{"family":"inet6","local":"::1","prefixlen":128,"scope":"host"}]},
{"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"group":"7","addr_info":[
{"family":"inet","local":"10.0.0.2","prefixlen":24,"broadcast":"10.0.0.200","scope":"global"},
{"family":"inet","local":"10.0.0.77","prefixlen":24,"scope":"global","secondary":true},
{"family":"inet","local":"198.51.100.1","address":"198.51.100.99","prefixlen":32,"scope":"link"},
{"family":"inet6","local":"fd00:9::1","prefixlen":64,"scope":"global","nodad":true,
"deprecated":true,"preferred_life_time":0},
{"family":"inet6","local":"fd00:8::1","prefixlen":64,"scope":"global","tentative":true,
"dadfailed":true},
{"family":"inet6","local":"fe80::2","prefixlen":64,"scope":"link","noprefixroute":true}]},
{"ifname":"eth1","flags":["BROADCAST","MULTICAST"],"operstate":"DOWN","group":"dmz","addr_info":[
{"family":"inet","local":"10.1.0.2","prefixlen":24,"scope":"global","label":"eth1"}]}]
"""
ROUTE = """
[{"dst":"default","gateway":"10.1.0.9","dev":"eth1","flags":[]},
{"dst":"10.0.0.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"10.0.0.2"},
{"type":"unreachable","dst":"10.50.0.0/16","flags":[]},
{"type":"throw","dst":"10.53.0.0/16","flags":[]},
{"dst":"10.60.0.0/16","flags":[],"nexthops":[
{"gateway":"10.0.0.1","dev":"eth0","weight":1,"flags":[]},
{"gateway":"10.1.0.9","dev":"eth1","weight":1,"flags":["linkdown"]},
{"gateway":"10.2.0.9","dev":"eth2","weight":1,"flags":["dead","linkdown"]}]},
{"dst":"10.61.0.0/16","gateway":"10.1.0.9","dev":"eth1","metric":50,"flags":[]},
{"dst":"10.61.0.0/16","gateway":"10.0.0.1","dev":"eth0","metric":100,"flags":[]},
{"dst":"10.62.0.0/16","gateway":"10.0.0.1","dev":"eth0","flags":[],"flow":{"from":"3","to":"lan"}},
{"dst":"10.64.0.0/16","dev":"eth2","flags":["dead"]},
{"dst":"10.65.0.0/16","via":{"family":"inet6","host":"fd00::1"},"dev":"eth0","flags":[]},
{"dst":"10.66.0.0/16","dev":"eth1","table":"55","scope":"link","flags":[]},
{"type":"local","dst":"10.0.0.2","dev":"eth0","table":"local","protocol":"kernel","scope":"host"}]
[{"dst":"fd00:0:0:1::/64","dev":"eth0","protocol":"kernel","metric":256,"pref":"medium"},
{"type":"blackhole","dst":"fd00:51::/32","dev":"lo","metric":1024,"flags":[],"pref":"medium"},
{"dst":"default","dev":"eth1","metric":1024,"flags":[],"pref":"medium"}]
"""
HOST = read_host(ADDR, ROUTE)


def hops(text: str, host: Host = HOST) -> list[str]:
    """The interfaces of the route to an address; its kind where it has none."""
    address, width = parse_address(text)
    entry = host.fib(width).entry(address)
    return [way.interface for route in entry for way in route.ways] or [r.kind for r in entry]


def test_addresses_with_their_flags() -> None:
    assert HOST.addresses is not None
    told = {
        format_address(a.address, a.width): {
            name for name in ("secondary", "deprecated", "tentative", "routed") if getattr(a, name)
        }
        for a in HOST.addresses
    }
    assert told["10.0.0.77"] == {"secondary", "routed"}
    assert told["fd00:9::1"] == {"deprecated", "routed"}
    assert told["fd00:8::1"] == {"tentative", "routed"}
    assert told["fe80::2"] == set()


def test_a_peer_tells_the_network() -> None:
    (tunnel,) = (a for a in HOST.of("eth0", 32) if a.scope == "link")
    assert str(tunnel.network) == "198.51.100.99/32"


def test_interfaces_with_their_groups() -> None:
    assert HOST.devices is not None
    told = [(d.name, d.group, d.up) for d in HOST.devices]
    assert told == [("lo", 0, True), ("eth0", 7, True), ("eth1", "dmz", False)]


@every_row(
    ("address", "expected"),
    [
        ("10.0.0.9", ["eth0"]),
        ("10.50.1.1", ["unreachable"]),
        ("10.60.0.1", ["eth0", "eth1"]),
        ("10.61.0.1", ["eth1"]),
        ("10.65.0.1", ["eth0"]),
        ("8.8.8.8", ["eth1"]),
        ("10.64.0.1", ["eth1"]),
        ("10.66.0.1", ["eth1"]),
        ("fd00:51::1", ["blackhole"]),
        ("2001:db8::1", ["eth1"]),
    ],
)
def test_routes_by_address(address: str, expected: list[str]) -> None:
    assert hops(address) == expected


def test_throw_goes_on_to_the_next_table_which_is_none() -> None:
    assert hops("10.53.0.1") == []


def test_a_route_of_another_table_is_left_out_and_known() -> None:
    assert [str(r.network) for r in HOST.other_tables(32)] == ["10.66.0.0/16"]


def test_realms_as_numbers_and_as_names() -> None:
    (route,) = HOST.fib(32).entry(parse_address("10.62.0.1")[0])
    assert (route.source_realm, route.realm) == (3, "lan")


def test_gateways_of_the_routes_own_family() -> None:
    (far,) = HOST.fib(32).entry(parse_address("8.8.8.8")[0])
    assert far.ways == (NextHop(interface="eth1", gateway=parse_address("10.1.0.9")[0]),)
    (other,) = HOST.fib(32).entry(parse_address("10.65.0.1")[0])
    assert other.gateway is None


def test_a_default_route_without_a_hint_is_of_the_others_family() -> None:
    six = read_host(None, '[{"dst":"default","dev":"x"},{"dst":"fd00::/64","dev":"x"}]')
    assert (six.tells_routes(128), six.tells_routes(32)) == (True, False)
    four = read_host(None, '[{"dst":"default","dev":"x"}]')
    assert (four.tells_routes(128), four.tells_routes(32)) == (False, True)


def test_no_route_at_all_is_told_of_both_families() -> None:
    host = read_host(None, "[]")
    assert host.tells_routes(32)
    assert host.tells_routes(128)


def test_numbers_of_tables_are_their_names() -> None:
    text = '[{"type":"local","dst":"10.9.0.0/16","dev":"lo","table":255,"scope":"host"}]'
    host = read_host(None, text)
    assert host.tells_addresses(32)
    assert parse_address("10.9.1.1")[0] in (host.local(32) or ())


def test_an_address_that_is_listed_twice_is_one() -> None:
    assert read_host(ADDR + ADDR).addresses == HOST.addresses


@every_row(
    ("addr", "route", "code", "word"),
    [
        ("", None, "IPT0140", "addr"),
        ("[" * 100_000, None, "IPT0140", "nested"),
        ("{}", None, "IPT0140", "list"),
        ("[1]", None, "IPT0140", "list"),
        ("[] x", None, "IPT0140", "addr"),
        ('[{"ifname":["x"]}]', None, "IPT0147", "ifname"),
        ('[{"ifname":"x","flags":"UP"}]', None, "IPT0147", "flags"),
        ('[{"ifname":"x","group":{}}]', None, "IPT0147", "group"),
        ('[{"ifname":"x","addr_info":{}}]', None, "IPT0147", "addr_info"),
        ('[{"ifname":"x","addr_info":[7]}]', None, "IPT0147", "addr_info"),
        ('[{"ifname":"x","addr_info":[{"local":"y"}]}]', None, "IPT0148", "local"),
        ('[{"ifname":"x","addr_info":[{"local":7}]}]', None, "IPT0148", "local"),
        (
            '[{"ifname":"x","addr_info":[{"family":"inet","local":"::1"}]}]',
            None, "IPT0148", "IPv4",
        ),
        (
            '[{"ifname":"x","addr_info":[{"local":"10.0.0.1","prefixlen":"24"}]}]',
            None, "IPT0148", "prefixlen",
        ),
        (
            '[{"ifname":"x","addr_info":[{"local":"10.0.0.1","prefixlen":33}]}]',
            None, "IPT0148", "from 0 to 32",
        ),
        (
            '[{"ifname":"x","addr_info":[{"local":"10.0.0.1","prefixlen":true}]}]',
            None, "IPT0148", "prefixlen",
        ),
        (
            '[{"ifname":"x","addr_info":[{"local":"10.0.0.1","secondary":1}]}]',
            None, "IPT0148", "secondary",
        ),
        (None, '[{"dst":"1.2.3.0/240","dev":"x"}]', "IPT0149", "dst"),
        (None, '[{"dst":"1.2.3.0/255.0.255.0","dev":"x"}]', "IPT0149", "dst"),
        (None, '[{"dst":7,"dev":"x"}]', "IPT0149", "dst"),
        (None, '[{"priority":0,"src":"all","table":"local"}]', "IPT0149", "dst"),
        (None, '[{"dst":"1.2.3.0/24"}]', "IPT0149", "dev"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","nexthops":3}]', "IPT0149", "nexthops"),
        (None, '[{"dst":"default","dev":"x","nexthops":[3]}]', "IPT0149", "nexthops"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","metric":-1}]', "IPT0149", "metric"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","metric":"1"}]', "IPT0149", "metric"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","type":"odd"}]', "IPT0149", "type"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","gateway":"::1"}]', "IPT0149", "IPv4"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","flags":"dead"}]', "IPT0149", "flags"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","flow":"7"}]', "IPT0149", "flow"),
        (None, '[{"dst":"1.2.3.0/24","dev":"x","table":null}]', "IPT0149", "table"),
    ],
)  # fmt: skip
def test_broken_texts_are_refused_in_a_sentence(
    addr: str | None, route: str | None, code: str, word: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_host(addr, route)
    assert caught.value.code == code
    assert word in str(caught.value)


def test_a_long_text_is_cut_in_the_sentence() -> None:
    text = json.dumps([{"dst": "x" * 10_000, "dev": "y"}])
    with pytest.raises(UsageError) as caught:
        read_host(None, text)
    assert len(str(caught.value)) < 300
