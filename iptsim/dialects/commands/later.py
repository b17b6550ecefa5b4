"""Commands that stand below a whole dump of their table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from iptsim.dialects.parts import ReadTable
from iptsim.errors import Place

if TYPE_CHECKING:
    from iptsim.dialects.rule.plans import Read

Command: TypeAlias = "tuple[Read, Place]"
_TAKE = frozenset("DRFXEZ")
"""Commands after which the rules that others put in may be no longer there."""


def later_commands(told: Sequence[ReadTable]) -> list[Command]:
    """The commands that stand below the last line of the table's last whole dump."""
    files = list(dict.fromkeys(table.place.file for table in told))

    def at(place: Place) -> tuple[int, int]:
        return files.index(place.file), place.line

    whole = [table for table in told if table.form != "input"]
    end = max((at(place) for table in whole for place in _places(table)), default=(0, 0))
    return [each for table in told for each in table.commands if at(each[1]) > end]


def _places(table: ReadTable) -> Iterator[Place]:
    yield table.place
    for chain in table.chains:
        yield from (place for place in (chain.place, *(r.place for r in chain.rules)) if place)


def only_add(commands: Sequence[Command]) -> bool:
    """Whether commands do nothing but add, so that they may be how a table came to be."""
    return not any(read.letter in _TAKE for read, _ in commands)
