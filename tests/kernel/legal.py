"""Where the kernel and iptables take a match or target, as far as a rule set must heed it.

Each extension's demands say it; the example tables say which no kernel here is asked of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from extension_cases import not_asked

from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Extension
from iptsim.extensions.values.services import PROTOCOLS


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule shall stand: its table, every hook that can reach its chain, its -p."""

    table: str
    hooks: frozenset[str]
    proto: str
    family: int


_PORTED = ("tcp", "udp", "sctp", "dccp")
# By name, or by name and option: fewer protocols than iptables takes.
_FEWER: Mapping[str | tuple[str, str], tuple[str, ...]] = {
    # In IPv6 iptables takes it with any.
    "ah": ("ah",),
    # There is one listener.
    "TPROXY": ("tcp",),
    # An identifier of icmp is no field of a packet here.
    ("MASQUERADE", "--to-ports"): _PORTED, ("REDIRECT", "--to-ports"): _PORTED,
    # Its save text has them twice.
    ("HMARK", "--hmark-sport"): (), ("HMARK", "--hmark-dport"): (),
}  # fmt: skip


def fits(name: str, options: Collection[str], spot: Spot) -> bool:
    """Whether a match or target of that name with those options may stand at `spot`."""
    extension = matches().get(name) or targets()[name]
    keys: list[str | tuple[str, str]] = [name, *((name, option) for option in options)]
    return (
        all(spot.table in tables for tables in _tables(extension, options))
        and all(spot.hooks <= hooks for hooks in _hooks(extension, options))
        and all(PROTOCOLS.get(spot.proto) in each for each in _protocols(extension, options, spot))
        and all(spot.proto in _FEWER.get(key, (spot.proto,)) for key in keys)
    )


def _tables(extension: Extension, options: Iterable[str]) -> Iterable[tuple[str, ...]]:
    asked = extension.demands
    every = (asked.option_tables.get(option, ()) for option in options)
    return filter(None, (asked.tables, asked.older_tables, *every))


def _hooks(extension: Extension, options: Iterable[str]) -> Iterable[frozenset[str]]:
    asked = extension.demands
    every = (asked.option_hooks.get(option, frozenset()) for option in options)
    return filter(None, (asked.hooks, *every))


def _protocols(
    extension: Extension, options: Iterable[str], spot: Spot
) -> Iterable[tuple[int, ...]]:
    asked = extension.demands
    every = (asked.option_protocols.get(option, ()) for option in options)
    return filter(None, (asked.protocols_in(spot.family), *every))


NOT_HERE: Mapping[str, str] = {**not_asked("matches"), **not_asked("targets")}
"""What no random rule has, and why."""
