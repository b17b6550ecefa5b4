"""What a comparison of nftables wants, as single values, prefixes and ranges."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.nft.nft_words import words
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Expression,
    Number,
    Prefix,
    Range,
    SetReference,
)
from iptsim.nftables.nft_ruleset import NftTable
from iptsim.nftables.nft_statements import Counter, Last, Match
from iptsim.to_save.save_lines import UnsaidError

MOST = 2000
"""Rules that one of nftables may become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule will stand: the family of packets, the table, the hooks that lead there.

    `builtin` is whether its chain is a built-in one.
    """

    family: int
    home: NftTable
    table: str
    hooks: frozenset[str]
    builtin: bool

    def needs(self, what: str, tables: str, *hooks: str) -> None:
        """Raises `UnsaidError` where iptables takes an extension only in others than here."""
        if (tables and self.table not in tables.split()) or (hooks and not self.hooks <= {*hooks}):
            raise UnsaidError(f"{what} ({self.table} {', '.join(sorted(self.hooks))})")


def elements_of(held: AnonymousSet | SetReference, place: Place) -> Sequence[Element]:
    """The elements of a set or map, which nothing may change while packets come."""
    if isinstance(held, AnonymousSet):
        return held.elements
    named = place.home.set_of.get(held.name)
    if named is None or named.elements is None or named.unread:
        raise UnsaidError(f"@{held.name} …", f"@{held.name}")
    if not named.flags.isdisjoint({"dynamic", "timeout"}) or named.timeout is not None:
        raise UnsaidError(f"@{held.name} (dynamic, timeout)", f"@{held.name}")
    if named.statements or any(one.statements and _bears(one) for one in named.elements):
        raise UnsaidError(f"@{held.name} {{ … }}", f"@{held.name}")
    if len(named.elements) > MOST:
        raise UnsaidError(f"@{held.name}: {len(named.elements)}", f"@{held.name}")
    return named.elements


def _bears(one: Element) -> bool:
    return not all(isinstance(each, Counter | Last) for each in one.statements)


def wanted(one: Match, place: Place) -> tuple[list[Expression], bool]:
    """The values that are asked for, and whether it is the others that pass."""
    if one.operator not in ("==", "!="):
        raise UnsaidError(one.operator)
    negate = one.operator == "!="
    if isinstance(one.right, AnonymousSet | SetReference):
        return [each.key for each in elements_of(one.right, place)], negate
    return [one.right], negate


def numbers(one: Match, place: Place, width: int) -> tuple[list[tuple[int, int]], bool]:
    """As `wanted`, of a field of numbers: its ranges."""
    most = (1 << width) - 1
    if one.operator in ("<", ">", "<=", ">="):
        return [_side(one, most)], False
    values, negate = wanted(one, place)
    return [ends(value) for value in values], negate


def _side(one: Match, most: int) -> tuple[int, int]:
    if not isinstance(one.right, Number):
        raise UnsaidError(one.operator)
    value = one.right.value
    low, high = {
        "<": (0, value - 1), "<=": (0, value), ">": (value + 1, most), ">=": (value, most),
    }[one.operator]  # fmt: skip
    if low > high:
        raise UnsaidError(one.operator)
    return low, high


def ends(value: Expression) -> tuple[int, int]:
    """The least and the greatest of a value's numbers."""
    match value:
        case Number(value=number) | Address(value=number):
            return number, number
        case Prefix(base=Address(value=base, width=width), length=length):
            free = (1 << (width - length)) - 1
            return base & ~free, base | free
        case Range(low=low, high=high):
            return ends(low)[0], ends(high)[1]
    raise UnsaidError(words(value))
