"""What the rules of a library ask for and do, told by their kinds: nobody reads all for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.dataclass import replace
from iptsim.extensions.spec import Context
from iptsim.late_rules import LateRules
from iptsim.model import BUILTIN_CHAINS, Chain, Rule, Table
from iptsim.native_tables import NativeRule
from iptsim.predicate import Fact, atoms
from iptsim.tracer.rules.missing import Spot, asked, done
from iptsim.tracer.rules.ready import Library, Ready

_FEWER = 8
"""How many times fewer than the rules their kinds must be, or each rule is asked."""
_BY_VALUE = frozenset({"set", "SET"})
"""What these ask for hangs on the name of a set, which a kind does not tell."""


def each_kind(library: Library) -> Iterator[Ready]:
    """Every rule, but of those that stand in a text, and of nftables', one of each kind.

    Values aside (addresses, ports, interfaces, chains, comments) all rules of a kind ask for the
    same and do the same. What such a rule has for a place means nothing.
    """
    for table in library.ruleset.tables:
        if table.nft_table is not None:
            yield from _shapes(library, table)
            continue
        late = late_chains(library, table)
        for chain in table.chains:
            if chain.name not in late:
                yield from library.chain(table, chain)
        yield from kinds_of(library, table)


def _shapes(library: Library, table: Table) -> tuple[Ready, ...]:
    """A rule of each shape in a table of nftables; looked for once."""
    if table.name not in library.shapes:
        library.shapes[table.name] = tuple(one_of_each(library, table, table.chains))
    return library.shapes[table.name]


def one_of_each(library: Library, table: Table, chains: Iterable[Chain]) -> Iterator[Ready]:
    """The rules of these chains; of nftables' one of each shape, from the same hooks."""
    seen: set[tuple[object, object]] = set()
    for chain in chains:
        if table.nft_table is None:
            yield from library.chain(table, chain)
            continue
        for at in fresh_shapes(table, chain, seen):
            yield library.chain(table, chain)[at]


def fresh_shapes(table: Table, chain: Chain, seen: set[tuple[object, object]]) -> Iterator[int]:
    """The places of rules of a chain, from 0, of which no like one was seen before."""
    hooks = frozenset(table.hooks_of(chain.name))
    for at, rule in enumerate(chain.rules):
        key = (hooks, rule.shape if isinstance(rule, NativeRule) else id(rule))
        if key not in seen:
            seen.add(key)
            yield at


def kinds_of(library: Library, table: Table) -> list[Ready]:
    """A rule of each kind in the chains that are told so."""
    late = late_chains(library, table)
    return library.lowered(table, next(iter(late.values())), _kinds(late)) if late else []


def interfaces_of(library: Library) -> Iterator[str]:
    """The interfaces, as rules write them, of the rules that `each_kind` leaves out.

    And those at which chains of nftables stand.
    """
    for table in library.ruleset.tables:
        if table.nft_table is not None:
            yield from (n for c in table.based if c.base is not None for n in c.base.devices)
        for chain in late_chains(library, table).values():
            if isinstance(chain.rules, LateRules):
                yield from (pattern.text for pattern in chain.rules.bound or ())


def late_chains(library: Library, table: Table) -> dict[str, Chain]:
    """The chains whose rules are told by their kinds; none where each rule has to be asked."""
    if table.name not in library.late:
        late = {chain.name: chain for chain in table.chains if _is_late(chain)}
        library.late[table.name] = late if _is_told(library, table, late) else {}
    return library.late[table.name]


def _is_late(chain: Chain) -> bool:
    return isinstance(chain.rules, LateRules) and chain.rules.bound is not None


def _kinds(late: dict[str, Chain]) -> list[Rule]:
    kinds = {id(chain.kinds): chain.kinds for chain in late.values()}
    return [rule for each in kinds.values() for rule in each]


def _is_told(library: Library, table: Table, late: dict[str, Chain]) -> bool:
    if library.limited or library.ruleset.only is not None:
        return False
    kinds = _kinds(late)
    if not kinds or len(kinds) * _FEWER > sum(len(chain.rules) for chain in late.values()):
        return False
    return all(_is_steady(rule, library, table) for rule in kinds)


def _is_steady(rule: Rule, library: Library, table: Table) -> bool:
    """Whether the rule asks for and does the same wherever in the table it stands.

    Fragments aside: they come to some hooks only.
    """
    named = {match.name for match in rule.matches}
    if rule.hides or named & _BY_VALUE or (rule.target and rule.target.name in _BY_VALUE):
        return False
    spots = [Spot(number=0, where=w, table=table) for w in _places(library, table)]
    return len({(_asked(rule, spot.where), done(rule, spot)) for spot in spots}) == 1


def _places(library: Library, table: Table) -> Iterator[Context]:
    hooks = BUILTIN_CHAINS.get(table.name, ())
    where = replace(library.where(table, table.chains[0]), chain="", hooks=frozenset())
    yield from (where, replace(where, hooks=frozenset(hooks)))
    yield from (replace(where, chain=name, hooks=frozenset({name})) for name in hooks)


def _asked(rule: Rule, where: Context) -> frozenset[object]:
    parts = atoms(asked(rule, where))
    return frozenset(
        part.code if isinstance(part, Fact) else part
        for part in parts
        if isinstance(part, Fact) or part.field != "fragment"
    )
