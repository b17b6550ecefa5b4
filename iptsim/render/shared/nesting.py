"""Steps as a tree: what a chain did stands below the rule that jumped there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.render.shared.columns import Row

_DEEPEST = 8
_SHAPES = {
    (False, False): "   ",
    (False, True): "│  ",
    (True, False): "└─ ",
    (True, True): "├─ ",
}
"""By whether the row itself stands at the level, and whether others follow there."""


def nested(rows: Sequence[Row]) -> list[Row]:
    """The rows of one hook with branches before the places of those to which rules jumped."""
    depths = list(_depths(rows))
    return [
        replace(row, where=_branches(depths, number) + row.where) for number, row in enumerate(rows)
    ]


def _depths(rows: Sequence[Row]) -> Iterator[int]:
    """How many jumps deep each row stands; a row of no jump's chain begins anew."""
    chains: list[str] = []
    led = False
    for row in rows:
        if row.chain in chains:
            del chains[chains.index(row.chain) + 1 :]
        else:
            chains = [*(chains if led else ()), row.chain]
        led = row.leads or (led and row.dim)
        yield min(len(chains) - 1, _DEEPEST)


def _branches(depths: Sequence[int], number: int) -> str:
    own = depths[number]
    shapes = {
        (False, False): "   ",
        (False, True): "│  ",
        (True, False): "└─ ",
        (True, True): "├─ ",
    }
    return "".join(
        shapes[level == own, _goes_on(depths[number + 1 :], level)] for level in range(1, own + 1)
    )


def _goes_on(later: Sequence[int], level: int) -> bool:
    """Whether another row follows at that level, before one above it."""
    return next((depth == level for depth in later if depth <= level), False)
