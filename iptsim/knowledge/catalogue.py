"""Looking up what is known; each system is one file of `systems`, found by listing them."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from iptsim.extensions.registry import files_of
from iptsim.knowledge import systems as room
from iptsim.knowledge.known import Keeper, Known, Limit, System
from iptsim.regex import regex

_FIRST = regex("[-_]")


@cache
def systems() -> tuple[System, ...]:
    """Every system, by the names of their files."""
    return tuple(map(_system, files_of(room.__name__)))


def systems_of(chains: Iterable[str]) -> Iterator[System]:
    """The systems whose files' names begin with the first word of one of the chains, by and by."""
    words = {_FIRST.split(chain.lower(), maxsplit=1)[0] for chain in chains} - {""}
    fitting = (name for name in files_of(room.__name__) if name.partition("_")[0] in words)
    yield from map(_system, fitting)


@cache
def _system(name: str) -> System:
    found: System = importlib.import_module(f"{room.__name__}.{name}").SYSTEM
    return found


def keepers() -> tuple[Keeper, ...]:
    """The systems that keep chains in a rule set."""
    return tuple(system.keeper for system in systems() if system.keeper is not None)


def title(name: str) -> str:
    """How people call the system of that name."""
    return next(system.title for system in systems() if system.name == name)


def chain(name: str, among: Collection[str] | None = None) -> Known | None:
    """What is known of a chain of that name, in the systems that were recognised.

    Where nobody tells which these are (None), in those that the name alone tells.
    """
    asked = [s for s in systems() if s.owns(name)] if among is None else _of(among)
    return next((found for s in asked if (found := s.chain(name)) is not None), None)


def port(number: int, among: Iterable[System]) -> Known | None:
    """What is known of a port, in the systems that were recognised."""
    return next((found for s in among if (found := s.port(number)) is not None), None)


def user(number: int, among: Iterable[str]) -> Known | None:
    """What is known of a numeric user or group, in the systems that were recognised."""
    return next((found for s in _of(among) if (found := s.user(number)) is not None), None)


def limited_to(chain: str, text: str) -> tuple[str, Limit] | None:
    """Who limits such a rule of its chain to an interface, by title, and to which; None if nobody.

    Rules of built-in chains are asked of no system: their names tell none.
    """
    own = ((s.title, s.limit(chain, text)) for s in systems_of((chain,)))
    return next(((name, limit) for name, limit in own if limit is not None), None)


def of(names: Iterable[str]) -> Iterator[System]:
    """The systems of those names."""
    yield from _of(names)


def _of(names: Iterable[str]) -> list[System]:
    wanted = set(names)
    return [system for system in systems() if system.name in wanted]
