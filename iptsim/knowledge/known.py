"""The form of what is known of a system."""

from __future__ import annotations

import re
from collections.abc import Collection

from iptsim.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Something well known. `key` is that of its sentence in the catalogues of explain."""

    system: str
    kind: str
    name: str

    @property
    def key(self) -> str:
        """`know.istio.port.15001`."""
        return f"know.{self.system}.{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Rules of a chain that the system limits to an outgoing interface, which a listing may hide.

    `text` is a regular expression for a whole rule as iptables-save writes it without that, behind
    the chain's name.
    """

    chain: str
    text: str
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system that writes iptables rules, and what its names and numbers mean.

    A chain that ends in `*` stands for all that begin so. `marks` are prefixes of chain names by
    which the system is recognised.
    """

    name: str
    marks: tuple[str, ...]
    chains: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()

    def owns_any(self, names: Collection[str]) -> bool:
        """Whether a chain of the system is among the names."""
        return any(name.startswith(self.marks) for name in names)

    def chain(self, name: str) -> Known | None:
        """The chain of that name, or the pattern that it fits."""
        fitting = name in self.chains
        patterns = (c for c in self.chains if c.endswith("*") and name.startswith(c[:-1]))
        known = name if fitting else max(patterns, key=len, default=None)
        return None if known is None else self._known("chain", known)

    def port(self, number: int) -> Known | None:
        """The port, where the system uses it for something of its own."""
        return self._known("port", str(number)) if number in self.ports else None

    def user(self, number: int) -> Known | None:
        """The user or group that the system runs its own programs as."""
        return self._known("user", str(number)) if number in self.users else None

    def limit(self, chain: str, text: str) -> str | None:
        """The interface by which alone packets meet a rule, where the system limits it to one."""
        fitting = (
            one for one in self.limits if one.chain == chain and re.fullmatch(one.text, text)
        )
        return next((one.out for one in fitting), None)

    def all_known(self) -> tuple[Known, ...]:
        """Everything, for the catalogues to be held against."""
        chains = [self._known("chain", name) for name in self.chains]
        ports = [self._known("port", str(number)) for number in self.ports]
        return (*chains, *ports, *(self._known("user", str(number)) for number in self.users))

    def _known(self, kind: str, name: str) -> Known:
        return Known(system=self.name, kind=kind, name=name)
