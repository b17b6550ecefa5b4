"""Hosts made from what is told of one, or from the interfaces that rules name."""

from __future__ import annotations

import json

import pytest

from iptsim.host import NOBODY, Device, Host, InterfaceAddress
from iptsim.kernel import Judge, JudgeError, Links, links_for
from iptsim.kernel.host.interfaces import MOST_LINKS
from iptsim.kernel.host.trio import out_of_the_way
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.values import parse_address, parse_network

kernel = pytest.mark.kernel

ADDRESSES = [
    ("lo", "127.0.0.1/8", "10.255.0.1/32", "fd00:255::1/128", "::1/128"),
    ("eth0", "192.0.2.5/24", "203.0.113.9/30", "192.0.2.6/24", "2001:db8:5::5/64", "fe80::5/64"),
    ("docker0", "172.17.0.1/16"),
    ("cni0", "10.244.0.1/24", "fe80::1/64"),
    ("bond0.100", "198.51.100.2/31"),
    ("wg0", "10.8.0.1/32"),
]
ROUTES = [
    {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
    {"dst": "192.0.2.0/24", "dev": "eth0", "scope": "link", "prefsrc": "192.0.2.5"},
    {"dst": "203.0.113.8/30", "dev": "eth0", "scope": "link"},
    {"dst": "172.17.0.0/16", "dev": "docker0", "scope": "link"},
    {"dst": "10.244.0.0/24", "dev": "cni0", "scope": "link"},
    {"dst": "10.244.7.0/24", "gateway": "172.31.0.1", "dev": "wg0", "flags": ["onlink"]},
    {"dst": "10.244.7.0/24", "dev": "docker0", "metric": 50},
    {"dst": "10.8.0.0/24", "dev": "wg0", "scope": "link"},
    {"type": "blackhole", "dst": "10.9.0.0/16"},
    {"type": "unreachable", "dst": "10.9.1.0/24", "metric": 20},
    {"type": "prohibit", "dst": "10.9.2.0/24"},
    {"dst": "10.7.0.0/16", "nexthops": [
        {"gateway": "192.0.2.1", "dev": "eth0", "weight": 1},
        {"gateway": "10.8.0.9", "dev": "wg0", "weight": 1}]},
]  # fmt: skip
ROUTES6 = [
    {"dst": "2001:db8:5::/64", "dev": "eth0", "metric": 256, "pref": "medium"},
    {"dst": "fe80::/64", "dev": "eth0", "metric": 256, "pref": "medium"},
    {"dst": "fe80::/64", "dev": "cni0", "metric": 256, "pref": "medium"},
    {"dst": "default", "gateway": "fe80::9", "dev": "eth0", "metric": 1024, "pref": "medium"},
    {"type": "unreachable", "dst": "fd00:9::/48", "dev": "lo", "metric": 1024, "pref": "medium"},
]


def addr_json() -> str:
    entries = []
    for name, *texts in ADDRESSES:
        info = []
        for text in texts:
            local, _, length = text.partition("/")
            family = "inet6" if ":" in local else "inet"
            info.append({"family": family, "local": local, "prefixlen": int(length)})
        entries.append({"ifname": name, "flags": ["UP"], "addr_info": info})
    return json.dumps(entries)


def told() -> Host:
    return read_host(addr_json(), json.dumps(ROUTES) + json.dumps(ROUTES6))


def read_back(judge: Judge) -> Host:
    return read_host(judge.addresses(), judge.routes() + judge.routes(family=6))


@kernel
def test_the_host_made_is_the_host_told(real_kernel: None) -> None:
    with Judge(links_for(told())) as judge:
        made = read_back(judge)
    for width in (32, 128):
        for name, *_ in ADDRESSES:
            ours = [a.address for a in told().of(name, width)]
            assert [a.address for a in made.of(name, width)] == ours
        assert made.local(width) == told().local(width)
        assert sorted(ways(made, width)) == sorted(ways(told(), width))


def ways(host: Host, width: int) -> list[tuple[str, str, str]]:
    return [
        (str(r.network), r.kind, str([(w.interface, w.gateway) for w in r.ways]))
        for r in host.routes or ()
        if r.network.width == width
    ]


@kernel
@pytest.mark.parametrize(
    ("destination", "by"),
    [
        ("192.0.2.77", "eth0"),
        ("8.8.8.8", "eth0"),
        ("172.17.3.4", "docker0"),
        ("10.244.0.9", "cni0"),
        ("10.244.7.9", "wg0"),
        ("10.8.0.200", "wg0"),
        ("10.9.3.3", None),
        ("10.9.1.3", None),
        ("2001:db8:5::77", "eth0"),
        ("2001:db8:77::1", "eth0"),
        ("fd00:9::1", None),
    ],
)
def test_packets_leave_as_the_routes_tell(
    real_kernel: None, destination: str, by: str | None
) -> None:
    dst, width = parse_address(destination)
    family = 4 if width == 32 else 6
    names = [name for name, *_ in ADDRESSES[1:]]
    rules = "".join(f"-A FORWARD -o {name} -j ACCEPT\n" for name in names)
    with Judge(links_for(told(), ["veth12ab"])) as judge:
        judge.load(f"*filter\n:FORWARD DROP\n{rules}COMMIT\n", family=family)
        asked = Packet(family=family, in_="veth12ab", src=dst ^ 1 << 20, dst=dst)
        (journey,) = judge.send([(asked, "PREROUTING")])
    taken = [names[s.rule - 1] for s in journey.steps if s.hook == "FORWARD" and s.rule]
    assert taken == ([by] if by else [])
    assert journey.verdict == ("ACCEPT" if by else "LOST")


@kernel
@pytest.mark.parametrize("family", [4, 6])
def test_a_packet_arrives_by_any_interface_that_rules_name(real_kernel: None, family: int) -> None:
    named = ["eth+", "cali+", "wg0", "tun0", "br-9f1c", "bond0.100", "lo", "+", "eth0:1", "a/b", ""]
    names = ["wg0", "tun0", "br-9f1c", "bond0.100", "eth0", "cali0"]
    links = links_for(NOBODY, named)
    assert [link.name for link in links.links] == names
    rules = "".join(f"-A INPUT -i {name} -j ACCEPT\n" for name in names)
    with Judge(links) as judge:
        judge.load(f"*filter\n:INPUT DROP\n{rules}COMMIT\n", family=family)
        asked = [(Packet(family=family, in_=name), "PREROUTING") for name in names]
        found = [journey.steps[-1].rule for journey in judge.send(asked)]
    assert found == [1, 2, 3, 4, 5, 6]


@kernel
def test_the_default_route_leaves_as_asked(real_kernel: None) -> None:
    for out in ("eth1", "eth0"):
        dst, _ = parse_address("198.18.0.9")
        links = links_for(NOBODY, ["eth0", "eth1"], out=out, avoid=[(dst, 32)])
        with Judge(links) as judge:
            judge.load(f"*filter\n:FORWARD DROP\n-A FORWARD -o {out} -j ACCEPT\nCOMMIT\n")
            (journey,) = judge.send([(Packet(in_="eth0", dst=dst), "PREROUTING")])
        assert journey.verdict == "ACCEPT"


@kernel
def test_addresses_may_be_the_hosts_own_besides(real_kernel: None) -> None:
    own = [parse_address("8.8.8.8"), parse_address("2001:db8::8")]
    with Judge(links_for(NOBODY, ["eth0"], local=own)) as judge:
        for value, width in own:
            packet = Packet(family=4 if width == 32 else 6, dst=value)
            (journey,) = judge.send([(packet, "PREROUTING")])
            assert [s.hook for s in journey.sightings] == ["INPUT"]


@kernel
def test_a_device_that_is_down_keeps_its_address(real_kernel: None) -> None:
    network = parse_network("192.0.2.0/24")
    own = InterfaceAddress(interface="eth9", address=network.value + 1, network=network)
    host = Host(addresses=(own,), devices=(Device(name="eth9", up=False),))
    with Judge(links_for(host, ["eth0"])) as judge:
        asked = [
            (Packet(in_="eth0", src=1 << 28, dst=network.value + n), "PREROUTING") for n in (1, 2)
        ]
        found = [[s.hook for s in journey.sightings] for journey in judge.send(asked)]
    assert found == [["INPUT"], ["POSTROUTING"]]


@kernel
def test_as_many_interfaces_as_there_may_be(real_kernel: None) -> None:
    names = [f"veth{n}" for n in range(MOST_LINKS)]
    with Judge(links_for(NOBODY, names)) as judge:
        asked = [(Packet(in_=name), "PREROUTING") for name in (names[0], names[-1])]
        assert [journey.verdict for journey in judge.send(asked)] == ["ACCEPT", "ACCEPT"]
    with pytest.raises(JudgeError) as error:
        links_for(NOBODY, [*names, "eth0"])
    assert error.value.code == "IPT0607"


@pytest.mark.parametrize(
    "name", ["a/b", "sixteen-letters-", "all", "a b", "eth0:1", "a#b", "%d", "\ud800", "é" * 8, ""]
)
def test_an_address_on_an_interface_that_cannot_be_is_an_error(name: str) -> None:
    network = parse_network("192.0.2.0/24")
    own = InterfaceAddress(interface=name, address=network.value + 1, network=network)
    with pytest.raises(JudgeError, match="no interface can be called"):
        links_for(Host(addresses=(own,)))


def test_made_up_networks_collide_with_nothing() -> None:
    taken = [parse_address(text) for text in ("198.18.0.77", "198.18.2.1", "2001:2::9")]
    routes = read_host(None, json.dumps([{"dst": "198.18.4.0/23", "dev": "eth0"}]))
    links = links_for(Host(routes=routes.routes), ["eth0", "eth1", "eth2"], avoid=taken)
    nets = [str(a.network) for link in links.links for a in link.addresses(32)]
    assert nets == ["198.18.1.0/24", "198.18.3.0/24", "198.18.6.0/24"]
    assert str(links.links[0].addresses(128)[0].network) == "2001:2:0:1::/64"


def test_names_of_the_kernels_own_devices_are_made_free() -> None:
    links: Links = links_for(NOBODY, ["tunl0", "eth0"])
    assert out_of_the_way(["lo", "tunl0", "sit0"], links.links) == [
        "link set dev tunl0 down name 0.iptsim"
    ]
