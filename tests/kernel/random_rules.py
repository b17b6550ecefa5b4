"""Random rule sets that the kernel takes, and random packets that have a chance to match.

Few addresses, ports, marks and interfaces, so that rules and packets meet.
"""

from __future__ import annotations

from random import Random

from iptsim.model import BUILTIN_CHAINS
from iptsim.packet import Packet
from iptsim.values import parse_address

HOSTS = {
    4: ("10.0.0.1", "10.0.0.2", "10.1.0.2", "10.1.0.9", "10.9.9.9", "192.0.2.7"),
    6: ("fd00:0:0:1::1", "fd00:0:0:1::2", "fd00:0:0:2::2", "fd00:0:0:2::9", "2001:db8::7"),
}
NETS = {
    4: ("10.0.0.0/24", "10.1.0.0/16", "10.0.0.0/8", "192.0.2.7", "10.0.0.2", "0.0.0.2/0.0.0.255"),
    6: ("fd00:0:0:1::/64", "fd00::/16", "2001:db8::/32", "fd00:0:0:1::2", "::2/::ffff"),
}
PORTS = ("22", "53", "80", "443", "8088", "80:443", "8000:", ":1023")
MARKS = ("0x1", "0x1/0x1", "0x10/0xf0", "0x0/0x1", "0x3/0x2")
INTERFACES = ("eth0", "eth1", "lo", "eth+")
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
# A chain that all of these hooks may reach must not ask for an interface that one of them lacks;
# owner is for packets that leave (net/netfilter/xt_owner.c, owner_mt_reg).
NO_IN, NO_OUT = ("OUTPUT", "POSTROUTING"), ("PREROUTING", "INPUT")


class Maker:
    """Makes one rule set in restore format: `Maker(random, family).ruleset()`."""

    def __init__(self, random: Random, family: int) -> None:
        self.random = random
        self.family = family

    def ruleset(self) -> str:
        """Two or three tables, each with some user chains."""
        names = self.random.sample(("raw", "mangle", "nat", "filter"), self.random.randint(2, 3))
        return "".join(self._table(name) for name in names)

    def _table(self, table: str) -> str:
        users = [f"user{n}" for n in range(self.random.randint(1, 3))]
        lines = [f"*{table}"]
        for chain in BUILTIN_CHAINS[table]:
            dropping = table == "filter" and self.random.random() < 0.2
            lines.append(f":{chain} {'DROP' if dropping else 'ACCEPT'}")
        lines += [f":{chain} -" for chain in users]
        for chain in BUILTIN_CHAINS[table]:
            lines += self._rules(table, chain, users)
        for at, chain in enumerate(users):
            # Jumps go to later chains only: the kernel takes no loops.
            lines += self._rules(table, chain, users[at + 1 :])
        return "\n".join([*lines, "COMMIT", ""])

    def _rules(self, table: str, chain: str, users: list[str]) -> list[str]:
        return [self._rule(table, chain, users) for _ in range(self.random.randint(0, 4))]

    def _rule(self, table: str, chain: str, users: list[str]) -> str:
        proto = self.random.choice(("", "", "tcp", "tcp", "udp", self._icmp))
        parts = [f"-A {chain}", self._header(chain), f"-p {proto}" if proto else ""]
        parts += self._matches(chain, proto)
        parts.append(self._target(table, chain, proto, users))
        return " ".join(part for part in parts if part)

    @property
    def _icmp(self) -> str:
        return "icmp" if self.family == 4 else "ipv6-icmp"

    def _not(self) -> str:
        return "! " if self.random.random() < 0.25 else ""

    def _header(self, chain: str) -> str:
        kind = self.random.choice(("", "", "src", "dst", "in", "out"))
        if kind in ("src", "dst"):
            net = self.random.choice(NETS[self.family])
            return f"{self._not()}{'-s' if kind == 'src' else '-d'} {net}"
        name = self.random.choice(INTERFACES)
        if kind == "in" and chain not in NO_IN:
            return f"{self._not()}-i {name}"
        if kind == "out" and chain not in NO_OUT:
            return f"{self._not()}-o {name}"
        return ""

    def _matches(self, chain: str, proto: str) -> list[str]:
        """At most one of the protocol's own: of two, iptables-nft-save prints only the last."""
        own = {"tcp": self._tcp, "udp": self._udp, self._icmp: self._icmp_type}.get(proto)
        common = [self._mark, self._length, self._ttl, self._state, self._address, self._tos]
        if chain in NO_IN:
            common.append(self._owner)
        chosen = self.random.sample(common, self.random.choice((0, 0, 1, 1, 2)))
        if own and self.random.random() < 0.6:
            chosen.append(own)
        return [make() for make in chosen]

    def _tcp(self) -> str:
        port = self.random.choice(PORTS)
        return self.random.choice(
            (
                f"-m tcp {self._not()}--dport {port}",
                f"-m tcp {self._not()}--sport {port}",
                f"-m tcp {self._not()}--tcp-flags SYN,ACK,FIN SYN",
                f"-m tcp {self._not()}--syn",
                f"-m multiport {self._not()}--dports 22,80,8000:9000",
                f"-m multiport {self._not()}--ports 53,40000:41000",
            )
        )

    def _udp(self) -> str:
        port = self.random.choice(PORTS)
        return f"-m udp {self._not()}--{self.random.choice(('dport', 'sport'))} {port}"

    def _icmp_type(self) -> str:
        if self.family == 4:
            return f"-m icmp {self._not()}--icmp-type {self.random.choice(('8', '13', '8/0', '3'))}"
        return f"-m icmp6 {self._not()}--icmpv6-type {self.random.choice(('128', '135', '1'))}"

    def _mark(self) -> str:
        kind = self.random.choice(("mark", "connmark"))
        return f"-m {kind} {self._not()}--mark {self.random.choice(MARKS)}"

    def _length(self) -> str:
        return f"-m length {self._not()}--length {self.random.choice(('40', '0:60', '100:'))}"

    def _ttl(self) -> str:
        kind = "ttl --ttl" if self.family == 4 else "hl --hl"
        return f"-m {kind}-{self.random.choice(('eq 64', 'lt 64', 'gt 10', 'eq 63'))}"

    def _tos(self) -> str:
        return self.random.choice(("-m tos --tos 0x10/0x3f", "-m dscp --dscp 0x04"))

    def _state(self) -> str:
        states = ("NEW", "ESTABLISHED", "INVALID", "UNTRACKED", "NEW,RELATED", "DNAT", "SNAT")
        return f"-m conntrack {self._not()}--ctstate {self.random.choice(states)}"

    def _address(self) -> str:
        first = HOSTS[self.family][0]
        last = HOSTS[self.family][1]
        return self.random.choice(
            (
                f"-m addrtype {self._not()}--dst-type LOCAL",
                f"-m addrtype {self._not()}--dst-type UNICAST",
                f"-m iprange {self._not()}--src-range {first}-{last}",
                '-m comment --comment "a \\"quoted\\" word"',
            )
        )

    def _owner(self) -> str:
        word = self.random.choice(("--uid-owner 1337", "--uid-owner 0-999", "--gid-owner 1337"))
        return f"-m owner {self._not()}{word}"

    def _target(self, table: str, chain: str, proto: str, users: list[str]) -> str:
        if users and self.random.random() < 0.4:
            return f"-{self.random.choice('jjjg')} {self.random.choice(users)}"
        if self.random.random() < 0.4:
            return self.random.choice(("", "-j RETURN", "-j ACCEPT", "-j ACCEPT"))
        return self.random.choice(self._special(table, chain, proto))

    def _special(self, table: str, chain: str, proto: str) -> tuple[str, ...]:
        if table == "mangle":
            hop = "TTL --ttl" if self.family == 4 else "HL --hl"
            marks = ("MARK --set-xmark 0x1/0x1", "MARK --or-mark 0x10", "MARK --and-mark 0xf0")
            conn = ("CONNMARK --save-mark", "CONNMARK --restore-mark", "CONNMARK --set-mark 1")
            rest = ("DSCP --set-dscp 4", "TOS --set-tos 0x10/0x3f", f"{hop}-set 10")
            return tuple(f"-j {target}" for target in (*marks, *conn, *rest))
        if table == "raw":
            return ("-j CT --notrack", "-j DROP", "-j ACCEPT")
        if table == "filter":
            return ("-j DROP", "-j REJECT", "-j LOG", "-j ACCEPT")
        return self._nat(chain, proto)

    def _nat(self, chain: str, proto: str) -> tuple[str, ...]:
        ported = proto in ("tcp", "udp")
        here, there = HOSTS[self.family][1], HOSTS[self.family][3]
        if chain in ("PREROUTING", "OUTPUT"):
            to = f"[{there}]:8443" if self.family == 6 else f"{there}:8443"
            plain = (f"-j DNAT --to-destination {there}", f"-j DNAT --to-destination {here}")
            return (*plain, "-j REDIRECT --to-ports 15001", f"-j DNAT --to-destination {to}") \
                if ported else (*plain, "-j REDIRECT")  # fmt: skip
        if chain in ("INPUT", "POSTROUTING"):
            source = "2001:db8::99" if self.family == 6 else "192.0.2.99"
            masquerade = ("-j MASQUERADE",) if chain == "POSTROUTING" else ()
            return (f"-j SNAT --to-source {source}", *masquerade)
        return ("-j ACCEPT", "-j RETURN")


def packets(random: Random, family: int, count: int) -> list[tuple[Packet, str]]:
    """Fully given packets and where they enter. Each may open a connection."""
    return [_packet(random, family) for _ in range(count)]


def _packet(random: Random, family: int) -> tuple[Packet, str]:
    hook = random.choice(("PREROUTING", "OUTPUT"))
    hosts = HOSTS[family]
    inbound = hook == "PREROUTING"
    # The host's own address is no source for what arrives: routing calls it a martian.
    source = random.choice((hosts[0], hosts[-1])) if inbound else random.choice(hosts[1:3])
    proto = random.choice((TCP, TCP, UDP, ICMP if family == 4 else ICMP6))
    packet = Packet(
        family=family,
        proto=proto,
        src=parse_address(source)[0],
        dst=parse_address(random.choice(hosts[1:]))[0],
        ttl=random.choice((64, 10, 11)),
        tos=random.choice((0, 0x10, 0xB8)),
    )
    packet = packet.with_(length=random.choice((None, 200)))
    if proto in (TCP, UDP):
        ports = (22, 53, 80, 443, 8088, 40000)
        packet = packet.with_(sport=random.choice((53, 40000)), dport=random.choice(ports))
    if inbound:
        return packet.with_(in_=random.choice(("eth0", "eth1"))), hook
    user = random.choice((0, 1000, 1337))
    return packet.with_(uid=user, gid=user, mark=random.choice((0, 1, 0x10))), hook
