"""The elements of a set or map by their keys, so that one of thousands is found at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from iptsim.dataclass import dataclass
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import Anything, Concatenation, InterfaceName

_VALUE = attrgetter("value")
Plain = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """`exact` has the places of elements of one value each, a value for each part of the key.

    `others` are the places of the rest (ranges, prefixes, names), `default` that of `*`.
    """

    exact: Mapping[Plain, int]
    others: tuple[int, ...]
    default: int | None


def indexed(elements: Sequence[Element]) -> Indexed:
    """The elements by their keys; of two with one key the first counts, as in the text."""
    exact: dict[Plain, int] = {}
    others: list[int] = []
    default = None
    for at, one in enumerate(elements):
        key = one.key
        kind = type(key)
        if kind is Anything:
            default = at
            continue
        parts: Sequence[object] = key.parts if isinstance(key, Concatenation) else (key,)
        try:
            exact.setdefault(tuple(map(_VALUE, parts)), at)
        except AttributeError:
            named = _named(parts)
            if named is None:
                others.append(at)
            else:
                exact.setdefault(named, at)
    return Indexed(exact=exact, others=tuple(others), default=default)


def _named(parts: Sequence[object]) -> Plain | None:
    """A key with names of interfaces in it."""
    found: list[int | str] = []
    for part in parts:
        if isinstance(part, InterfaceName) and not part.wildcard:
            found.append(part.name)
        elif isinstance(value := getattr(part, "value", None), int):
            found.append(value)
        else:
            return None
    return tuple(found)
