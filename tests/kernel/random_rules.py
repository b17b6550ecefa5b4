"""Random rule sets that the kernel takes: every table, chain, match and target."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from example_words import random_match, random_target
from legal import Spot
from value_pools import NETS, Draw

from iptsim.extensions.registry import matches
from iptsim.model import BUILTIN_CHAINS

_SYN = "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN"
_INTERFACES = ("eth0", "eth1", "lo", "eth+")
# iptables itself refuses -i and -o in built-in chains that have no such interface.
_NO_IN, _NO_OUT = ("OUTPUT", "POSTROUTING"), ("PREROUTING", "INPUT")
_OPAQUE = frozenset(name for name, match in matches().items() if match.lower is None)
"""Matches that fork the trace at every rule: a rule set has few of them."""


@dataclass(slots=True)
class Maker:
    """Makes one rule set in restore format: `Maker(random, family).ruleset()`."""

    random: Random
    family: int
    opaque_left: int = 2
    draw: Draw = field(init=False)

    def __post_init__(self) -> None:
        self.draw = Draw(self.random, self.family)

    def ruleset(self) -> str:
        """Two or three tables, each with some user chains."""
        count = self.random.choice((1, 2, 2, 3, 3, 5))
        return "".join(
            self._table(name) for name in self.random.sample(list(BUILTIN_CHAINS), count)
        )

    def _table(self, table: str) -> str:
        builtin = BUILTIN_CHAINS[table]
        users = {f"user{n}": self._hooks(builtin) for n in range(self.random.randint(1, 3))}
        lines = [f"*{table}"]
        lines += [f":{chain} {self._policy(table)}" for chain in builtin]
        lines += [f":{chain} -" for chain in users]
        for chain in builtin:
            lines += self._rules(table, chain, frozenset({chain}), users)
        for at, (chain, hooks) in enumerate(users.items()):
            # Jumps go to later chains only: the kernel takes no loops.
            later = dict(list(users.items())[at + 1 :])
            lines += self._rules(table, chain, hooks, later)
        return "\n".join([*lines, "COMMIT", ""])

    def _hooks(self, builtin: tuple[str, ...]) -> frozenset[str]:
        """Which built-in chains may lead to a user chain: often one, for more is legal there."""
        return frozenset(self.random.sample(builtin, self.random.choice((1, 1, 2, len(builtin)))))

    def _policy(self, table: str) -> str:
        dropping = table != "nat" and self.draw.often(0.15 if table == "filter" else 0.04)
        return "DROP" if dropping else "ACCEPT"

    def _rules(
        self, table: str, chain: str, hooks: frozenset[str], users: dict[str, frozenset[str]]
    ) -> list[str]:
        reachable = [name for name, allowed in users.items() if hooks <= allowed]
        count = self.random.choice((0, 1, 2, 3, 4, 6))
        return [self._rule(table, chain, hooks, reachable) for _ in range(count)]

    def _rule(self, table: str, chain: str, hooks: frozenset[str], users: list[str]) -> str:
        proto, words = self._proto()
        spot = Spot(table, hooks, proto, self.family)
        parts = [f"-A {chain}", *self._header(chain), words]
        parts += self._matches(spot)
        parts.append(self._target(spot, users))
        if "-j TCPMSS" in parts[-1]:
            # Of SYN packets only (xt_TCPMSS.c, tcpmss_tg4_check).
            parts = [*(part for part in parts[:-1] if "-m tcp " not in part), _SYN, parts[-1]]
        return " ".join(part for part in parts if part)

    def _proto(self) -> tuple[str, str]:
        icmp = "icmp" if self.family == 4 else "ipv6-icmp"
        rare = ("sctp", "dccp", "udplite", "gre", "esp", "ah")
        name = self.random.choice(
            ("", "", "", "tcp", "tcp", "tcp", "tcp", "udp", "udp", icmp, self.random.choice(rare))
        )
        if name and self.draw.often(0.08):
            return "", f"! -p {name}"
        return name, f"-p {name}" if name else ""

    def _header(self, chain: str) -> list[str]:
        nets, negated = NETS[self.family], self.draw.negated
        found = []
        for flag in ("-s", "-d"):
            if self.draw.often(0.12):
                net = self.random.choice(nets)
                # The nft build refuses the contrary of everything.
                found.append(f"{'' if net.endswith('/0') else negated()}{flag} {net}")
        if chain not in _NO_IN and self.draw.often(0.12):
            found.append(f"{negated()}-i {self.random.choice(_INTERFACES)}")
        if chain not in _NO_OUT and self.draw.often(0.12):
            found.append(f"{negated()}-o {self.random.choice(_INTERFACES)}")
        if self.family == 4 and self.draw.often(0.02):
            found.append(f"{negated()}-f")
        return found

    def _matches(self, spot: Spot) -> list[str]:
        """Different matches: of two of one name, iptables-nft-save prints only the last."""
        found: dict[str, str] = {}
        for _ in range(self.random.choice((0, 1, 1, 1, 1, 1, 2, 3))):
            without = frozenset(found) | (frozenset() if self.opaque_left else _OPAQUE)
            drawn = random_match(self.draw, spot, without)
            if drawn is not None:
                found[drawn[0]] = drawn[1]
                self.opaque_left -= drawn[0] in _OPAQUE
        return list(found.values())

    def _target(self, spot: Spot, users: list[str]) -> str:
        if users and self.draw.often(0.35):
            return f"-{self.random.choice('jjjg')} {self.random.choice(users)}"
        if self.draw.often(0.25):
            plain = ("", "", "", "-j RETURN", "-j ACCEPT", "-j ACCEPT")
            return self.random.choice(plain if spot.table == "nat" else (*plain, "-j DROP"))
        drawn = random_target(self.draw, spot)
        return drawn[1] if drawn else ""
