"""Random rule sets and packets for what holds of all packets, from each hook where they start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import BUILTIN_CHAINS, Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.values import parse_address

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
    for (table, _chain), own in rules.items():
        lines += [f"*{table}", *(f":{name} ACCEPT [0:0]" for name in BUILTIN_CHAINS[table])]
        lines += [":one - [0:0]", ":two - [0:0]"]
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


def traced(outcome: Outcome, packet: Packet) -> tuple[object, ...]:
    """An outcome as fields that really changed: `?` where the kernel chooses."""
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


def ways(tracer: Tracer, packet: Packet, scene: Scene) -> set[tuple[object, ...]]:
    """The fates that a trace tells of a packet."""
    found = tracer.trace(packet, hook=scene.hook, host=scene.host)
    return {traced(outcome, packet) for outcome in found.outcomes}
