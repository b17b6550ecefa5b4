"""Addresses of every kind, on hosts with many: the tracer routes them as the real kernel does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from random import Random

import pytest
from kernel_comparing import disagreement
from kernel_hosts import NATS, PLACES, REALMS, Place, furnish, packets, rules
from random_hosts import RandomHost
from samples import examples

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Tracer

pytestmark = pytest.mark.kernel

HOSTS = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(50, at_length=500))) // 50
SEED = os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time())))
PACKETS_EACH = 40

_TYPES = {
    4: ("UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "UNREACHABLE"),
    6: ("UNSPEC", "UNICAST", "LOCAL", "ANYCAST", "MULTICAST", "UNREACHABLE"),
}
_INTERFACES = ("lo", "eth0", "eth1", "spare")


def by_type(family: int) -> dict[str, list[str]]:
    """A rule for every address type and side, and one for each way in and out."""
    raw = [
        f"-A {chain} -m addrtype --{side}-type {kind}"
        for chain in ("PREROUTING", "OUTPUT")
        for side in ("src", "dst")
        for kind in _TYPES[family]
    ]
    filters = [f"-A FORWARD -o {name}" for name in _INTERFACES]
    mangle = [f"-A POSTROUTING -o {name}" for name in _INTERFACES]
    return {"raw": raw, "filter": filters, "mangle": mangle}


def limited(family: int) -> dict[str, list[str]]:
    """Address types of one interface alone."""
    kinds = ("LOCAL", "UNICAST", "BROADCAST", "MULTICAST", "UNICAST,BROADCAST")
    types = kinds if family == 4 else ("LOCAL",)
    ways = (("PREROUTING", "in"), ("INPUT", "in"), ("FORWARD", "out"), ("POSTROUTING", "out"))
    mangle = [
        f"-A {chain} -m addrtype {negate}--{side}-type {kind} --limit-iface-{way}"
        for chain, way in ways
        for side in ("src", "dst")
        for kind in types
        for negate in ("", "! ")
    ]
    return {"mangle": mangle}


def told(judge: Judge, place: Place) -> tuple[Host, ...]:
    """The host as its addresses and main table tell it, and as all its tables do."""
    family = place.family
    every = judge.trio.host.run("ip", "-j", f"-{family}", "route", "show", "table", "all")
    addresses = judge.addresses()
    hosts = (read_host(addresses, every), read_host(None, every))
    return hosts if place.local else (*hosts, read_host(addresses, judge.routes(family=family)))


def problems(
    judge: Judge,
    place: Place,
    tables: dict[str, list[str]],
    sent: list[tuple[Packet, str]],
    hosts: tuple[Host, ...],
) -> Iterator[str]:
    """What the tracer and the kernel say differently, in whichever way the host is told."""
    judge.load(rules(tables), family=place.family)
    ruleset = read_text(judge.save(family=place.family), file="save").family(place.family)
    assert ruleset is not None
    tracer = Tracer.of(ruleset)
    for journey in judge.send(sent):
        for number, host in enumerate(hosts):
            found = tracer.trace(journey.packet, hook=journey.hook, host=host)
            problem = disagreement(found, journey)
            if problem is not None:
                yield f"as told in way {number}: {problem}"


def back(family: int) -> dict[str, list[str]]:
    """Every kind of rpfilter, and the groups of the interfaces."""
    flags = ("", "--loose", "--accept-local", "--loose --accept-local", "--validmark", "--invert")
    asked = [f"-A PREROUTING -m rpfilter {words}" for words in flags]
    groups = ("--src-group 0", "! --src-group 7", "--src-group 0x3/0x3")
    asked += [f"-A INPUT -m devgroup {words}" for words in groups]
    asked += [f"-A FORWARD -m devgroup --dst-group {number}" for number in (0, 7)]
    return {"raw": [r for r in asked if "rpfilter" in r], "mangle": asked[len(flags) :]}


Rules = Callable[[int], dict[str, list[str]]]


@pytest.mark.parametrize("make", [by_type, limited, back])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_packets_to_every_kind_of_address(judge: Judge, place: Place, make: Rules) -> None:
    furnish(judge, place.commands, place.family)
    wrong = list(problems(judge, place, make(place.family), packets(place), told(judge, place)))
    assert not wrong, f"{len(wrong)} differ\n\n" + "\n\n".join(wrong[:5])


@pytest.mark.parametrize("name", NATS)
def test_the_address_that_nat_takes(judge: Judge, name: str) -> None:
    place = NATS[name]
    furnish(judge, place.commands, place.family)
    hosts = tuple(host for host in told(judge, place) if host.addresses is not None)
    sent = packets(place) + redirected(place)
    wrong = list(problems(judge, place, translating(place.family), sent, hosts))
    assert not wrong, f"{len(wrong)} differ\n\n" + "\n\n".join(wrong[:5])


def translating(family: int) -> dict[str, list[str]]:
    """REDIRECT and MASQUERADE for all that arrives and all that leaves."""
    far = "8.8.8.8 10.0.0.50" if family == 4 else "2001:db8::9 fe80::4 ff02::1"
    redirects = [
        f"-A PREROUTING -d {address} -p udp -m udp --dport 5 -j REDIRECT" for address in far.split()
    ]
    return {"mangle": [], "nat": [*redirects, "-A POSTROUTING -j MASQUERADE"]}


def redirected(place: Place) -> list[tuple[Packet, str]]:
    """The packets that arrive, to the port that is redirected."""
    return [(p.with_(dport=5), hook) for p, hook in packets(place) if hook == "PREROUTING"]


def test_realms(judge: Judge) -> None:
    furnish(judge, REALMS.commands, 4)
    wanted = ("0", "7", "4", "0x30004", "0x70000", "0x70004", "0x30000/0xffff0000", "0x4/0xff")
    asked = [
        f"-A {chain} -m realm {negate}--realm {number}"
        for chain in ("INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
        for number in wanted
        for negate in ("", "! ")
    ]
    hosts = told(judge, REALMS)
    wrong = list(problems(judge, REALMS, {"mangle": asked}, packets(REALMS), hosts))
    assert not wrong, f"{len(wrong)} differ\n\n" + "\n\n".join(wrong[:5])


@pytest.mark.parametrize("family", [4, 6])
def test_a_new_destination_without_a_route_ends_in_output(judge: Judge, family: int) -> None:
    """The packet is thrown away in nat, so the tables after it are not asked."""
    away = "8.8.8.8" if family == 4 else "2001:db8::9"
    to = "10.50.0.1 10.0.0.1 127.0.0.1" if family == 4 else "fd00:50::1 fd00:0:0:1::1 ::1"
    place = Place(
        family=family,
        commands="route add unreachable " + ("10.50.0.0/16" if family == 4 else "fd00:50::/32"),
        destinations=away,
        sources="",
        near="",
    )
    furnish(judge, place.commands, family)
    rewriting = [
        f"-A {chain} -p udp -m udp --dport {5 + number} -j DNAT --to-destination {address}"
        for chain in ("OUTPUT", "PREROUTING")
        for number, address in enumerate(to.split())
    ]
    marking = ["-A OUTPUT -j MARK --set-mark 9"]
    sent = [(p.with_(dport=5 + number), hook) for p, hook in packets(place) for number in range(3)]
    sent += [(p.with_(in_="eth1"), hook) for p, hook in sent if hook == "PREROUTING"]
    tables = {"mangle": marking, "nat": rewriting, "filter": ["-A OUTPUT -o eth1"]}
    wrong = list(problems(judge, place, tables, sent, told(judge, place)))
    assert not wrong, f"{len(wrong)} differ\n\n" + "\n\n".join(wrong[:5])


@pytest.mark.parametrize("family", [4, 6])
def test_of_several_next_hops_the_kernel_takes_one_that_we_tell(judge: Judge, family: int) -> None:
    """Nobody can foresee which; each way out is an outcome of its own."""
    hops = "10.0.0.1 10.1.0.9" if family == 4 else "fd00:0:0:1::1 fd00:0:0:2::9"
    network = "10.60.0.0/16" if family == 4 else "fd00:60::/32"
    ways = " ".join(f"nexthop via {hop} weight 1" for hop in hops.split())
    place = Place(
        family=family,
        commands=f"route add {network} {ways}",
        destinations="10.60.0.1 10.60.3.9" if family == 4 else "fd00:60::1 fd00:60:9::7",
        sources="10.0.0.1 8.8.8.8" if family == 4 else "fd00:0:0:1::1 2001:db8::5",
        near="10.60.7.7 10.60.1.2" if family == 4 else "fd00:60::9 fd00:60::3",
    )
    furnish(judge, place.commands, family)
    tables = {"mangle": ["-A POSTROUTING -o eth0", "-A POSTROUTING -o eth1"]}
    wrong = list(problems(judge, place, tables, packets(place), told(judge, place)))
    assert not wrong, f"{len(wrong)} differ\n\n" + "\n\n".join(wrong[:5])


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("seed", ["1", SEED], ids=["fixed", "fresh"])
def test_random_hosts_and_destinations(real_kernel: None, family: int, seed: str) -> None:
    for number in range(HOSTS):
        random = Random(f"{seed}/{family}/{number}")  # noqa: S311  # it must come out the same again
        found = RandomHost(random, family)
        with Judge() as judge:
            furnish(judge, found.place.commands, family, strict=False)
            hosts = told(judge, found.place)
            for make in (by_type, back):
                sent = found.packets(PACKETS_EACH)
                wrong = list(problems(judge, found.place, make(family), sent, hosts))
                again = f"again with IPTSIM_KERNEL_SEED={seed}, host {number}"
                assert not wrong, "\n\n".join((again, found.place.commands, *wrong[:3]))
