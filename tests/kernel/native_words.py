"""Conditions and effects that are drawn less often, in nft's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

MARKS = ("0x0", "0x1", "0x10", "0x11", "0x539")
PORTS = ("22", "53", "80", "443", "8088", "40000")
LISTENER = 15006
"""The port of the judge's transparent listener."""


class Words(Protocol):
    """What a maker of rules has to offer: chance, its family, and values of it."""

    random: Random

    @property
    def ip(self) -> str:
        """`ip` or `ip6`."""
        ...

    @property
    def port_of(self) -> str:
        """`tcp dport` and such, as the rule's protocol has it."""
        ...

    def address(self) -> str: ...  # told by its name
    def network(self) -> str: ...
    def port(self) -> str: ...


_DEVICES = ('device "eth0"', 'device "eth1"', 'devices = { "eth0", "eth1", "lo" }', 'device "lo"')


def device_head(random: Random, *, netdev: bool) -> tuple[str, str]:
    """A hook at a device, and the line of its base chain; tables of devices alone have egress."""
    hook = random.choice(("ingress", "ingress", "egress") if netdev else ("ingress",))
    device, at = random.choice(_DEVICES), random.choice((-10, 0, 5))
    policy = random.choice(("accept", "accept", "accept", "accept", "drop"))
    return hook, f"type filter hook {hook} {device} priority {at}; policy {policy};"


def bits_condition(made: Words) -> str:
    """A condition on flags and options of TCP."""
    return made.random.choice(
        (
            "tcp flags syn", "tcp flags syn / fin,syn,rst,ack", "tcp flags & (syn|ack) == syn",
            "tcp flags == syn", "tcp flags != syn", "tcp flags { syn, ack }",
            "tcp flags & (fin|rst) != 0", "tcp option maxseg size > 500",
        )
    )  # fmt: skip


def state_condition(made: Words) -> str:
    """A condition on what tracking knows."""
    return made.random.choice(
        (
            "ct state new", "ct state != new", "ct state { new, untracked }",
            "ct state invalid", "ct state established,related",
            "ct state vmap { invalid : drop, new : continue }",
            "ct direction original", "ct mark 0x0", "ct mark != 0x1", "ct status dnat",
            "ct status snat",
        )
    )  # fmt: skip


def rare_condition(made: Words) -> str:
    """A condition of a kind that rules have seldom."""
    kinds: Sequence[Callable[[Words], str]] = (
        _connection, _connection, _mark_bits, _route, _sets, _header, _type,
    )  # fmt: skip
    return made.random.choice(kinds)(made)


def _connection(made: Words) -> str:
    ip, pick = made.ip, made.random.choice
    return pick(
        (
            "ct state != established,related", "ct state { established, related }",
            "ct state != { new, invalid }", "ct state ! invalid", "ct state new,untracked",
            "ct state untracked", "ct state != untracked", "ct state == new",
            "ct status & (snat | dnat) != 0", "ct status ! dnat", "ct status snat,dnat",
            "ct status & expected == 0", "ct mark & 0xf == 0x1", "ct mark & 0x11 != 0x0",
            "ct mark { 0x0, 0x10-0x20 }", "ct mark > 0x5", "ct mark | 0x1 == 0x1",
            "ct direction != original", "ct direction reply",
            f"ct original {ip} saddr {made.address()}", f"ct original {ip} daddr {made.network()}",
            f"ct reply {ip} saddr != {made.address()}", f"ct original proto-dst {made.port()}",
            f"ct reply proto-src != {made.port()}",
            f"ct state . meta l4proto {{ new . tcp, invalid . {pick(('tcp', 'udp'))} }}",
            "ct mark . meta mark { 0x0 . 0x0, 0x1 . 0x1 }",
        )
    )  # fmt: skip


def _mark_bits(made: Words) -> str:
    value = made.random.choice(MARKS)
    return made.random.choice(
        (
            f"meta mark & 0xf0 > {value}" if value != "0x539" else "meta mark & 0xf0 > 0x0",
            f"meta mark ^ 0x1 == {value}", f"meta mark | 0x10 == {value}",
            "meta mark & 0x11 vmap { 0x0 : continue, 0x1 : accept, 0x11 : drop }",
            "meta mark >= 0x10", "meta mark != { 0x1, 0x11 }", "meta mark != 0x10-0x600",
            "meta mark & 0x1 == 0x1 meta mark & 0x10 != 0x10", f"meta mark < {MARKS[-1]}",
        )
    )  # fmt: skip


def _route(made: Words) -> str:
    return made.random.choice(
        (
            "fib saddr type { unicast, local }", "fib daddr type != { unicast, multicast }",
            "fib daddr . iif type local", "fib saddr . iif oif missing",
            "fib saddr . iif oif exists", "fib saddr . mark . iif oif missing",
            "fib saddr . iif oif != 0", "fib daddr . iif type vmap { local : continue }",
            "fib daddr type vmap { local : accept, unicast : continue }",
            'meta iifname { "eth0", "lo" }', 'meta oifname != { "eth1", "lo" }',
            'iifname . oifname { "eth0" . "eth1", "eth1" . "eth0" }', "meta iif lo",
            "meta iifgroup 0", "meta pkttype { unicast, broadcast }", "meta pkttype != unicast",
        )
    )  # fmt: skip


def _sets(made: Words) -> str:
    ip, port, other = made.ip, made.port(), made.port()
    return made.random.choice(
        (
            f"{ip} saddr . {made.port_of} @spans", f"{ip} saddr . {made.port_of} != @spans",
            f"{ip} daddr . meta l4proto . th dport @services",
            f"{ip} daddr . {made.port_of} {{ {made.network()} . {port}, "
            f"{made.address()} . 1000-9000 }}",
            f"{ip} saddr . {ip} daddr {{ {made.address()} . {made.address()} }}",
            f"{ip} saddr . {ip} daddr != {{ {made.address()} . {made.address()} }}",
            f"meta l4proto . {made.port_of} != {{ tcp . {port}, udp . {other} }}",
            f"{ip} saddr {{ {made.network()}, {made.address()} }}",
            f"{ip} daddr {made.address()}-{made.address()}", f"{ip} daddr @heard",
            f"meta mark . {made.port_of} {{ 0x0 . {port}, 0x1 . {other} }}",
        )
    )  # fmt: skip


def _header(made: Words) -> str:
    common = [
        f"{made.ip} dscp {{ cs0, ef, 0x04 }}", f"{made.ip} ecn ect0", f"{made.ip} dscp != af11",
        f"{made.ip} dscp > 0x04", f"th sport {made.port()}", "th dport > 100", "th dport <= 443",
        f"th sport . th dport {{ 53 . {made.port()}, 40000 . 443 }}", "meta length > 60",
        f"{made.ip} length < 100", "udp length 8-40", "tcp window != 0", "tcp doff 5",
        "tcp flags & (syn|ack|fin|rst) == syn", "tcp flags != syn,ack", "tcp flags ! fin,rst",
        "tcp flags syn,ack", "tcp flags { syn, syn|ack }", "tcp option sack-perm exists",
        "tcp option maxseg exists", "sctp dport 22-443", "dccp sport 53", "udplite dport 80",
        "tcp flags & (syn|rst|ack) == syn|ack", "tcp flags == 0x0", "tcp option window missing",
    ]  # fmt: skip
    four = [
        "ip frag-off & 0x1fff == 0", "ip ttl > 9", "ip ttl < 64", "ip hdrlength 5", "ip id 0-65535",
        "ip saddr & 0.0.0.255 == 0.0.0.2", "ip daddr & 255.0.0.0 != 10.0.0.0", "ip protocol icmp",
        "icmp code 0", "icmp type { echo-request, timestamp-request }", "igmp type 17",
    ]  # fmt: skip
    six = [
        "ip6 hoplimit > 9", "ip6 hoplimit { 1, 64 }", "ip6 flowlabel 0", "exthdr hbh missing",
        "ip6 saddr & ::ff == ::2", "ip6 nexthdr { tcp, udp, hopopt }", "icmpv6 code 0",
        "exthdr rt exists", "exthdr frag missing", "frag more-fragments 0", "hbh hdrlength 0",
        "icmpv6 type { echo-request, nd-neighbor-solicit }", "rt type 0",
    ]  # fmt: skip
    return made.random.choice([*common, *(four if made.ip == "ip" else six)])


def _type(made: Words) -> str:
    family = "ipv4" if made.ip == "ip" else "ipv6"
    return made.random.choice(
        (
            f"meta nfproto {family}", f"meta nfproto != {family}", "meta l4proto != { tcp, udp }",
            f"meta nfproto . meta l4proto {{ {family} . tcp, {family} . udp }}",
            "limit rate 1000000/second burst 1000000 packets",
        )
    )  # fmt: skip


def rare_effect(made: Words) -> str:
    """What a rule seldom does, before it goes on."""
    ip, value, address = made.ip, made.random.choice(MARKS), made.address()
    return made.random.choice(
        (
            f"meta mark set ct mark & 0xff | {value}", f"ct mark set ct mark | {value}",
            f"ct mark set meta mark & 0xf0 | {value}", f"ct mark set ct mark ^ {value}",
            "meta mark set ct mark map { 0x0 : 0x10, 0x1 : 0x11 }", "ct mark set ct mark & 0xf0",
            f"meta mark set meta mark map {{ 0x0 : {value}, 0x1 : 0x10 }}",
            f"meta mark set {ip} saddr . {made.port_of} map {{ {address} . 80 : {value} }}",
            f"meta mark set {ip} daddr map @marks", f"ct mark set {ip} daddr map @marks",
            f"meta mark set {made.port_of} map @portmarks", f"{ip} dscp set cs0", f"{ip} ecn set 0",
            f"{ip} {'ttl' if ip == 'ip' else 'hoplimit'} set 7", "meta mark set th dport",
            f"meta mark set {ip} dscp", "meta priority set 1:2",
            'log prefix "seen "', "log group 5", "meta mark set 0x5 meta mark set 0x0",
            f"update @heard {{ {ip} saddr }}", f"add @heard {{ {ip} daddr }}",
        )
    )  # fmt: skip


def named_maps(made: Words, verdicts: Sequence[str]) -> list[str]:
    """The maps and sets that the words above name; `verdicts` are those of the verdict maps."""
    kind = "ipv4_addr" if made.ip == "ip" else "ipv6_addr"
    one, other = made.address(), made.address()
    rest = f", {other} : 0x1" if other != one else ""
    pick = made.random.choice
    return [
        _held("set", "spans", f"type {kind} . inet_service; flags interval",
              f"{made.network()} . 1-443, {one} . 8088"),
        _held("set", "services", f"type {kind} . inet_proto . inet_service",
              f"{one} . tcp . 80, {one} . udp . 53, {one} . tcp . {made.port()}"),
        _held("set", "heard", f"type {kind}; flags dynamic; size 100", one),
        _held("map", "marks", f"type {kind} : mark", f"{one} : {pick(MARKS)}{rest}"),
        _held("map", "portmarks", "type inet_service : mark; flags interval",
              f"22 : 0x1, 80-443 : {pick(MARKS)}"),
        _held("map", "to", f"type {kind} : {kind}", f"{one} : {made.address()}"),
        _held("map", "toport", f"type inet_service : {kind} . inet_service",
              f"80 : {made.address()} . 8443, 8088 : {made.address()} . 443"),
        _held("map", "byport", "type inet_service : verdict; flags interval",
              f"22 : {pick(verdicts)}, 80-8088 : {pick(verdicts)}"),
        _held("map", "byservice", f"type {kind} . inet_proto . inet_service : verdict",
              f"{one} . tcp . 80 : {pick(verdicts)}, {one} . tcp . 443 : {pick(verdicts)}"),
        _held("map", "byspan", f"type {kind} . inet_service : verdict; flags interval",
              f"{made.network()} . 1-443 : {pick(verdicts)}, {one} . 8088 : {pick(verdicts)}"),
        _held("map", "byname", "type ifname : verdict",
              f'"eth0" : {pick(verdicts)}, "lo" : {pick(verdicts)}'),
    ]  # fmt: skip


def _held(word: str, name: str, kind: str, elements: str) -> str:
    return f"{word} {name} {{ {kind}; elements = {{ {elements} }}; }}"


def named_vmap(made: Words) -> str:
    """A verdict map by its name."""
    ip = made.ip
    return made.random.choice(
        (
            f"{made.port_of} vmap @byport", f"{ip} daddr . meta l4proto . th dport vmap @byservice",
            f"{ip} saddr . {made.port_of} vmap @byspan", "iifname vmap @byname",
            "oifname vmap @byname",
        )
    )  # fmt: skip
