"""A regular listing, as `iptables -L -n -v` prints it: the headers and where the rows stand."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.dialects.quick.operands import NAME
from iptsim.dialects.quick.row_kinds import TITLE
from iptsim.model import BUILTIN_CHAINS
from iptsim.regex import regex

_HEADER = regex(
    rf"(?P<header>Chain (?P<name>{NAME}) \((?:(?P<policy>policy (?:ACCEPT|DROP)"
    r" [0-9]{1,19}[KMGTP]? packets, [0-9]{1,19}[KMGTP]? bytes)|"
    r"(?P<references>[0-9]{1,9}) references)\)\n)"
    rf"{TITLE}(?P<rows>(?:[ 0-9][^\n]*\n)*+)(?P<blank>\n(?=Chain )|\Z)"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A chain: its header, the number of that line, and where its rows begin and end."""

    header: str
    references: int | None
    line: int
    start: int
    end: int

    @property
    def first(self) -> int:
        """The number of its first row's line."""
        return self.line + 2


def chains_of(text: str) -> dict[str, Listed] | None:
    """The chains of a text that is one table's listing, and nothing else; None for any other.

    Built-in chains come first, those of the table in the kernel's order, all of them.
    """
    chains: dict[str, Listed] = {}
    at, line = 0, 1
    for found in _HEADER.finditer(text):
        if found.start() != at or found["name"] in chains:
            return None
        references = None if found["policy"] else int(found["references"])
        start, end = found.span("rows")
        chains[found["name"]] = Listed(found["header"], references, line, start, end)
        at, line = found.end(), line + text.count("\n", *found.span())
    return chains if at == len(text) and _is_of_a_table(chains) else None


def _is_of_a_table(chains: dict[str, Listed]) -> bool:
    builtin = [name for name, chain in chains.items() if chain.references is None]
    first = [*chains][: len(builtin)]
    others = chains.keys() - builtin
    every = {name for names in BUILTIN_CHAINS.values() for name in names}
    return first == builtin and tuple(builtin) in BUILTIN_CHAINS.values() and not others & every
