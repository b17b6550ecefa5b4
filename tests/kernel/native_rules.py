"""Random rule sets of nftables, as `nft -f` reads them: sets, maps, several base chains, nat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import native_words as seldom
from native_rarities import (
    odd_condition,
    odd_effect,
    odd_ending,
    odd_objects,
    odd_translation,
)
from value_pools import HOSTS

from iptsim.regex import regex

_RANGES = ("20-80", "443-9000", "1-52", "8000-40000")
_FILTER_AT = {
    "prerouting": (-310, -300, -150, -110, -90, 0, 50),
    "input": (-150, -10, 0, 10, 110, 150),
    "forward": (-150, -5, 0, 5),
    "output": (-310, -300, -150, -120, -50, 0, 10),
    "postrouting": (-150, 0, 90, 110),
}
_NAT_AT = {
    "prerouting": (-110, -100, -90, 20),
    "input": (90, 100),
    "output": (-110, -100, 5),
    "postrouting": (90, 100, 110),
}
_DESTINED = ("prerouting", "output")
_ONE_PROTOCOL = regex(r"meta l4proto (?:\w|-)+(?! \.)")
_ONE_FAMILY = regex(r"meta (?:nfproto|protocol) ")
_NEXT = regex(r"(?:ip6 nexthdr|ip protocol) \w.* (?:(?:tcp|udp|icmpv?6?|sctp|th) |@th)")
_UNLIKE = regex(
    r"\b(?:sport|dport|ttl|protocol|nexthdr|hoplimit|type|code|version|dscp|ecn|window|flags) != "
)
_ANY_PORT = regex(r"\bth [sd]port|\btcp option")
# Listed as `tcp dport set`, which writes the checksum anew (findings/nft-conditions-lost.sh).
_PORT_WRITTEN = regex(r"\bth [sd]port set")
_HEADER = regex(r"\b(?:tcp|udp|udplite|sctp|dccp) [a-z]")
Make = Callable[[], str]


@dataclass(slots=True)
class NativeMaker:
    """Draws tables; `family` is that of the packets that are sent afterwards."""

    random: Random
    family: int
    _sets: dict[str, list[str]] = field(default_factory=dict)
    _declared: list[str] = field(default_factory=list)
    _table: str = ""
    _proto: str = "tcp"

    def text(self, *, mixed: bool = False) -> str:
        """One to three tables, each a block."""
        count = self.random.choice((1, 1, 2) if mixed else (1, 1, 2, 2, 3))
        tables = [self._one_table(f"t{number}") for number in range(count)]
        if self.random.random() < 0.3:
            tables.append(self._one_table("nd", "netdev"))
        return "\n".join(tables)

    def _one_table(self, name: str, family: str | None = None) -> str:
        own = self.random.choice(("inet", "ip" if self.family == 4 else "ip6"))
        self._table = family or own
        self._sets, self._declared = {}, []
        users = [f"u{n}" for n in range(self.random.randrange(5))]
        self._declare(users[:1])
        chains = [self._user(name, users[n + 1 :]) for n, name in enumerate(users)]
        if self._table != "netdev":
            chains += [self._user(f"nat_{nat}", [], nat=nat) for nat in ("output", "postrouting")]
        bases = [self._base(n, users) for n in range(self.random.choice((1, 2, 2, 3, 4, 6)))]
        off = "flags dormant;\n" if self.random.random() < 0.05 else ""
        body = "\n".join((*self._declared, *reversed(chains), *bases))
        return f"table {self._table} {name} {{\n{off}{body}\n}}"

    def _user(self, name: str, later: list[str], *, nat: str | None = None) -> str:
        """A user's chain, which may lead to those that stand before it."""
        return f"chain {name} {{\n{self._rules(None, later, nat=nat)}}}"

    # --- sets

    def _declare(self, users: list[str]) -> None:
        family = "ipv4_addr" if self.family == 4 else "ipv6_addr"
        a, b, c = (self.address() for _ in range(3))
        self._named("addresses", f"type {family}", {a, b})
        self._named("nets", f"type {family}; flags interval", {self.network()})
        self._named("ports", "type inet_service; flags interval", {"22", "8000-9000"})
        self._named("pairs", f"type {family} . inet_service", {f"{a} . 80", f"{c} . 8088"})
        links = {f"eth0 . {self.port()}", f"eth1 . {self.port()}"}
        self._named("links", "type ifname . inet_service", links)
        leads = [f"jump {name}" for name in users]
        self._declared += seldom.named_maps(self, ["accept", "drop", "return", "continue", *leads])
        if self.random.random() < 0.5:
            self._declared += odd_objects(self)

    def _named(self, name: str, kind: str, elements: set[str]) -> None:
        self._sets[name] = sorted(elements)
        told = ", ".join(self._sets[name])
        self._declared.append(f"set {name} {{ {kind}; elements = {{ {told} }}; }}")

    # --- values

    def address(self) -> str:
        return self.random.choice(HOSTS[self.family])

    def network(self) -> str:
        four = ("10.0.0.0/24", "10.1.0.0/16", "0.0.0.0/1", "10.0.0.2/31")
        six = ("fd00:0:0:1::/64", "fd00::/16", "::/1", "fd00:0:0:2::/127")
        return self.random.choice(four if self.family == 4 else six)

    def port(self) -> str:
        return self.random.choice(seldom.PORTS)

    @property
    def ip(self) -> str:
        return "ip" if self.family == 4 else "ip6"

    @property
    def port_of(self) -> str:
        return "th dport" if self._proto == "icmp" else f"{self._proto} dport"

    def _not(self) -> str:
        return self.random.choice(("", "", "", "!= "))

    # --- conditions

    def _condition(self, hook: str | None) -> str:
        makers: list[Make] = [
            self._on_address, self._on_address, self._on_port, self._on_port, self._on_protocol,
            self._on_set, lambda: seldom.state_condition(self), self._on_mark, self._on_class,
            self._on_interface, self._on_concatenation, self._on_rare, self._on_more, self._on_more,
            self._on_more,
        ]  # fmt: skip
        if self._proto == "tcp":
            makers += [lambda: seldom.bits_condition(self)]
        if self._proto == "icmp":
            makers += [self._on_icmp, self._on_icmp]
        if hook in ("output", "postrouting"):
            makers += [self._on_owner, self._on_owner]
        return self.random.choice(makers)()

    def _on_address(self) -> str:
        side = self.random.choice(("saddr", "daddr"))
        value = self.random.choice((self.address(), self.network()))
        return f"{self.ip} {side} {self._not()}{value}"

    def _on_port(self) -> str:
        which = "th" if self._proto == "icmp" else self.random.choice((self._proto, "th"))
        side = self.random.choice(("dport", "dport", "sport"))
        some = f"{{ {self.port()}, 1000-2000, {self.port()} }}"
        value = self.random.choice((self.port(), self.port(), self.random.choice(_RANGES), some))
        return f"{which} {side} {self._not()}{value}"

    def _on_protocol(self) -> str:
        icmp = "icmp" if self.family == 4 else "ipv6-icmp"
        value = self.random.choice(("tcp", "udp", icmp, "{ tcp, udp }", "sctp"))
        field_ = "ip protocol" if self.family == 4 else "ip6 nexthdr"
        name = self.random.choice(("meta l4proto", "meta l4proto", field_))
        return f"{name} {self._not()}{value}"

    def _on_set(self) -> str:
        side = self.random.choice(("saddr", "daddr"))
        return self.random.choice(
            (
                f"{self.ip} {side} {self._not()}@addresses",
                f"{self.ip} {side} {self._not()}@nets",
                f"{self.port_of} {self._not()}@ports",
                f"{self.ip} daddr . {self.port_of} {self._not()}@pairs",
                f"iifname . {self.port_of} {self._not()}@links",
            )
        )

    def _on_mark(self) -> str:
        value = self.random.choice(seldom.MARKS)
        return self.random.choice(
            (
                f"meta mark {self._not()}{value}",
                f"meta mark & 0xff {self.random.choice(('==', '!='))} {value}",
                f"meta mark & 0x11 {self.random.choice(('==', '!='))} 0x0",
                "meta mark { 0x1, 0x10-0x20 }",
                f"meta mark > {value}" if value != "0x0" else "meta mark > 0x5",
            )
        )

    def _on_class(self) -> str:
        ttl = "ip ttl" if self.family == 4 else "ip6 hoplimit"
        return self.random.choice(
            (
                f"{ttl} {self._not()}{self.random.choice(('64', '1', '10-63'))}",
                f"{self.ip} dscp {self._not()}{self.random.choice(('0x4', 'cs0', 'ef'))}",
                f"{self.ip} ecn {self._not()}ce",
                f"meta length {self._not()}40-60",
            )
        )

    def _on_interface(self) -> str:
        name = self.random.choice(("iifname", "iifname", "oifname", "iif", "oif"))
        value = self.random.choice(('"eth0"', '"eth1"', '"lo"'))
        if name.endswith("name"):
            value = self.random.choice((value, '"eth*"'))
        return f"{name} {self._not()}{value}"

    def _on_concatenation(self) -> str:
        return self.random.choice(
            (
                f"{self.ip} daddr . {self.port_of} {{ {self.address()} . {self.port()} }}",
                f"meta l4proto . th dport {{ tcp . {self.port()}, udp . 53 }}",
                f"{self.ip} saddr . meta mark {self._not()}{{ {self.address()} . 0x1 }}",
                f'iifname . {self.ip} saddr {{ "eth0" . {self.address()} }}',
            )
        )

    def _on_icmp(self) -> str:
        if self.family == 4:
            value = self.random.choice(("echo-request", "{ echo-reply, echo-request }", "3"))
            return f"icmp type {self._not()}{value}"
        value = self.random.choice(("echo-request", "{ 1-4, 128 }", "nd-neighbor-solicit"))
        return f"icmpv6 type {self._not()}{value}"

    def _on_rare(self) -> str:
        found = [
            "meta nfproto ipv4", "meta nfproto ipv6", "fib daddr type local",
            "fib saddr type != local", "fib daddr type { local, broadcast, multicast }",
            "meta pkttype unicast", f"{self.ip} version {self.family}",
        ]  # fmt: skip
        # In a table of one family nft takes its own condition on the other for granted.
        if self._table == "inet":
            found += ["meta protocol ip"] if self.family == 4 else ["meta protocol ip6"]
        if self.family == 6:
            found += ["exthdr hbh exists", "exthdr dst missing"]
        return self.random.choice(found)

    def _on_more(self) -> str:
        return odd_condition(self) if self.random.random() < 0.3 else seldom.rare_condition(self)

    def _on_owner(self) -> str:
        name = self.random.choice(("skuid", "skgid"))
        return f"meta {name} {self._not()}{self.random.choice(('0', '1000', '1337', '0-1200'))}"

    # --- what is done

    def _effect(self) -> str:
        chance = self.random.random()
        if chance < 0.6:
            return seldom.rare_effect(self) if chance < 0.3 else odd_effect(self)
        value = self.random.choice(seldom.MARKS)
        address = self.address()
        return self.random.choice(
            (
                f"meta mark set {value}",
                f"meta mark set meta mark & 0xfffffff0 | {value}",
                f"meta mark set meta mark ^ {value}",
                "meta mark set ct mark",
                f"ct mark set {value}",
                "ct mark set meta mark",
                f"meta mark set {self.ip} daddr map {{ {address} : {value} }}",
                f"meta mark set {self.port_of} map {{ 80 : 0x1, 443-9000 : 0x10 }}",
                f"{self.ip} dscp set ef",
                "tcp option maxseg size set 600" if self._proto == "tcp" else "counter",
                "counter",
            )
        )

    def _ending(self, users: list[str], nat: str | None) -> str:
        plain = ["accept", "drop", "return", "continue", "", "accept", ""]
        leads = [f"{word} {name}" for name in users for word in ("jump", "goto", "jump")]
        maps = [self._vmap(users), self._vmap(users)]
        icmpx = ["reject with icmpx admin-prohibited"] if self._table == "inet" else []
        icmp = "icmp" if self.family == 4 else "icmpv6"
        reject = ["reject", f"reject with {icmp} admin-prohibited", *icmpx]
        reject += ["meta l4proto tcp reject with tcp reset"]
        if nat:
            plain = ["accept", "return", "", "drop"]
            own = "output" if nat in _DESTINED else "postrouting"
            leads += [f"jump nat_{own}", f"goto nat_{own}"] * 2
            translations = [self._translation(nat) for _ in range(6)]
            return self.random.choice([*plain, *leads, *maps, *translations])
        return self.random.choice([*plain, *leads, *maps, *maps, self.random.choice(reject)])

    def _verdict(self, users: list[str]) -> str:
        leads = [f"{word} {name}" for name in users for word in ("jump", "goto")]
        return self.random.choice(["accept", "drop", "return", "continue", *leads, *leads])

    def _vmap(self, users: list[str]) -> str:
        if self.random.random() < 0.25:
            return odd_ending(self, self._verdict(users), self._verdict(users))
        a, b = sorted({self.address(), self.address()} | {self.address()})[:1] * 2
        one, other = self._verdict(users), self._verdict(users)
        rest = self.random.choice(("", f", * : {self._verdict(users)}"))
        return self.random.choice(
            (
                f"{self.port_of} vmap {{ 22 : {one}, 80-8088 : {other}{rest} }}",
                f"{self.ip} daddr vmap {{ {a} : {one}{rest} }}",
                f"{self.ip} saddr . {self.port_of} vmap"
                f" {{ {b} . 80 : {one}, {a} . 443 : {other} }}",
                f"meta l4proto vmap {{ tcp : {one}, udp : {other} }}",
                f"meta mark vmap {{ 0x1 : {one}, 0x10 : {other} }}",
                f'iifname vmap {{ "eth0" : {one}, "lo" : {other} }}',
                f"ct state vmap {{ new : {one}, invalid : {other} }}",
                f"{self.ip} saddr . meta mark vmap {{ {a} . 0x0 : {one}, {a} . 0x1 : {other} }}",
                f"{self.ip} daddr . {self.port_of} vmap {{ {self.network()} . 1-443 : {one} }}",
                f"ct status vmap {{ 0x0 : {one} }}",
                f"fib daddr type vmap {{ local : {one}, unicast : {other} }}",
                f"tcp flags vmap {{ syn : {one}, ack : {other} }}",
                f"{self.ip} dscp vmap {{ cs0 : {one}, ef : {other}{rest} }}",
                seldom.named_vmap(self),
                seldom.named_vmap(self),
                seldom.named_vmap(self),
            )
        )

    def _translation(self, hook: str) -> str:
        kind = "ip" if self.family == 4 else "ip6"
        to = "" if self._table != "inet" else f"{kind} "
        address = self.address()
        bracketed = f"[{address}]" if self.family == 6 else address
        only = "meta l4proto { tcp, udp } "
        if self.random.random() < 0.3:
            return odd_translation(self, hook, to)
        if hook in _DESTINED:
            return self.random.choice(
                (
                    f"{only}redirect to :{self.port()}",
                    f"{only}dnat {to}to {bracketed}:{self.port()}",
                    f"dnat {to}to {address}",
                    f"dnat {to}to {self.ip} daddr map {{ {address} : {self.address()} }}",
                    f"dnat {to}to {self.ip} daddr map @to",
                    f"{only}dnat {to}to th dport map @toport",
                    f"{only}dnat {to}to {bracketed}:8000-8010",
                    f"{only}redirect",
                    f"{only}redirect to :8000-8010",
                    f"{only}dnat {to}to {address} . {self.port()}",
                    f"{only}dnat {to}to {self.ip} daddr . th dport map"
                    f" {{ {address} . 80 : {self.address()} . 8443 }}",
                )
            )
        masquerade = ["masquerade", f"{only}masquerade to :1024-2000"]
        sources = [
            f"snat {to}to {address}", f"snat {to}to {self.ip} saddr map @to",
            f"{only}snat {to}to {bracketed}:1024-2000",
        ]  # fmt: skip
        return self.random.choice([*sources, *(masquerade if hook == "postrouting" else [])])

    # --- chains

    def _base(self, number: int, users: list[str]) -> str:
        if self._table == "netdev" or (self._table == "inet" and self.random.random() < 0.1):
            return self._at_device(number, users)
        if self.random.random() < 0.35:
            hook = self.random.choice(list(_NAT_AT))
            kind, at = "nat", self.random.choice(_NAT_AT[hook])
        else:
            hook = self.random.choice(list(_FILTER_AT))
            kind, at = "filter", self.random.choice(_FILTER_AT[hook])
            if hook == "output" and self.random.random() < 0.3:
                kind, at = "route", self.random.choice((-150, -150, 0, -310))
        policy = self.random.choice(("accept", "accept", "accept", "drop"))
        nat = hook if kind == "nat" else None
        head = f"type {kind} hook {hook} priority {at}; policy {policy};"
        rules = self._rules(hook, users, nat=nat)
        return f"chain b{number}_{hook} {{\n{head}\n{rules}}}"

    def _at_device(self, number: int, users: list[str]) -> str:
        """A chain where packets come from a device, or in a table of devices are handed to one."""
        hook, head = seldom.device_head(self.random, netdev=self._table == "netdev")
        return f"chain b{number}_{hook} {{\n{head}\n{self._rules(hook, users)}}}"

    def _rules(self, hook: str | None, users: list[str], *, nat: str | None = None) -> str:
        count = self.random.choice((0, 1, 2, 2, 3, 4))
        return "".join(f"{line}\n" for line in (self._rule(hook, users, nat) for _ in range(count)))

    def _rule(self, hook: str | None, users: list[str], nat: str | None) -> str:
        self._proto = self.random.choice(("tcp", "tcp", "tcp", "udp", "icmp", "sctp"))
        count = self.random.choice((0, 1, 1, 1, 2, 2, 3))
        parts = [self._condition(hook) for _ in range(count)]
        if self.random.random() < 0.35:
            place = self.random.randrange(len(parts) + 1)
            parts.insert(place, self._effect())
        if hook in ("prerouting", "output") and not nat and self.random.random() < 0.05:
            parts.append("notrack")
        if hook == "prerouting" and not nat and self.random.random() < 0.06:
            to = ("ip " if self.family == 4 else "ip6 ") if self._table == "inet" else ""
            parts.append(f"meta l4proto {{ tcp, udp }} tproxy {to}to :{seldom.LISTENER}")
        parts.append(self._ending(users, nat))
        text = " ".join(filter(None, parts)) or "counter"
        # nft 1.0.6 lists such a rule without its protocol (findings/nft-conditions-lost.sh).
        lost = _ONE_PROTOCOL.search(text) and _ANY_PORT.search(text)
        family = _NEXT.search(text) or ("reject" in text and _ONE_FAMILY.search(text))
        lost = lost or (_PORT_WRITTEN.search(text) and _HEADER.search(text))
        # And it makes one comparison of these two (findings/nft-not-merged.sh).
        return "counter" if lost or family or len(_UNLIKE.findall(text)) > 1 else text
