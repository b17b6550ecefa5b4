"""What `ip`, `ifconfig`, `route` and `netstat` print for people tells what `ip -j` tells.

The texts of `host_texts/` are those that iproute2 6.1, net-tools 2.10 and busybox 1.35 printed of
one network namespace.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iptsim.errors import UsageError
from iptsim.fib import Route
from iptsim.host import InterfaceAddress
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.routes import read_routes
from iptsim.values import format_address

TEXTS = Path(__file__).parent / "host_texts"
BOTH = frozenset({32, 128})


def text(name: str) -> str:
    return (TEXTS / f"{name}.txt").read_text()


WANTED = read_host(text("ip-j-addr"), text("ip-j-route-all") + text("ip-j-6-route-all"))


def told(address: InterfaceAddress) -> tuple[str, str, str]:
    return (
        address.interface,
        format_address(address.address, address.width),
        str(address.network),
    )


@pytest.mark.parametrize("name", ["ip-addr", "busybox-ip-addr", "ip-o-addr"])
def test_ip_addr_tells_every_address_as_json_does(name: str) -> None:
    found = read_host(text(name))
    assert found.addresses == WANTED.addresses
    assert found.widths == BOTH


def test_devices_are_those_of_json_where_the_text_shows_all() -> None:
    assert read_host(text("ip-addr")).devices == WANTED.devices
    assert read_host(text("ip-o-addr")).devices is None
    groups = {device.group for device in read_host(text("busybox-ip-addr")).devices or ()}
    assert groups == {None}


def test_the_brief_form_has_no_flags() -> None:
    found = read_host(text("ip-br-addr")).addresses or ()
    assert list(map(told, found)) == list(map(told, WANTED.addresses or ()))
    assert [a.secondary for a in found] == [a.secondary for a in WANTED.addresses or ()]
    assert [a.scope for a in found] == [a.scope for a in WANTED.addresses or ()]


@pytest.mark.parametrize("name", ["ifconfig", "busybox-ifconfig"])
def test_ifconfig_shows_all_but_what_has_no_label(name: str) -> None:
    found = {told(a) for a in read_host(text(name)).addresses or ()}
    left = {told(a) for a in WANTED.addresses or ()} - found
    assert left == {("tun0", "10.20.0.1", "10.20.0.0/24")}
    assert {d.name: d.kind for d in read_host(text(name)).devices or ()}["eth0"] == "ether"


def test_one_family_tells_nothing_of_the_other() -> None:
    host = read_host(text("ip-4-addr"))
    assert host.widths == {32}
    assert host.tells_addresses(32)
    assert not host.tells_addresses(128)
    assert host.for_width(128).addresses is None
    assert host.for_width(32) is host


@pytest.mark.parametrize(("name", "widths"), [("ip-route-all", BOTH), ("ip-6-route-all", {128})])
def test_every_table_is_read(name: str, widths: set[int]) -> None:
    wanted = {route for route in WANTED.routes or () if route.network.width in widths}
    assert set(read_routes(text(name))) == wanted


def plain(route: Route) -> Route:
    """A route as tables of the older programs tell it: nothing of who made it, one next hop."""
    kind = "unreachable" if route.kind == "prohibit" else route.kind
    first = route.hops[0] if route.hops else None
    gateway = first.gateway if first else route.gateway
    return replace(route, made=False, hops=(), gateway=gateway, kind=kind)


@pytest.mark.parametrize("name", ["route-n", "busybox-route-n", "netstat-rn", "netstat-6-rn"])
def test_kernel_tables_are_those_of_main(name: str) -> None:
    six = "-6" in name
    main = [r for r in WANTED.routes or () if r.table == "main"]
    wanted = {plain(r) for r in main if (r.network.width == 128) is six}
    found = set(read_routes(text(name)))
    if six:  # the end of an empty table
        found = {route for route in found if route.kind != "unreachable"}
    if name == "netstat-rn":  # has no metrics
        wanted = {replace(route, metric=0) for route in wanted}
    assert found == wanted


def test_a_prompt_and_colours_are_no_part_of_it() -> None:
    shown = text("ip-addr").replace("inet ", "\x1b[35minet \x1b[0m")
    assert read_host(f"root@node:~# ip -c addr\n{shown}").addresses == WANTED.addresses
    assert read_routes("$ sudo ip route\n" + text("ip-route")) == read_routes(text("ip-route"))


@pytest.mark.parametrize(
    ("addr", "line"),
    [
        ("1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\nnonsense\n", 3),
        ("eth0: flags=4163<UP> mtu 1500\n        inet 10.0.0.2  netmask 255.0.255.0\n", 2),
        ("    inet 10.0.0.2/24 scope global eth0\n", 1),
        ("no addresses at all\n", 1),
        ("lo  UNKNOWN  127.0.0.1/8 what\n", 1),
    ],
)
def test_what_is_no_list_of_addresses_is_refused_with_its_line(addr: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"line {line}:") as refused:
        read_host(addr)
    assert refused.value.code == "IPT0172"


@pytest.mark.parametrize(
    ("routes", "line"),
    [
        ("default via 10.0.0.1 dev eth0 metric high\n", 1),
        (
            "Kernel IP routing table\n"
            "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
            "10.0.0.0        0.0.0.0         255.255.0.255   U     0      0        0 eth0\n",
            3,
        ),
        (
            "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
            "10.0.0.0        0.0.0.0\n",
            2,
        ),
    ],
)
def test_what_is_no_table_of_routes_is_refused_with_its_line(routes: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"line {line}:"):
        read_routes(routes)
