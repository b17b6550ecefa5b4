"""Where two rule sets are told to differ, and packets out of there and from just outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from cubes_eval import in_cubes
from value_pools import HOSTS

from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.netfilter.new_connections import first_state
from iptsim.packet import Packet
from iptsim.predicate import InSet, Interface, OneOf, Predicate
from iptsim.render.shared.cube_json import cube_json
from iptsim.symbolic.sets.diagrams import Manager
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.set_cubes import cubes, possible
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.symbolic.walk.differences import Comparing
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.state_groups import states_of
from iptsim.values import InterfacePattern, IntSet, parse_address
from iptsim.worlds.domains import domain_of
from iptsim.worlds.world import Setting

LINKS = ("eth0", "eth1")
SENT_STATES = frozenset({"NEW", "INVALID", "UNTRACKED"})
"""The states that a packet of no known connection can have."""
_PORTED = (6, 17, 33, 132, 136)
_POOLS: Mapping[str, tuple[int, ...]] = {
    "sport": (40000, 53, 1024), "dport": (80, 22, 53, 443, 8088, 8443, 40000),
    "ttl": (64, 63, 10, 11, 2), "tos": (0, 0x10, 0xB8, 0x03), "mark": (0, 1, 0x10, 0x539),
    "uid": (0, 1000, 1337), "gid": (0, 1000, 1337), "tcp_flags": (2, 0x10, 0xC2, 4, 0x11),
}  # fmt: skip
_PROTOCOLS = {4: (6, 17, 1, 132, 33, 47, 50, 51), 6: (6, 17, 58, 132, 33, 47, 50, 51)}
_MOST = {"uid": 65534, "gid": 65534, "length": 1400}
_LEAST = {"ttl": 1, "length": 60}


@dataclass(slots=True)
class Told:
    """The packets (a diagram, and the cubes of the JSON) that are told to fare otherwise.

    They start at `hook`; `public` are the cubes that `iptsim diff` tells of it.
    """

    hook: str
    family: int
    engine: Engine
    held: Any
    room: Any
    setting: Setting
    public: list[dict[str, object]]
    _cubes: list[dict[str, object]] | None = None

    @property
    def universe(self) -> Universe:
        return self.engine.universe

    @property
    def empty(self) -> bool:
        """Whether the two are told to do the same."""
        return bool(self.held == self.universe.manager.false)

    def by_diagram(self, packet: Packet) -> bool | None:
        """Whether a packet fares otherwise; None where nobody tells."""
        here: Any = self.room
        for name, value in fields_of(packet, self.hook).items():
            # An interface that a packet has not is none that a diagram asks.
            if name in self.universe.blocks and value != "":
                here &= self.universe.of(is_(name, value))
        nothing = self.universe.manager.false
        if here == nothing:
            return None  # no such packet is thought of (from loopback, and out of the host)
        if here & self.held == nothing:
            return False
        return True if here & ~self.held == nothing else None

    def by_cubes(self, packet: Packet) -> bool | None:
        """The same, by the cubes of the engine."""
        if self._cubes is None:
            found = cubes(self.universe, self.held, self.setting)
            self._cubes = [cube_json(cube) for cube in found]
        return in_cubes(self._cubes, fields_of(packet, self.hook), {})

    def by_diff(self, packet: Packet) -> bool | None:
        """The same, by the cubes that the diff tells."""
        return in_cubes(self.public, fields_of(packet, self.hook), {})


def fields_of(packet: Packet, hook: str) -> dict[str, int | str]:
    """What the packet and its way to the host tell of the fields that cubes name."""
    told = packet.given()
    state = first_state(
        packet.family,
        packet.proto,
        flags=packet.tcp_flags,
        icmp_type=packet.icmp_type,
    )
    told |= {"ctstate": state, "connmark": 0}
    return told | ({"mark": 0} if hook == "PREROUTING" else {"in": ""})


def is_(name: str, value: int | str) -> Predicate:
    """The condition that a field has that value."""
    if isinstance(value, int):
        return InSet(field=name, values=IntSet.single(value))
    if name in ("in", "out"):
        return Interface(field=name, pattern=InterfacePattern(text=value))
    return OneOf(field=name, names=frozenset({value}))


def told(
    manager: Manager,
    sides: tuple[Ruleset, Ruleset],
    host: Host,
    hook: str,
    public: list[dict[str, object]],
) -> Told:
    """Where the fates of packets that start at a hook differ, on that host."""
    family = sides[0].family
    engine = Engine(manager, sides, host=host, interfaces=LINKS)
    universe = engine.universe
    universe.declare("ctstate", domain_of("ctstate", family))
    held: Any = manager.false
    settings: list[Setting] = []
    for states in states_of(engine):
        asked = [state for state in states if state in SENT_STATES]
        if not asked:
            continue
        packet = Packet(family=family, ctstate=asked[0])
        fates = [engine.fates(side, packet, hook) for side in (0, 1)]
        settings += [one.setting for one in fates]
        of_state = universe.of(OneOf(field="ctstate", names=frozenset(asked)))
        for one in Comparing(universe, *fates).differing():
            held |= one.held & of_state
    setting = settings[0]
    for other in settings:
        setting = replace(setting, domains=other.domains | setting.domains)
    room = possible(universe, setting)
    return Told(
        hook=hook,
        family=family,
        engine=engine,
        held=held & room,
        room=room,
        setting=setting,
        public=public,
    )


def aimed(random: Random, told: Told, base: Packet, *, inside: bool) -> Packet | None:
    """A packet that can be sent, of the difference or not, as much as may be like `base`."""
    held: Any = told.held if inside else told.room & ~told.held
    base_fields, universe = fields_of(base, told.hook), told.universe
    names = [name for name in universe.blocks if name in {*_sendable(told), "ctstate"}]
    random.shuffle(names)
    names.sort(key=lambda name: name not in ("proto", "in"))
    picked: dict[str, int | str] = {}
    for name in names:
        for value in _candidates(random, told, held, name, base_fields.get(name)):
            here = held & universe.of(is_(name, value))
            if here != universe.manager.false:
                held, picked[name] = here, value
                break
        else:
            return None
    return _fitting(base, picked, told.hook)


def _sendable(told: Told) -> set[str]:
    """The fields that a test packet can be given."""
    never = {"out", "ctstate", "ah_length", "tcp_options"}
    never |= {"uid", "gid"} if told.hook == "PREROUTING" else {"in", "mac_src"}
    return {name.rstrip("_") for name in Packet.__dataclass_fields__} - never - {"family"}


def _candidates(
    random: Random, told: Told, held: Any, name: str, own: int | str | None
) -> Iterable[int | str]:
    if name == "ctstate":
        yield from ("NEW", "INVALID", "UNTRACKED")
        return
    if own is not None:
        yield own
    if name == "in":
        yield from random.sample(LINKS, len(LINKS))
        return
    if name == "proto":
        yield from _PROTOCOLS[told.family]
        return
    if name == "mark" and told.hook == "PREROUTING":
        return
    pool = _POOLS.get(name, ())
    if name in ("src", "dst"):
        pool = tuple(parse_address(text)[0] for text in HOSTS[told.family])
        held &= ~_groups(told, name)
    yield from random.sample(pool, len(pool))
    blocks = told.universe.blocks
    others = [n for key, block in blocks.items() if key != name for n in block.numbers]
    alone = told.universe.manager.without(held, others)
    if alone == told.universe.manager.false:
        return
    value = Teller(told.universe).pick(alone).get(name, 0)
    least, most = _LEAST.get(name, value), _MOST.get(name, value)
    if least <= value <= most and not blocks[name].choices:
        yield value


def _groups(told: Told, name: str) -> Any:
    """Groups, of which the host is a member of one alone (`aimed_packets`), and what is beyond."""
    width = 32 if told.family == 4 else 128
    low = 0xE0000000 if width == 32 else 0xFF << 120
    block = told.universe.blocks[name]
    return told.universe.numbers(block, IntSet.between(low, (1 << width) - 1))


def _fitting(base: Packet, picked: Mapping[str, int | str], hook: str) -> Packet:
    """The packet, without what its protocol has not."""
    values = {name: value for name, value in picked.items() if name != "ctstate"}
    if hook == "PREROUTING":
        values.pop("mark", None)
    if (link := values.pop("in", None)) is not None:
        values["in_"] = link
    if base.in_ != link and "mac_src" not in values:
        base = base.with_(mac_src=None)
    packet = base.with_(**values)
    icmp = 1 if packet.family == 4 else 58
    if packet.proto not in _PORTED:
        packet = packet.with_(sport=None, dport=None)
    if packet.proto != 6:
        packet = packet.with_(tcp_flags=None, tcp_options=None, tcp_mss=None)
    if packet.proto != icmp:
        packet = packet.with_(icmp_type=None, icmp_code=None)
    if packet.proto != base.proto:
        packet = packet.with_(payload=None, dccp_type=None, spi=None, ah_next=None)
        packet = packet.with_(ah_length=None, ah_reserved=None)
    return packet if "length" in picked else packet.with_(length=None)
