"""Random small rule sets over every built-in chain, and ones that differ from them a little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from iptsim.dialects import read_text
from iptsim.model import BUILTIN_CHAINS, Ruleset

CONDITIONS = (
    "", "", "-s 10.0.0.0/8", "-d 192.0.2.7", "! -s 10.0.0.1", "-p tcp", "-p udp", "! -p udp",
    "-p tcp -m tcp --dport 80", "-p tcp -m multiport --dports 80,8000:9000",
    "-p udp -m udp ! --sport 53", "-m mark --mark 0x1/0x3", "-m mark ! --mark 0x10/0xf0",
    "-m ttl --ttl-lt 11", "-m tos --tos 0x10/0x3f", "-m conntrack --ctstate NEW",
    "-m conntrack ! --ctstate RELATED,ESTABLISHED", "-p tcp -m tcp --tcp-flags FIN,SYN SYN",
    "-m iprange --src-range 10.0.0.5-10.0.0.99", "-d 0.0.0.2/0.0.0.255",
)  # fmt: skip
_IN, _OUT = ("-i eth0", "! -i eth+", "-i lo"), ("-o eth0", "! -o eth+", "-o lo")
_TARGETS = {
    "raw": ("-j NOTRACK", "-j DROP"),
    "mangle": (
        "-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x10/0xf0",
        "-j MARK --set-xmark 0x3/0x3", "-j TTL --ttl-dec 1", "-j TOS --set-tos 0x10/0x3f",
        "-j DROP",
    ),
    "filter": ("-j DROP", "-j REJECT --reject-with icmp-port-unreachable", "-j DROP"),
}  # fmt: skip
_TO = ("-p tcp -j REDIRECT --to-ports 15001", "-p udp -j DNAT --to-destination 10.9.9.9")
_FROM = ("-p tcp -j SNAT --to-source 10.0.0.99",)
_NAT = {"PREROUTING": _TO, "OUTPUT": _TO, "INPUT": _FROM, "POSTROUTING": _FROM}
_USERS = ("one", "two")


@dataclass(slots=True)
class Rules:
    """The lines of each table, made by `random`."""

    random: Random
    tables: tuple[str, ...] = ("raw", "mangle", "nat", "filter")
    counts: tuple[int, ...] = (0, 1, 1, 2, 3)

    def drawn(self) -> dict[str, list[str]]:
        """A rule set: the rules by table."""
        return {table: list(self._rules(table)) for table in self.tables}

    def mutated(self, rules: dict[str, list[str]]) -> dict[str, list[str]]:
        """The same rules but for one that went, came or moved, or a policy."""
        table = self.random.choice(sorted(rules))
        own = list(rules[table])
        way = self.random.random()
        fresh = list(self._rules(table))
        if own and way < 0.4:
            own.pop(self.random.randrange(len(own)))
        elif own and way < 0.6:
            moved = own.pop(self.random.randrange(len(own)))
            own.insert(self.random.randint(0, len(own)), moved)
        elif fresh:
            own.insert(self.random.randint(0, len(own)), self.random.choice(fresh))
        return {**rules, table: own}

    def _rules(self, table: str) -> Iterator[str]:
        for chain in (*BUILTIN_CHAINS[table], *(() if table == "nat" else _USERS)):
            for _ in range(self.random.choice(self.counts)):
                yield self._rule(table, chain)

    def _rule(self, table: str, chain: str) -> str:
        conditions = [*CONDITIONS]
        if chain in ("PREROUTING", "INPUT", "FORWARD"):
            conditions += _IN
        if chain in ("FORWARD", "OUTPUT", "POSTROUTING"):
            conditions += _OUT
        if table == "nat":
            targets = (*_NAT[chain], "-j ACCEPT", "-j RETURN")
        else:
            jumps = {"one": ("-j two", "-g two"), "two": ()}.get(chain, ("-j one", "-g two"))
            targets = (*_TARGETS[table], *jumps, *jumps, "-j RETURN", "-j ACCEPT")
        condition, target = self.random.choice(conditions), self.random.choice(targets)
        if "-p " in target and "-p " in condition:
            condition = ""
        return " ".join(f"-A {chain} {condition} {target}".split())


def text_of(rules: dict[str, list[str]]) -> str:
    """The rules as restore input; policies are ACCEPT."""
    lines: list[str] = []
    for table, own in rules.items():
        lines += [f"*{table}", *(f":{chain} ACCEPT [0:0]" for chain in BUILTIN_CHAINS[table])]
        lines += [f":{chain} - [0:0]" for chain in _USERS if table != "nat"]
        lines += [*own, "COMMIT"]
    return "\n".join([*lines, ""])


def ruleset_of(rules: dict[str, list[str]]) -> Ruleset:
    """The rules, read."""
    (ruleset,) = read_text(text_of(rules), file="rules").rulesets
    return ruleset
