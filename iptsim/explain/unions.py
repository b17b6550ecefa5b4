"""Unions of cubes in fewer and shorter cubes, for people; JSON has them as they were found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from iptsim.dataclass import replace
from iptsim.predicate import Fact
from iptsim.worlds.outcome import Condition

Told = Condition | tuple[Fact, bool]
Parts = tuple[Told, ...]
"""A cube: every part holds."""

# Every cube is held against every other one: more would take long, and nobody reads them.
_MOST = 40
_MOST_HELD = 400


def shorter(cubes: Iterable[Parts]) -> list[Parts]:
    """The same packets in fewer and shorter cubes, which may overlap."""
    found = widest(map(_without_implied, cubes))
    while len(found) <= _MOST:
        smaller = widest(_joined(_loosened(found)))
        if set(smaller) == set(found):
            break
        found = smaller
    return found


def widest(cubes: Iterable[Parts]) -> list[Parts]:
    """Without the cubes that lie in another one, unless they are very many."""
    every = {frozenset(cube): cube for cube in cubes}
    if len(every) > _MOST_HELD:
        return list(every.values())
    return [one for parts, one in every.items() if not any(other < parts for other in every)]


def _without_implied(cube: Parts) -> Parts:
    """`mark 0x1/0xf` says that it is not `0x2/0xf`."""
    masks = {
        (part.field, value.rpartition("/")[2])
        for part in cube
        if isinstance(part, Condition) and not part.negate
        for value in part.values
        if part.field in ("mark", "connmark")
    }
    return tuple(part for part in cube if not _implied(part, masks))


def _implied(part: Told, masks: set[tuple[str, str]]) -> bool:
    if not isinstance(part, Condition) or not part.negate or not masks:
        return False
    return all((part.field, value.rpartition("/")[2]) in masks for value in part.values)


def _loosened(cubes: list[Parts]) -> list[Parts]:
    """`a` or `not a, b` is `a` or `b`: a part goes where another cube has what it keeps out."""
    found, sets = list(cubes), [frozenset(cube) for cube in cubes]
    for cube in cubes:
        if cube in found:
            _loosen(found.index(cube), found, sets)
    return found


def _loosen(at: int, found: list[Parts], sets: list[frozenset[Told]]) -> None:
    """Put a wider cube in the place of this one, and of another that it then holds whole.

    `sets` are the parts of each cube in `found`: to make them anew takes most of the time.
    """
    cube = found[at]
    for part in cube:
        rest = sets[at] - {part}
        for number, theirs in enumerate(sets):
            if number == at or len(theirs) > len(cube):
                continue
            differs = theirs - rest
            if len(differs) != 1:
                continue
            loose = _loose(part, *differs)
            if loose is not part:
                found[at] = _with(cube, part, loose)
                sets[at] = frozenset(found[at])
                if theirs - differs == rest:
                    del found[number], sets[number]
                return


def _with(cube: Parts, part: Told, instead: Told | None) -> Parts:
    if instead is None:
        return tuple(one for one in cube if one != part)
    return tuple(instead if one == part else one for one in cube)


def _loose(part: Told, other: Told) -> Told | None:
    """`part` or `other`, where that is simpler than both; None where it is everything.

    The values of a condition do not overlap unless they are the same.
    """
    if not isinstance(part, Condition) or not isinstance(other, Condition):
        opposite = isinstance(part, tuple) and other == (part[0], not part[1])
        return None if opposite else part
    if part.field != other.field or part.negate == other.negate:
        return part
    if not part.negate:
        return None if set(other.values) <= set(part.values) else part
    if not set(other.values) <= set(part.values):
        return part
    left = tuple(value for value in part.values if value not in other.values)
    return replace(part, values=left) if left else None


def _joined(cubes: list[Parts]) -> list[Parts]:
    """Two cubes that differ in the values of one field are one with the values of both."""
    found: list[Parts] = []
    for cube in cubes:
        whole = next(((i, j) for i, one in enumerate(found) if (j := _both(one, cube))), None)
        if whole is None:
            found.append(cube)
        else:
            found[whole[0]] = whole[1]
    return found


def _both(one: Parts, other: Parts) -> Parts | None:
    mine, theirs = set(one) - set(other), set(other) - set(one)
    if len(mine) != 1 or len(theirs) != 1:
        return None
    (left,), (right,) = mine, theirs
    if not isinstance(left, Condition) or not isinstance(right, Condition):
        return None
    if left.negate or right.negate or left.field != right.field:
        return None
    whole = replace(left, values=tuple(dict.fromkeys((*left.values, *right.values))))
    return tuple(whole if part == left else part for part in one)


# A reader keeps in mind what holds, and this many exceptions.
_MOST_CUTS = 3
_MOST_TERMS = 24


def excepting(cubes: Sequence[Parts]) -> tuple[Parts, list[Parts]] | None:
    """The same packets as one cube and what of it is left out, where that is shorter.

    «Not tcp, or not to port 80» is everything except tcp to port 80.
    """
    if len(cubes) < 2:
        return None
    common, rests = apart(cubes)
    cuts = _contrary(rests)
    if cuts is None or not 0 < len(cuts) <= _MOST_CUTS or not all(map(_plain, cuts)):
        return None
    told = len(common) + sum(map(_weight, cuts)) + sum(map(_negated, chain(*cuts)))
    return (common, cuts) if told < sum(map(_weight, cubes)) else None


def apart(cubes: Sequence[Parts]) -> tuple[Parts, list[Parts]]:
    """What all of the cubes ask, and what each asks besides."""
    common = tuple(part for part in cubes[0] if all(part in cube for cube in cubes))
    return common, [tuple(part for part in cube if part not in common) for cube in cubes]


def _weight(cube: Sequence[Told]) -> int:
    return 1 + len(cube)


def _negated(part: Told) -> bool:
    return isinstance(part, Condition) and part.negate


def _plain(cut: Parts) -> bool:
    """Whether an exception is read without a double negation: it says what, not only what not."""
    states = any(_negated(p) and isinstance(p, Condition) and p.field == "ctstate" for p in cut)
    return not states and not all(map(_negated, cut))


def _contrary(cubes: Iterable[Sequence[Told]]) -> list[Parts] | None:
    """What lies in none of the cubes, as cubes; None where that takes too many."""
    found: list[Parts] = [()]
    for cube in cubes:
        whole = [_narrowed(one, _opposite(part)) for one in found for part in cube]
        found = widest(one for one in whole if one is not None)
        if len(found) > _MOST_TERMS:
            return None
    return found


def _opposite(part: Told) -> Told:
    if isinstance(part, Condition):
        return replace(part, negate=not part.negate)
    return (part[0], not part[1])


def _narrowed(cube: Parts, part: Told) -> Parts | None:
    """The cube with one part more; None where that holds of no packet."""
    if part in cube:
        return cube
    for other in cube:
        if other == _opposite(part):
            return None
        if isinstance(part, Condition) and isinstance(other, Condition):
            apart = _apart(part, other) or _apart(other, part)
            if apart is not None:
                rest = tuple(one for one in cube if one != other)
                return _narrowed(rest, apart) if apart.values else None
    return (*cube, part)


def _apart(part: Condition, other: Condition) -> Condition | None:
    """Both conditions as one, where the texts of their values tell; with no value: no packet."""
    if part.field != other.field or part.negate:
        return None
    if other.negate and set(part.values) & set(other.values):
        return replace(part, values=tuple(v for v in part.values if v not in other.values))
    return None
