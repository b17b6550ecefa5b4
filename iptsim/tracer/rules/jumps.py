"""How rules led to a chain, and that none leads in a circle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.tracer.rules.ready import Ready

DEEPEST = 100
_CALLS = 40
"""More calls than a jump takes, and than come before the first."""
Path = tuple[tuple[str, int], ...]
"""The chains that led to one, itself the last, each with the number of the rule that led there."""


class LoopError(IptsimError):
    """A chain jumps back to itself; the kernel loads no such rules."""


@contextmanager
def room_for_jumps() -> Iterator[None]:
    """Room on the stack for the deepest jumps (no C stack is used: PEP 659)."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _CALLS * DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def led(path: Path, ready: Ready, name: str) -> Path:
    """The way into a chain to which a rule jumps.

    Raises `LoopError` where it goes round, or is too long.
    """
    names = [chain for chain, _rule in path]
    if name in names:
        raise _loop(ready, " → ".join((*names[names.index(name) :], name)))
    if len(path) >= DEEPEST:
        raise LoopError(
            f"chains jump more than {DEEPEST} deep", code=codes.JUMPS_TOO_DEEP, most=DEEPEST
        )
    return (*path, (name, ready.number))


def _loop(ready: Ready, way: str) -> LoopError:
    place = f"{ready.rule.place}: " if ready.rule.place else ""
    return LoopError(
        f"{place}a jump loop, {way}; the kernel loads no such rules",
        code=codes.JUMP_LOOP,
        loop=way,
        place=place,
    )
