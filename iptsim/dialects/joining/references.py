"""References that a listing counts and no rule of it makes: where the missing rules may stand.

A listing prints how many rules lead to a user chain (iptables.c, print_header; nft.c,
nft_print_header). Where the text has fewer, the others stand in a place that it leaves open, if one
can hold them; else rules are missing that nothing else tells of.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.joining.incomplete import YOUNG, absent
from iptsim.dialects.parts import ReadTable
from iptsim.extensions.registry import targets
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Chain, Note, Rule, Table

_TELLS = frozenset({"torn", "cut"})
"""Of such a rule the text has a part, which may name its target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where rules may stand that the text has not: so many (None: any number), in a chain.

    `names` are the targets that the text of such a rule names, of which one is its own.
    """

    chain: str
    room: int | None = None
    names: frozenset[str] = frozenset()


def with_references(read: ReadTable) -> ReadTable:
    """The table, its chains shown in part where more rules lead to one than any place can hold.

    Whoever took a row away and left no trace may have taken others from any chain.
    """
    lacking = _lacking(read)
    if not lacking:
        return read
    table = Table(name=read.name or "", chains=read.chains)
    places = tuple(_places(read))
    every = sum(lacking.values())
    rooms = [every if place.room is None else place.room for place in places]
    short = _unplaced(lacking, {name: _open_to(table, places, name) for name in lacking}, rooms)
    if short is None:
        return read
    note = Note(
        code=codes.REFERENCES_MISSING, place=table.by_name[short].place, facts=_facts(table, short)
    )
    chains = (replace(chain, whole=False) for chain in read.chains)
    return replace(read, chains=tuple(chains), notes=(*read.notes, note))


def _lacking(read: ReadTable) -> dict[str, int]:
    """By chain, how many rules lead to it that are not in the text."""
    counted = [chain for chain in read.chains if chain.references]
    led = _led(read.chains) if counted else Counter()
    lacking = {chain.name: (chain.references or 0) - led[chain.name] for chain in counted}
    return {name: count for name, count in lacking.items() if count > 0}


def _led(chains: tuple[Chain, ...]) -> Counter[str]:
    return Counter(rule.target.name for c in chains for rule in c.rules if rule.target)


def _facts(table: Table, name: str) -> tuple[tuple[str, str], ...]:
    found = _led(table.chains)[name]
    count = table.by_name[name].references
    return (("table", table.name), ("chain", name), ("count", str(count)), ("found", str(found)))


def _places(read: ReadTable) -> Iterator[_Place]:
    for chain in read.chains:
        if not chain.whole:
            yield _Place(chain=chain.name)
        yield from (_left(chain.name, rule, read) for rule in chain.rules if _is_open(rule))
    names = {chain.name for chain in read.chains}
    builtin = set(BUILTIN_CHAINS.get(read.name or "", ())) - YOUNG.get(read.name or "", set())
    for name in sorted((builtin - names) | absent(read)):
        yield _Place(chain=name)


def _is_open(rule: Rule) -> bool:
    return rule.unread is not None and rule.target is None


def _left(chain: str, rule: Rule, read: ReadTable) -> _Place:
    """A place left open; of a rule that is there in part its text may name the target."""
    assert rule.unread is not None
    count = rule.unread.count
    words = set(rule.unread.text.split()) if rule.unread.why in _TELLS else set()
    known = {*VERDICTS, *targets(), *(each.name for each in read.chains)}
    return _Place(chain=chain, room=count, names=frozenset(words & known))


def _open_to(table: Table, places: Sequence[_Place], name: str) -> list[int]:
    return [number for number, place in enumerate(places) if _may_hold(table, place, name)]


def _may_hold(table: Table, place: _Place, name: str) -> bool:
    return (not place.names or name in place.names) and _may_lead(table, place.chain, name)


def _may_lead(table: Table, start: str, name: str) -> bool:
    """Whether the kernel takes a rule of one chain that leads to another: no loop, no odd hook."""
    from iptsim.extensions.legal_jumps import may_lead, reached  # noqa: PLC0415  # where references lack

    if start in reached(table, name):
        return False
    hooks = table.leading_to(start) & set(BUILTIN_CHAINS.get(table.name, ()))
    return all(may_lead(table, hook, name) for hook in hooks)


def _unplaced(
    lacking: Mapping[str, int], open_to: Mapping[str, list[int]], rooms: Sequence[int]
) -> str | None:
    """A chain to which more rules lead than the places left open can hold; None where they can.

    A rule that found its place gives way where it may stand elsewhere, too (Edmonds and Karp).
    """
    held = [Counter[str]() for _room in rooms]
    free = [*rooms]
    for name, count in lacking.items():
        left = count
        while left:
            way = _way(name, open_to, held, free)
            if not way:
                return name
            left -= _moved(way, left, held, free)
    return None


def _way(
    name: str, open_to: Mapping[str, list[int]], held: Sequence[Counter[str]], free: list[int]
) -> list[tuple[str, int]]:
    """Who moves where, the last first, so that a rule that leads to `name` has a place."""
    taken: dict[int, str] = {}
    left_by: dict[str, int] = {}
    waiting = deque([name])
    while waiting:
        mover = waiting.popleft()
        for place in open_to[mover]:
            if place in taken:
                continue
            taken[place] = mover
            if free[place]:
                return _back(place, taken, left_by)
            others = [c for c, n in held[place].items() if n and c not in left_by and c != name]
            left_by |= dict.fromkeys(others, place)
            waiting += others
    return []


def _back(
    place: int, taken: Mapping[int, str], left_by: Mapping[str, int]
) -> list[tuple[str, int]]:
    way = [(taken[place], place)]
    while (before := left_by.get(way[-1][0])) is not None:
        way.append((taken[before], before))
    return way


def _moved(
    way: Sequence[tuple[str, int]], most: int, held: Sequence[Counter[str]], free: list[int]
) -> int:
    """As many as fit all along the way, moved."""
    given = [(mover, before) for (mover, _place), (_other, before) in pairwise(way)]
    count = min(most, free[way[0][1]], *(held[place][mover] for mover, place in given))
    free[way[0][1]] -= count
    for mover, place in way:
        held[place][mover] += count
    for mover, place in given:
        held[place][mover] -= count
    return count
