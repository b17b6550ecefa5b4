"""Which sets listings show with elements: `nft -t` leaves these out, and does not say so."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from iptsim.dataclass import dataclass, field
from iptsim.dialects.nft.outside import Call

Key = tuple[str, str]
Named = tuple[Key, str]


@dataclass(slots=True, kw_only=True)
class _Listing:
    """What one call of nft printed. `terse`: it was called with `-t`."""

    call: int = 0
    terse: bool = False
    full: bool = False
    tables: set[Key] = field(default_factory=set)
    sets: dict[Named, None] = field(default_factory=dict)


class Listings:
    """Takes tables and sets in the order of the text; the calls of nft come before all of them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.broken = False
        self._all = [_Listing()]

    def begin(self) -> None:
        """Another listing begins."""
        self._all.append(_Listing())

    def table(self, key: Key, line: int) -> None:
        """A table in a line; one call of nft lists a table once."""
        call = max((at for at, call in enumerate(self.calls, 1) if call.line < line), default=0)
        if call != self._all[-1].call or key in self._all[-1].tables:
            terse = call > 0 and self.calls[call - 1].terse
            self._all.append(_Listing(call=call, terse=terse))
        self._all[-1].tables.add(key)

    def set(self, key: Key, name: str, *, full: bool) -> None:
        """A set of a table, and whether elements of it are shown."""
        self._all[-1].sets[key, name] = None
        self._all[-1].full = self._all[-1].full or full

    @property
    def whole(self) -> bool:
        """Whether one of the listings is of all tables, and nothing of the text breaks off."""
        calls = [self.calls[each.call - 1] for each in self._all if each.call > 0]
        return not self.broken and any(call.whole for call in calls)

    @property
    def filtered(self) -> AbstractSet[Key]:
        """The tables that only calls show out of whose output lines were taken."""
        shown: dict[bool, set[Key]] = {True: set(), False: set()}
        for each in self._all:
            shown[each.call > 0 and self.calls[each.call - 1].filtered] |= each.tables
        return shown[True] - shown[False]

    def untold(self, *, commanded: bool) -> Iterable[Named]:
        """The sets of which no listing shows the elements; a script makes sets that are empty."""
        shown: set[Named] = set()
        hidden: dict[Named, None] = {}
        for each in self._all:
            if not each.full and (each.terse or not commanded):
                hidden |= each.sets
            else:
                shown |= each.sets.keys()
        return [named for named in hidden if named not in shown]
