"""Random rule sets of nftables, as `nft -f` reads them: sets, maps, several base chains, nat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from value_pools import HOSTS

_PORTS = ("22", "53", "80", "443", "8088", "40000")
_RANGES = ("20-80", "443-9000", "1-52", "8000-40000")
_MARKS = ("0x0", "0x1", "0x10", "0x11", "0x539")
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
        return "\n".join(self._one_table(f"t{number}") for number in range(count))

    def _one_table(self, name: str) -> str:
        self._table = self.random.choice(("inet", "ip" if self.family == 4 else "ip6"))
        self._sets, self._declared = {}, []
        self._declare()
        users = {f"u{n}": self._user(n) for n in range(self.random.randrange(4))}
        chains = [f"chain {name} {{\n{self._rules(None, later)}}}" for name, later in users.items()]
        bases = [self._base(n, list(users)) for n in range(self.random.choice((1, 2, 2, 3, 4)))]
        body = "\n".join((*self._declared, *reversed(chains), *bases))
        return f"table {self._table} {name} {{\n{body}\n}}"

    def _user(self, number: int) -> list[str]:
        """The chains that a user chain may lead to: those of higher numbers."""
        return [f"u{n}" for n in range(number + 1, 4)][:0]

    # --- sets

    def _declare(self) -> None:
        family = "ipv4_addr" if self.family == 4 else "ipv6_addr"
        a, b, c = (self._address() for _ in range(3))
        self._named("addresses", f"type {family}", {a, b})
        self._named("nets", f"type {family}; flags interval", {self._network()})
        self._named("ports", "type inet_service; flags interval", {"22", "8000-9000"})
        self._named("pairs", f"type {family} . inet_service", {f"{a} . 80", f"{c} . 8088"})
        links = {f"eth0 . {self._port()}", f"eth1 . {self._port()}"}
        self._named("links", "type ifname . inet_service", links)

    def _named(self, name: str, kind: str, elements: set[str]) -> None:
        self._sets[name] = sorted(elements)
        told = ", ".join(self._sets[name])
        self._declared.append(f"set {name} {{ {kind}; elements = {{ {told} }}; }}")

    # --- values

    def _address(self) -> str:
        return self.random.choice(HOSTS[self.family])

    def _network(self) -> str:
        four = ("10.0.0.0/24", "10.1.0.0/16", "0.0.0.0/1", "10.0.0.2/31")
        six = ("fd00:0:0:1::/64", "fd00::/16", "::/1", "fd00:0:0:2::/127")
        return self.random.choice(four if self.family == 4 else six)

    def _port(self) -> str:
        return self.random.choice(_PORTS)

    @property
    def _ip(self) -> str:
        return "ip" if self.family == 4 else "ip6"

    @property
    def _port_of(self) -> str:
        return "th dport" if self._proto == "icmp" else f"{self._proto} dport"

    def _not(self) -> str:
        return self.random.choice(("", "", "", "!= "))

    # --- conditions

    def _condition(self, hook: str | None) -> str:
        makers: list[Make] = [
            self._on_address, self._on_address, self._on_port, self._on_port, self._on_protocol,
            self._on_set, self._on_state, self._on_mark, self._on_class, self._on_interface,
            self._on_concatenation, self._on_rare,
        ]  # fmt: skip
        if self._proto == "tcp":
            makers += [self._on_bits]
        if self._proto == "icmp":
            makers += [self._on_icmp, self._on_icmp]
        if hook in ("output", "postrouting"):
            makers += [self._on_owner, self._on_owner]
        return self.random.choice(makers)()

    def _on_address(self) -> str:
        side = self.random.choice(("saddr", "daddr"))
        value = self.random.choice((self._address(), self._network()))
        return f"{self._ip} {side} {self._not()}{value}"

    def _on_port(self) -> str:
        which = "th" if self._proto == "icmp" else self.random.choice((self._proto, "th"))
        side = self.random.choice(("dport", "dport", "sport"))
        some = f"{{ {self._port()}, 1000-2000, {self._port()} }}"
        value = self.random.choice((self._port(), self._port(), self.random.choice(_RANGES), some))
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
                f"{self._ip} {side} {self._not()}@addresses",
                f"{self._ip} {side} {self._not()}@nets",
                f"{self._port_of} {self._not()}@ports",
                f"{self._ip} daddr . {self._port_of} {self._not()}@pairs",
                f"iifname . {self._port_of} {self._not()}@links",
            )
        )

    def _on_state(self) -> str:
        return self.random.choice(
            (
                "ct state new", "ct state != new", "ct state { new, untracked }",
                "ct state invalid", "ct state established,related",
                "ct state vmap { invalid : drop, new : continue }",
                "ct direction original", "ct mark 0x0", "ct mark != 0x1", "ct status dnat",
                "ct status snat",
            )
        )  # fmt: skip

    def _on_mark(self) -> str:
        value = self.random.choice(_MARKS)
        return self.random.choice(
            (
                f"meta mark {self._not()}{value}",
                f"meta mark & 0xff {self.random.choice(('==', '!='))} {value}",
                f"meta mark & 0x11 {self.random.choice(('==', '!='))} 0x0",
                "meta mark { 0x1, 0x10-0x20 }",
                f"meta mark > {value}" if value != "0x0" else "meta mark > 0x5",
            )
        )

    def _on_bits(self) -> str:
        return self.random.choice(
            (
                "tcp flags syn", "tcp flags syn / fin,syn,rst,ack", "tcp flags & (syn|ack) == syn",
                "tcp flags == syn", "tcp flags != syn", "tcp flags { syn, ack }",
                "tcp flags & (fin|rst) != 0", "tcp option maxseg size > 500",
            )
        )  # fmt: skip

    def _on_class(self) -> str:
        ttl = "ip ttl" if self.family == 4 else "ip6 hoplimit"
        return self.random.choice(
            (
                f"{ttl} {self._not()}{self.random.choice(('64', '1', '10-63'))}",
                f"{self._ip} dscp {self._not()}{self.random.choice(('0x4', 'cs0', 'ef'))}",
                f"{self._ip} ecn {self._not()}ce",
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
                f"{self._ip} daddr . {self._port_of} {{ {self._address()} . {self._port()} }}",
                f"meta l4proto . th dport {{ tcp . {self._port()}, udp . 53 }}",
                f"{self._ip} saddr . meta mark {self._not()}{{ {self._address()} . 0x1 }}",
                f'iifname . {self._ip} saddr {{ "eth0" . {self._address()} }}',
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
            "meta pkttype unicast", f"{self._ip} version {self.family}",
            "meta protocol ip",
        ]  # fmt: skip
        if self.family == 6:
            found += ["exthdr hbh exists", "exthdr dst missing"]
        return self.random.choice(found)

    def _on_owner(self) -> str:
        name = self.random.choice(("skuid", "skgid"))
        return f"meta {name} {self._not()}{self.random.choice(('0', '1000', '1337', '0-1200'))}"

    # --- what is done

    def _effect(self) -> str:
        value = self.random.choice(_MARKS)
        address = self._address()
        return self.random.choice(
            (
                f"meta mark set {value}",
                f"meta mark set meta mark & 0xfffffff0 | {value}",
                f"meta mark set meta mark ^ {value}",
                "meta mark set ct mark",
                f"ct mark set {value}",
                "ct mark set meta mark",
                f"meta mark set {self._ip} daddr map {{ {address} : {value} }}",
                f"meta mark set {self._port_of} map {{ 80 : 0x1, 443-9000 : 0x10 }}",
                f"{self._ip} dscp set ef",
                "tcp option maxseg size set 600" if self._proto == "tcp" else "counter",
                "counter",
            )
        )

    def _ending(self, users: list[str], nat: str | None) -> str:
        plain = ["accept", "drop", "return", "continue", "", "accept", ""]
        leads = [f"{word} {name}" for name in users for word in ("jump", "goto", "jump")]
        maps = [self._vmap(users), self._vmap(users)]
        icmpx = ["reject with icmpx admin-prohibited"] if self._table == "inet" else []
        reject = [] if nat else ["reject", *icmpx]
        if nat:
            plain = ["accept", "return", "", "drop"]
            translations = [self._translation(nat) for _ in range(4)]
            return self.random.choice([*plain, *leads, *maps, *translations])
        return self.random.choice([*plain, *leads, *maps, *reject])

    def _verdict(self, users: list[str]) -> str:
        leads = [f"{word} {name}" for name in users for word in ("jump", "goto")]
        return self.random.choice(["accept", "drop", "return", "continue", *leads, *leads])

    def _vmap(self, users: list[str]) -> str:
        a, b = sorted({self._address(), self._address()} | {self._address()})[:1] * 2
        one, other = self._verdict(users), self._verdict(users)
        rest = self.random.choice(("", f", * : {self._verdict(users)}"))
        return self.random.choice(
            (
                f"{self._port_of} vmap {{ 22 : {one}, 80-8088 : {other}{rest} }}",
                f"{self._ip} daddr vmap {{ {a} : {one}{rest} }}",
                f"{self._ip} saddr . {self._port_of} vmap"
                f" {{ {b} . 80 : {one}, {a} . 443 : {other} }}",
                f"meta l4proto vmap {{ tcp : {one}, udp : {other} }}",
                f"meta mark vmap {{ 0x1 : {one}, 0x10 : {other} }}",
                f'iifname vmap {{ "eth0" : {one}, "lo" : {other} }}',
                f"ct state vmap {{ new : {one}, invalid : {other} }}",
            )
        )

    def _translation(self, hook: str) -> str:
        kind = "ip" if self.family == 4 else "ip6"
        to = "" if self._table != "inet" else f"{kind} "
        address = self._address()
        bracketed = f"[{address}]" if self.family == 6 else address
        only = "meta l4proto { tcp, udp } "
        if hook in _DESTINED:
            return self.random.choice(
                (
                    f"{only}redirect to :{self._port()}",
                    f"{only}dnat {to}to {bracketed}:{self._port()}",
                    f"dnat {to}to {address}",
                    f"dnat {to}to {self._ip} daddr map {{ {address} : {self._address()} }}",
                )
            )
        masquerade = ["masquerade"] if hook == "postrouting" else []
        return self.random.choice([f"snat {to}to {address}", *masquerade])

    # --- chains

    def _base(self, number: int, users: list[str]) -> str:
        if self.random.random() < 0.35:
            hook = self.random.choice(list(_NAT_AT))
            kind, at = "nat", self.random.choice(_NAT_AT[hook])
        else:
            hook = self.random.choice(list(_FILTER_AT))
            kind, at = "filter", self.random.choice(_FILTER_AT[hook])
            if hook == "output" and self.random.random() < 0.2:
                kind, at = "route", -150
        policy = self.random.choice(("accept", "accept", "accept", "drop"))
        nat = hook if kind == "nat" else None
        head = f"type {kind} hook {hook} priority {at}; policy {policy};"
        rules = self._rules(hook, users, nat=nat)
        return f"chain b{number}_{hook} {{\n{head}\n{rules}}}"

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
        if hook in ("prerouting", "output") and not nat and self.random.random() < 0.03:
            parts.append("notrack")
        parts.append(self._ending(users, nat))
        return " ".join(filter(None, parts)) or "counter"
