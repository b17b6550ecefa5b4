"""Every packet lies in exactly one fate of the walk over all packets, and it is the tracer's.

And what two rule sets are said to do differently is where two traces differ, no more and no less.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.dialects import read_text
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
from iptsim.tracer.terms import Known, Mixed, Stepped, Term, Variable
from iptsim.values import InterfacePattern, IntSet, parse_address

HOSTS = [parse_address(text)[0] for text in ("10.0.0.1", "10.1.0.9", "192.0.2.7", "198.51.100.2")]
HOST = read_host(
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
    "", "-s 10.0.0.0/8", "-d 192.0.2.7", "! -s 10.0.0.1", "-i eth0", "! -i eth+", "-p tcp",
    "-p tcp -m tcp --dport 80", "-p tcp -m multiport --dports 80,8000:9000", "-p udp",
    "-p udp -m udp --sport 53", "-m mark --mark 0x1/0x3", "-m mark ! --mark 0x10/0xf0",
    "-m ttl --ttl-lt 11", "-m tos --tos 0x10/0x3f", "-m conntrack --ctstate NEW",
)  # fmt: skip
TARGETS = {
    "mangle": (
        "-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x10/0xf0", "-j TTL --ttl-dec 1",
        "-j TOS --set-tos 0x10/0x3f", "-j CONNMARK --set-xmark 0x1/0xffffffff", "-j DROP",
    ),
    "nat": (
        "-p tcp -j REDIRECT --to-ports 15001", "-p tcp -j DNAT --to-destination 10.9.9.9:8443",
        "-j DNAT --to-destination 10.1.0.9",
    ),
    "filter": ("-j DROP", "-j REJECT --reject-with icmp-port-unreachable", "-j ACCEPT"),
}  # fmt: skip
CHAINS = {"mangle": "PREROUTING", "nat": "PREROUTING", "filter": "INPUT"}


def rules_of(random: Random) -> dict[str, list[str]]:
    """The rules of each table, user chains included."""
    return {table: list(_rules(random, table)) for table in CHAINS}


def _rules(random: Random, table: str) -> Iterator[str]:
    for chain in (CHAINS[table], "one", "two"):
        for _ in range(random.randint(0, 4)):
            jumps = {"one": ["-j two", "-g two"], "two": []}.get(chain, ["-j one", "-g two"])
            target = random.choice([*TARGETS[table], *jumps, "-j RETURN", "-j ACCEPT"])
            condition = random.choice(CONDITIONS)
            if "-p " in target and "-p " in condition:
                condition = ""
            yield " ".join(f"-A {chain} {condition} {target}".split())


def ruleset_of(rules: dict[str, list[str]]) -> Ruleset:
    lines: list[str] = []
    for table, own in rules.items():
        lines += [f"*{table}", f":{CHAINS[table]} ACCEPT [0:0]", ":one - [0:0]", ":two - [0:0]"]
        lines += [*own, "COMMIT"]
    (ruleset,) = read_text("\n".join([*lines, ""]), file="rules").rulesets
    return ruleset


def mutated(rules: dict[str, list[str]], random: Random) -> dict[str, list[str]]:
    """The same rules but for one that went, came or moved."""
    table = random.choice(sorted(rules))
    own = list(rules[table])
    if own and random.random() < 0.5:
        own.pop(random.randrange(len(own)))
    else:
        own.insert(
            random.randint(0, len(own)),
            random.choice(list(_rules(random, table)) or own or ["-A one"]),
        )
    return {**rules, table: own}


def packet_of(random: Random) -> Packet:
    proto = random.choice((6, 17))
    return Packet(
        proto=proto,
        src=random.choice([host for host in HOSTS if host != OWN]),
        dst=random.choice(HOSTS),
        sport=random.choice((53, 40000)),
        dport=random.choice((80, 8080, 15001, 22)),
        in_=random.choice(NAMES),
        mark=random.choice((0, 1, 0x10)),
        ttl=random.choice((9, 64)),
        tos=random.choice((0, 0x10)),
        length=60,
        tcp_flags=2 if proto == 6 else None,
        ctstate=random.choice(("NEW", "ESTABLISHED", "INVALID")),
    )


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
    return engine.universe.of(exactly(packet))


def value(term: Term, packet: Packet) -> int:
    """What a term is for a packet."""
    given = {name: told for name, told in packet.given().items() if isinstance(told, int)}
    match term:
        case Known(value=int(known)):
            return known
        case Variable(name=name):
            return given[name]
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
    left = {r.field: held[r.field] for r in outcome.rewrites} if outcome.destination else {}
    numbers = {
        name: parse_address(told)[0] if isinstance(told, str) else told
        for name, told in left.items()
    }
    changed = {name: held for name, held in numbers.items() if given.get(name) != held}
    return (outcome.verdict, outcome.destination, tuple(sorted(changed.items())))


@pytest.mark.parametrize("manager", [OxiddManager, PureManager])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_packet_has_one_fate_and_it_is_the_tracers(manager: type[Manager], seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    ruleset = ruleset_of(rules_of(random))
    engine, tracer = Engine(manager(), (ruleset,), host=HOST, interfaces=NAMES), Tracer.of(ruleset)
    for _ in range(4):
        packet = packet_of(random)
        # Only its state is told: the fates are those of every such packet.
        fates = engine.fates(0, Packet(ctstate=packet.ctstate, tcp_flags=None), "PREROUTING")
        here = declared(engine, packet, fates)
        met = [g for g in groups(fates.ends) if g.held & here != engine.universe.manager.false]
        (outcome,) = tracer.trace(packet, hook="PREROUTING", host=HOST).outcomes
        told = {as_traced(_settled(engine.universe, g.fate, g.held & here), packet) for g in met}
        assert told == {traced(outcome, packet)}


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


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_difference_holds_exactly_where_two_traces_differ(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # see above
    rules = rules_of(random)
    sides = ruleset_of(rules), ruleset_of(mutated(rules, random))
    engine = Engine(OxiddManager(), sides, host=HOST, interfaces=NAMES)
    tracers = [Tracer.of(side) for side in sides]
    for _ in range(4):
        packet = packet_of(random)
        asked = Packet(ctstate=packet.ctstate)
        fates = [engine.fates(which, asked, "PREROUTING") for which in (0, 1)]
        here = declared(engine, packet, fates[0])
        differing = list(Comparing(engine.universe, fates[0], fates[1]).differing())
        told = [d for d in differing if d.held & here != engine.universe.manager.false]
        ways = [
            traced(t.trace(packet, hook="PREROUTING", host=HOST).outcomes[0], packet)
            for t in tracers
        ]
        assert len(told) == (ways[0] != ways[1])
        for one in differing:
            _replayed(engine, one.held, asked, tracers, fates[1])


def _replayed(
    engine: Engine, held: Any, asked: Packet, tracers: list[Tracer], fates: Fates
) -> None:
    """A packet out of the difference fares otherwise in the tracer, too."""
    room = held & possible(engine.universe, fates.setting)
    assert room != engine.universe.manager.false
    assert cubes(engine.universe, held, fates.setting)
    picked = ordinary(engine.universe, room, 4)
    names = ("proto", "src", "dst", "sport", "dport", "mark", "ttl", "tos", "in")
    values = {("in_" if n == "in" else n): picked[n] for n in names if n in picked}
    packet = asked.with_(
        **{name: told for name, told in values.items() if not isinstance(told, bool)}
    )
    ways = [
        {
            traced(outcome, packet)
            for outcome in tracer.trace(packet, hook="PREROUTING", host=HOST).outcomes
        }
        for tracer in tracers
    ]
    assert ways[0] != ways[1]


def test_a_variable_is_declared_once() -> None:
    universe = Universe(PureManager(), ())
    first = universe.declare("mark", domain_of("mark", 4))
    assert universe.declare("mark", domain_of("mark", 4)) is first
