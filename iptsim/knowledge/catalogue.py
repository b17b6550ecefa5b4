"""Looking up what is known; each system is one module beside this one."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.knowledge import docker, istio, kubernetes
from iptsim.knowledge.known import Known, System
from iptsim.model import Ruleset

SYSTEMS: tuple[System, ...] = (istio.SYSTEM, kubernetes.SYSTEM, docker.SYSTEM)


def recognised(ruleset: Ruleset) -> tuple[str, ...]:
    """The names of the systems whose chains the rule set has."""
    names = {chain.name for table in ruleset.tables for chain in table.chains}
    return tuple(system.name for system in SYSTEMS if system.owns_any(names))


def chain(name: str) -> Known | None:
    """What is known of a chain of that name; the name itself tells the system."""
    return next((found for s in SYSTEMS if (found := s.chain(name)) is not None), None)


def port(number: int, systems: Iterable[str]) -> Known | None:
    """What is known of a port, in the systems that were recognised."""
    return next((found for s in _of(systems) if (found := s.port(number)) is not None), None)


def user(number: int, systems: Iterable[str]) -> Known | None:
    """What is known of a numeric user or group, in the systems that were recognised."""
    return next((found for s in _of(systems) if (found := s.user(number)) is not None), None)


def limited_to(chain: str, text: str) -> str | None:
    """The interface that a system limits such a rule of its chain to; None where none is known."""
    return next((out for s in SYSTEMS if (out := s.limit(chain, text)) is not None), None)


def _of(names: Iterable[str]) -> list[System]:
    wanted = set(names)
    return [system for system in SYSTEMS if system.name in wanted]
