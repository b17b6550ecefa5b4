"""Every packet lies in exactly one fate of the walk over all packets, and it is the tracer's.

And what two rule sets are said to do differently is where two traces differ, no more and no less.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset
from iptsim.netfilter.host import read_host
from iptsim.packet import Packet
from iptsim.predicate import InSet, Interface, OneOf, Predicate, all_of
from iptsim.symbolic.comparing import Comparing, Fate, groups
from iptsim.symbolic.cubes import cubes, possible
from iptsim.symbolic.diagrams import Manager, OxiddManager
from iptsim.symbolic.engine import Engine, Fates
from iptsim.symbolic.ordinary import ordinary
from iptsim.symbolic.pure import PureManager
from iptsim.symbolic.universe import Universe
from iptsim.tracer import Outcome, Tracer
from iptsim.tracer.sets import domain_of
from iptsim.tracer.terms import Known, Mixed, Stepped, Term, Variable, is_choice
from iptsim.values import InterfacePattern, IntSet, parse_address

ADDRESSES = tuple(
    parse_address(text)[0]
    for text in ("10.0.0.1", "10.1.0.9", "192.0.2.7", "198.51.100.2", "10.9.9.9", "224.0.0.5")
)
TOLD = read_host(
    json.dumps(
        [
            {"ifname": name, "addr_info": [{"local": address, "prefixlen": 24}]}
            for name, address in (("eth0", "10.0.0.2"), ("eth1", "192.0.2.7"))
        ]
    )
)
OWN = parse_address("192.0.2.7")[0]
NAMES = ("eth0", "eth1", "wlan0")
CONDITIONS = (
    "", "-s 10.0.0.0/8", "-d 192.0.2.7", "! -s 10.0.0.1", "-p tcp", "-d 224.0.0.0/4",
    "-p tcp -m tcp --dport 80", "-p tcp -m multiport --dports 80,8000:9000", "-p udp",
    "-p udp -m udp --sport 53", "-m mark --mark 0x1/0x3", "-m mark ! --mark 0x10/0xf0",
    "-m ttl --ttl-lt 11", "-m tos --tos 0x10/0x3f", "-m conntrack --ctstate NEW",
    "-m conntrack --ctstate DNAT", "-m conntrack --ctstate RELATED", "-p icmp",
    "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL", "-m limit --limit 1/sec",
)  # fmt: skip
TARGETS = {
    "mangle": (
        "-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x10/0xf0", "-j TTL --ttl-dec 1",
        "-j TOS --set-tos 0x10/0x3f", "-j CONNMARK --set-xmark 0x1/0xffffffff", "-j DROP",
        "-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf",
    ),
    "nat": (
        "-p tcp -j REDIRECT --to-ports 15001", "-p tcp -j DNAT --to-destination 10.9.9.9:8443",
        "-j DNAT --to-destination 10.1.0.9", "-p tcp -j DNAT --to-destination 192.0.2.7:80",
    ),
    "filter": ("-j DROP", "-j REJECT --reject-with icmp-port-unreachable", "-j ACCEPT"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where packets start, what is told of the host, and the chains with rules of their own."""

    hook: str
    host: Host
    chains: tuple[tuple[str, str], ...]
    interface: str

    @property
    def conditions(self) -> tuple[str, ...]:
        """What can be asked at its first hook."""
        option = {"in": "-i", "out": "-o"}[self.interface]
        return (*CONDITIONS, f"{option} eth0", f"! {option} eth+")


ARRIVING = (("mangle", "PREROUTING"), ("nat", "PREROUTING"), ("filter", "INPUT"))
SENT = (("mangle", "OUTPUT"), ("nat", "OUTPUT"), ("filter", "OUTPUT"))
SCENES = (
    Scene(hook="PREROUTING", host=TOLD, chains=ARRIVING, interface="in"),
    Scene(hook="PREROUTING", host=NOBODY, chains=ARRIVING, interface="in"),
    Scene(hook="OUTPUT", host=TOLD, chains=SENT, interface="out"),
    Scene(hook="OUTPUT", host=NOBODY, chains=SENT, interface="out"),
    Scene(
        hook="FORWARD",
        host=NOBODY,
        chains=(("mangle", "FORWARD"), ("filter", "FORWARD")),
        interface="in",
    ),
)
Rules = dict[tuple[str, str], list[str]]


def rules_of(random: Random, scene: Scene) -> Rules:
    """The rules of each table, user chains included."""
    return {place: _rules(random, scene, *place) for place in scene.chains}


def _rules(random: Random, scene: Scene, table: str, chain: str) -> list[str]:
    found = []
    for own in (chain, "one", "two"):
        for _ in range(random.randint(0, 4)):
            jumps = {"one": ["-j two", "-g two"], "two": []}.get(own, ["-j one", "-g two"])
            target = random.choice([*TARGETS[table], *jumps, "-j RETURN", "-j ACCEPT"])
            condition = random.choice(scene.conditions)
            if "-p " in target and "-p " in condition:
                condition = ""
            found.append(" ".join(f"-A {own} {condition} {target}".split()))
    return found


def ruleset_of(rules: Rules) -> Ruleset:
    lines: list[str] = []
    for (table, chain), own in rules.items():
        lines += [f"*{table}", f":{chain} ACCEPT [0:0]", ":one - [0:0]", ":two - [0:0]"]
        lines += [*own, "COMMIT"]
    (ruleset,) = read_text("\n".join([*lines, ""]), file="rules").rulesets
    return ruleset


def mutated(rules: Rules, random: Random, scene: Scene) -> Rules:
    """The same rules but for one that went, came or moved."""
    place = random.choice(sorted(rules))
    own = list(rules[place])
    if own and random.random() < 0.5:
        own.pop(random.randrange(len(own)))
    else:
        more = _rules(random, scene, *place) or own or ["-A one"]
        own.insert(random.randint(0, len(own)), random.choice(more))
    return {**rules, place: own}


def packet_of(random: Random, scene: Scene) -> Packet:
    proto = random.choice((6, 6, 17, 1))
    ported = proto != 1
    packet = Packet(
        proto=proto,
        src=random.choice([a for a in ADDRESSES[:4] if a != OWN]),
        dst=random.choice(ADDRESSES),
        sport=random.choice((53, 40000)) if ported else None,
        dport=random.choice((80, 8080, 15001, 22)) if ported else None,
        mark=random.choice((0, 1, 0x10)),
        ttl=random.choice((1, 9, 64)),
        tos=random.choice((0, 0x10)),
        length=60,
        tcp_flags=2 if proto == 6 else None,
        icmp_type=8 if proto == 1 else None,
        icmp_code=0 if proto == 1 else None,
        ctstate=random.choice(("NEW", "NEW", "ESTABLISHED", "INVALID", "RELATED")),
    )
    if scene.interface == "in":
        return packet.with_(in_=random.choice(NAMES))
    if scene.host is TOLD:
        return packet.with_(src=OWN)
    return packet.with_(out=random.choice((*NAMES, "lo")))


def sane(packet: Packet, scene: Scene) -> bool:
    """Packets that are taken not to be; where a frame to many goes is not compared."""
    many = packet.dst == ADDRESSES[-1]
    return not many or (scene.hook == "PREROUTING" and packet.proto != 6)


def exactly(packet: Packet) -> Predicate:
    """The condition that a packet is this one."""
    parts: list[Predicate] = []
    for name, value in packet.given().items():
        if name == "ctstate":
            continue
        if isinstance(value, int):
            parts.append(InSet(field=name, values=IntSet.single(value)))
        elif name in ("in", "out"):
            parts.append(Interface(field=name, pattern=InterfacePattern(text=value)))
        else:
            parts.append(OneOf(field=name, names=frozenset({value})))
    return all_of(parts)


def declared(engine: Engine, packet: Packet, fates: Fates) -> Any:
    """The set of the one packet."""
    for name in packet.given():
        engine.universe.declare(name, fates.setting.domains[name])
    here: Any = engine.universe.of(exactly(packet))
    return here & possible(engine.universe, fates.setting)


def value(term: Term, packet: Packet) -> int | str:
    """What a term is for a packet."""
    given = {name: told for name, told in packet.given().items() if isinstance(told, int)}
    match term:
        case Known(value=int(known)):
            return known
        case Variable(name=name):
            return "?" if is_choice(term) else given[name]
        case Stepped(name=name, values=values):
            return values[given[name]]
        case Mixed(parts=parts, constant=constant):
            for name, mask in parts:
                constant ^= given[name] & mask
            return constant
    raise AssertionError(term)


def as_traced(fate: Fate, packet: Packet) -> tuple[object, ...]:
    """A fate as a trace of the packet has it: fields that really changed."""
    given = packet.given()
    left = {name: value(term, packet) for name, term in fate.rewrites}
    changed = {name: held for name, held in left.items() if given.get(name) != held}
    return (fate.verdict, fate.destination, tuple(sorted(changed.items())))


def traced(outcome: Outcome, packet: Packet) -> tuple[object, ...]:
    given = packet.given()
    held = dict(outcome.packet)
    names = {r.field for r in outcome.rewrites} if outcome.destination else set()
    left = {name: held.get(name, "?") for name in names}
    numbers = {
        name: parse_address(told)[0] if isinstance(told, str) and told != "?" else told
        for name, told in left.items()
    }
    changed = {name: held for name, held in numbers.items() if given.get(name) != held}
    return (outcome.verdict, outcome.destination, tuple(sorted(changed.items())))


def asked(packet: Packet) -> Packet:
    """Only its state is told: the question is of every such packet."""
    return Packet(ctstate=packet.ctstate)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@pytest.mark.parametrize("manager", [OxiddManager, PureManager])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_a_packet_has_one_fate_and_it_is_the_tracers(
    manager: type[Manager], scene: Scene, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    ruleset = ruleset_of(rules_of(random, scene))
    engine = Engine(manager(), (ruleset,), host=scene.host, interfaces=NAMES)
    tracer = Tracer.of(ruleset)
    for packet in (packet_of(random, scene) for _ in range(5)):
        if not sane(packet, scene):
            continue
        fates = engine.fates(0, asked(packet), scene.hook)
        here = declared(engine, packet, fates)
        met = [g for g in groups(fates.ends) if g.held & here != engine.universe.manager.false]
        outcomes = tracer.trace(packet, hook=scene.hook, host=scene.host).outcomes
        told = {as_traced(_settled(engine.universe, g.fate, g.held & here), packet) for g in met}
        assert told == {traced(outcome, packet) for outcome in outcomes}
        _apart(engine, [g.held & here for g in met])


def _apart(engine: Engine, sets: list[Any]) -> None:
    """No packet, whatever the facts, is in two of them."""
    for index, one in enumerate(sets):
        for other in sets[:index]:
            assert one & other == engine.universe.manager.false


def _settled(universe: Universe, fate: Fate, held: Any) -> Fate:
    """The fate with the values that this packet meets instead of variables for many."""
    picked = ordinary(universe, held, 4)
    rewrites = tuple(
        (name, Known(value=picked[term.name]))
        if isinstance(term, Variable) and " set in " in term.name
        else (name, term)
        for name, term in fate.rewrites
    )
    return Fate(verdict=fate.verdict, destination=fate.destination, rewrites=rewrites)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_difference_holds_exactly_where_two_traces_differ(scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # see above
    rules = rules_of(random, scene)
    sides = ruleset_of(rules), ruleset_of(mutated(rules, random, scene))
    engine = Engine(OxiddManager(), sides, host=scene.host, interfaces=NAMES)
    tracers = [Tracer.of(side) for side in sides]
    for packet in (packet_of(random, scene) for _ in range(4)):
        if not sane(packet, scene):
            continue
        fates = [engine.fates(which, asked(packet), scene.hook) for which in (0, 1)]
        here = declared(engine, packet, fates[0])
        differing = list(Comparing(engine.universe, fates[0], fates[1]).differing())
        told = [d for d in differing if d.held & here != engine.universe.manager.false]
        ways = [_ways(tracer, packet, scene) for tracer in tracers]
        if all(len(way) == 1 for way in ways):
            assert len(told) == (ways[0] != ways[1])
        for one in differing:
            _replayed(engine, one.held, packet, scene, tracers, fates[1])


def _ways(tracer: Tracer, packet: Packet, scene: Scene) -> set[tuple[object, ...]]:
    found = tracer.trace(packet, hook=scene.hook, host=scene.host)
    return {traced(outcome, packet) for outcome in found.outcomes}


def _replayed(
    engine: Engine, held: Any, packet: Packet, scene: Scene, tracers: list[Tracer], fates: Fates
) -> None:
    """A packet out of the difference fares otherwise in the tracer, too."""
    room = held & possible(engine.universe, fates.setting)
    if room == engine.universe.manager.false:
        return
    assert cubes(engine.universe, held, fates.setting)
    picked = ordinary(engine.universe, room, 4)
    if picked["dst"] in range(224 << 24, 1 << 32) or any(n.startswith("fact") for n in picked):
        return
    names = ["proto", "src", "dst", "mark", "ttl", "tos", "in"]
    if picked["proto"] in (6, 17):
        names += ["sport", "dport"]
    if scene.hook != "PREROUTING":
        names += ["out"] if scene.host is NOBODY else []
    if scene.hook == "OUTPUT":
        names.remove("in")
    values = {("in_" if n == "in" else n): picked[n] for n in names if n in picked}
    told = asked(packet).with_(**{n: v for n, v in values.items() if not isinstance(v, bool)})
    ways = [_ways(tracer, told, scene) for tracer in tracers]
    assert ways[0] != ways[1]


def test_a_variable_is_declared_once() -> None:
    universe = Universe(PureManager(), ())
    first = universe.declare("mark", domain_of("mark", 4))
    assert universe.declare("mark", domain_of("mark", 4)) is first
