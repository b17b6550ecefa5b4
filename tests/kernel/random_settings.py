"""Random settings of the kernel and rules of `ip rule` for a random host."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from random_hosts import RandomHost

from iptsim.packet import Packet
from iptsim.values import format_address

_EACH = ("all", "default", "lo", "eth0", "eth1", "spare")
_NAMES: dict[int, dict[str, tuple[int, ...]]] = {
    4: {
        "forwarding": (0, 1, 1), "route_localnet": (0, 0, 1), "accept_local": (0, 0, 1),
        "rp_filter": (0, 0, 1, 2), "src_valid_mark": (0, 1), "send_redirects": (0, 1),
    },
    6: {"force_forwarding": (0, 1)},
}  # fmt: skip
_MARKS = (0, 1, 2, 3, 9)
_TABLES = ("100", "101", "main")
_LOOSE = "net/netfilter/nf_conntrack_tcp_loose"
_LOOPBACK = (0x7F000001, 0x7F000005, 0x7F0000FF)
_LOOPED = 0.15
_ENDS = ("unreachable", "blackhole", "prohibit")


def random_sysctls(random: Random, family: int) -> Iterator[tuple[str, int]]:
    """In the order in which they are set: what is of all interfaces first."""
    draw = random.choice
    root = "net/ipv4/conf" if family == 4 else "net/ipv6/conf"
    yield f"{root}/all/forwarding", draw((0, 1, 1, 1))
    for name, values in _NAMES[family].items():
        for each in _EACH:
            if (name, each) != ("forwarding", "all"):
                usual = draw((True, True, False))
                yield f"{root}/{each}/{name}", values[0] if usual else draw(values)


def case_settings(seed: str, family: int) -> dict[str, int]:
    """The settings of a random case: routing's, and what connection tracking takes up."""
    random = Random(f"{seed}/settings")  # noqa: S311  # a case must come out the same again
    return {**dict(random_sysctls(random, family)), _LOOSE: random.choice((0, 1))}


def with_loopback(seed: str, sent: list[tuple[Packet, str]]) -> list[tuple[Packet, str]]:
    """The packets, of those that arrive some with a loopback address, which settings let pass."""
    random = Random(f"{seed}/loopback")  # noqa: S311  # a case must come out the same again
    return [(_looped(random, packet, hook), hook) for packet, hook in sent]


def _looped(random: Random, packet: Packet, hook: str) -> Packet:
    if packet.family != 4 or hook != "PREROUTING" or random.random() > _LOOPED:
        return packet
    return packet.with_(**{random.choice(("src", "dst")): random.choice(_LOOPBACK)})


class RandomSettings(RandomHost):
    """A host with settings drawn at random, and on half of them with rules of routing."""

    def __init__(self, random: Random, family: int) -> None:
        super().__init__(random, family)
        self.sysctls = dict(random_sysctls(random, family))
        self.rules = [self._rule(n) for n in range(random.choice((0, 0, 2, 5)))]
        routes = [self._route().replace("metric", f"table {t} metric") for t in _TABLES[:2] * 4]
        self.more = "\n".join([*routes, *self.rules]) + "\n"

    def _rule(self, number: int) -> str:
        draw = self.random.choice
        words = [f"rule add pref {draw((50, 60, 70))}{number}", draw(("", "", "", "not"))]
        words.append(f"from {self._network() if draw((0, 0, 1)) else 'all'}")
        words.append(f"to {self._network()}" if draw((0, 0, 1)) else "")
        words.append(f"fwmark {draw(_MARKS)}{draw(('', '/3'))}" if draw((0, 1)) else "")
        words.append(draw(("", "", "iif eth0", "iif eth1", "iif lo")))
        words.append("uidrange 0-7" if draw((0, 0, 0, 1)) else "")
        words.append(self._ports() if "iif eth" in words[5] and draw((0, 1)) else "")
        return " ".join(word for word in (*words, self._deed()) if word)

    def _ports(self) -> str:
        return self.random.choice(("ipproto udp", "ipproto tcp", "ipproto udp dport 90-99"))

    def _deed(self) -> str:
        draw = self.random.choice
        if draw((0, 0, 0, 1)):
            return draw((*_ENDS, "goto 32766"))
        shorter = f" suppress_prefixlength {draw((0, 16, 20))}" if draw((0, 0, 1)) else ""
        return f"lookup {draw(_TABLES)}{shorter}"

    def packets(self, count: int) -> list[tuple[Packet, str]]:
        """As of its host, with marks and users where they can be, and loopback addresses."""
        return [self._marked(*one) for one in super().packets(count)]

    def _marked(self, packet: Packet, hook: str) -> tuple[Packet, str]:
        draw = self.random.choice
        if self.family == 4 and draw((0, 0, 0, 1)):
            name = draw(("src", "dst"))
            packet = packet.with_(**{name: draw(_LOOPBACK)})
        if draw((0, 0, 1)):
            packet = packet.with_(dport=draw((5, 6, 7, 8)))
        if hook == "OUTPUT":
            # No program's socket has another source, and one in the header alone no rule sees.
            packet = packet.with_(mark=draw(_MARKS), uid=draw((0, 5, 1000)), src=draw(self.own))
        return packet, hook

    def rewriting(self) -> dict[str, list[str]]:
        """Rules that mark packets, and that send them elsewhere, so that they are routed anew."""
        far = [format_address(self._source(), self.width) for _ in range(3)]
        loop = "127.0.0.1" if self.family == 4 else "::1"
        to = [*far, loop]
        nat = [
            f"-A {chain} -p udp -m udp --dport {5 + n} -j DNAT --to-destination {address}"
            for chain in ("PREROUTING", "OUTPUT")
            for n, address in enumerate(to)
        ]
        marking = "-p udp -m udp --dport {} -j MARK --set-mark {}"
        mangle = [
            f"-A {chain} {marking.format(5 + n, self.random.choice(_MARKS))}"
            for chain in ("PREROUTING", "OUTPUT")
            for n in range(0, 4, 2)
        ]
        ways = [f"-A POSTROUTING -o {name}" for name in ("lo", "eth0", "eth1", "spare")]
        return {"mangle": [*mangle, *ways], "nat": nat, "filter": ["-A INPUT -i lo"]}
