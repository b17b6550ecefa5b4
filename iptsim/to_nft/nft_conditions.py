"""A cube as comparisons of nftables that mean the same, proved field by field."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_matches import asks
from iptsim.extensions.spec import Context
from iptsim.model import Rule
from iptsim.nftables.nft_ruleset import NftRule, NftTable
from iptsim.nftables.nft_statements import Match
from iptsim.packet import FIELDS
from iptsim.predicate import Predicate, all_of, negate
from iptsim.to_nft.nft_literals import Teller
from iptsim.to_nft.told_cubes import Cube, TooManyCubesError, conjuncts, cubes

_LAST = (
    "ctstate",
    "mark",
    "connmark",
    *(name for name in FIELDS if name.endswith("port") and name.startswith("ct")),
)
_FIRST = ("in", "out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Conditions under any of which a rule acts, and those under which it is passed over."""

    when: tuple[tuple[Match, ...], ...]
    unless: tuple[tuple[Match, ...], ...] = ()


def said(predicate: Predicate, where: Context) -> Said | None:
    """A condition in comparisons of nftables; None where nft cannot say it.

    What nft cannot ask, but its contrary (a packet without a socket), is what to pass over.
    """
    every = conjuncts(predicate)
    whole = _all_told(every, where)
    if whole is not None:
        return Said(when=whole)
    base = tuple(part for part in every if len(_cubes((part,), where)) == 1)
    base = tuple(part for part in base if _all_told((*base, part), where) is not None)
    kept, unless = list(base), []
    for part in every:
        if part in base:
            continue
        if _all_told((*base, part), where) is not None:
            kept.append(part)
            continue
        contrary = _contrary(base, part, where)
        if contrary is None:
            return None
        unless.append(contrary)
    when = _all_told(tuple(kept), where)
    if when is None or len(when) != 1:
        return None
    return Said(when=when, unless=tuple(one for cubes_ in unless for one in cubes_))


def _contrary(
    base: tuple[Predicate, ...], part: Predicate, where: Context
) -> tuple[tuple[Match, ...], ...] | None:
    return _all_told((*base, negate(part)), where)


def _cubes(parts: tuple[Predicate, ...], where: Context) -> tuple[Cube, ...]:
    return cubes(all_of(parts), where.family)


def _all_told(parts: tuple[Predicate, ...], where: Context) -> tuple[tuple[Match, ...], ...] | None:
    try:
        found = [told(cube, where) for cube in _cubes(parts, where)]
    except TooManyCubesError:
        return None
    return None if None in found else tuple(one for one in found if one is not None)


def told(cube: Cube, where: Context) -> tuple[Match, ...] | None:
    """The comparisons that together ask what a cube asks; None where some of it cannot be said."""
    chosen: list[tuple[str, Match]] = []
    covered: Cube | None = Cube()
    for name, candidates in _ordered(cube, where):
        assert covered is not None  # what is asked can be so
        if _covers(covered, cube, name):
            continue
        for each in candidates:
            meant = _meant(each, where)
            if meant is not None and cube.implies(meant):
                chosen += [(name, one) for one in each]
                covered = covered.joined(meant)
                break
    if covered is None or not covered.implies(cube):
        return None
    return tuple(one for _name, one in sorted(chosen, key=lambda pair: _rank(pair[0])))


def _covers(covered: Cube, cube: Cube, name: str) -> bool:
    if name in cube.numbers:
        return name in covered.numbers and covered.numbers[name] == cube.numbers[name]
    return name in cube.names and covered.names.get(name) == cube.names[name]


def _rank(name: str) -> int:
    return 0 if name in _FIRST else 2 if name in _LAST else 1


def _ordered(cube: Cube, where: Context) -> Iterator[tuple[str, Iterator[tuple[Match, ...]]]]:
    """What bears most comes first: of a port, a socket's owner, the rest follows."""
    teller = Teller(family=where.family, cube=cube)
    plain = [name for name in cube.numbers if name not in ("proto", "fragment")]
    order = sorted(plain, key=("src", "dst").__contains__, reverse=True)
    late = [name for name in ("proto", "fragment") if name in cube.numbers]
    for of, sign in cube.signs:
        yield getattr(of, "field", ""), teller.sign(of, sign)
    for name in order:
        yield name, teller.number(name, cube.numbers[name])
    for name in sorted(cube.names, key=("socket", "ethernet").__contains__):
        yield name, teller.name(name, cube.names[name])
    for name in late:
        yield name, teller.number(name, cube.numbers[name])


def _meant(each: tuple[Match, ...], where: Context) -> Cube | None:
    """What the comparisons ask, where that is one cube."""
    home = NftTable(family="ip" if where.family == 4 else "ip6", name=where.table)
    here = Here(where=where, home=home, rule=NftRule(statements=each), written=Rule())
    found: Cube | None = Cube()
    for one in each:
        parts = cubes(asks(one, here), where.family)
        if len(parts) != 1 or found is None:
            return None
        found = found.joined(parts[0])
    return found
