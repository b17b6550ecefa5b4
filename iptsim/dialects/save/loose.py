"""Rules of several tables run together, as `iptables-save | grep 8080` prints them.

A built-in chain is of few tables, some targets are of one, so are the chains that well-known
programs make; and a rule is of the table of the chain to which it jumps. Two tables may have a
chain of one name, so each rule is judged, not the chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import ReadTable
from iptsim.dialects.signs.known_chains import tables_of
from iptsim.dialects.signs.settle import ONLY
from iptsim.extensions.registry import targets
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Chain, Note, Rule

_ALL = ("filter", "nat", "mangle", "raw", "security")
_ENDS = frozenset({"ACCEPT", "DROP", "REJECT"})
_OF_NAT = frozenset({"PREROUTING", "OUTPUT", "POSTROUTING"})
"""From these Docker leads to its chains in nat alone, from FORWARD in filter."""


@dataclass(slots=True)
class _Placed:
    """A rule, its chain and the tables that it may be of, the likelier first."""

    chain: str
    rule: Rule
    tables: tuple[str, ...]


def run_together(tables: Sequence[ReadTable]) -> Iterator[ReadTable]:
    """Tables of one save whose `*table` lines were taken away (`iptables-save | grep INPUT`).

    Each is another table. Of one without rules only a full set of built-in chains tells which.
    """
    if len(tables) < 2:
        for table in tables:
            told = _by_rules(table)
            mixed = told.name is None and not _fitting(_placed(table))
            yield from by_table(table) if mixed else [told]
        return
    known = [table for table in tables if _full(table)]
    ruled = [table for table in tables if table not in known and any(c.rules for c in table.chains)]
    for table in known:
        yield replace(table, name=_full(table))
    for table in ruled:
        told = _by_rules(table)
        yield from [told] if told.name else by_table(table)
    if not (known or ruled):
        yield _without_policies(tables[0])


def _full(table: ReadTable) -> str | None:
    """The table whose built-in chains these are, all of them, where its rules can be in it."""
    names = {chain.name for chain in table.chains} & {*BUILTIN_CHAINS["mangle"]}
    fitting = _fitting(_placed(table))
    return next((name for name in fitting if names == {*BUILTIN_CHAINS[name]}), None)


def _by_rules(table: ReadTable) -> ReadTable:
    """The table with its name where its rules can be together in no other."""
    fitting = _fitting(_placed(table))
    return replace(table, name=fitting[0]) if len(fitting) == 1 and table.name is None else table


def _fitting(placed: Sequence[_Placed]) -> list[str]:
    return [name for name in _ALL if all(name in each.tables for each in placed)]


def _placed(table: ReadTable) -> list[_Placed]:
    return [
        _Placed(chain.name, rule, _possible(chain.name, rule))
        for chain in table.chains
        for rule in chain.rules
        if rule.unread is None
    ]


def _without_policies(table: ReadTable) -> ReadTable:
    chains = tuple(replace(chain, policy=None) for chain in table.chains)
    return replace(table, chains=chains)


def by_table(table: ReadTable) -> Iterator[ReadTable]:
    """The tables that these rules are of, each with its part of the chains, in the rules' order."""
    placed = [
        _Placed(chain.name, rule, _possible(chain.name, rule))
        for chain in table.chains
        for rule in chain.rules
    ]
    while _narrowed(placed):
        pass
    around = _around(placed)
    likely = [(each, around.get(id(each)) or _likely(each)) for each in placed]
    by_name = {chain.name: chain for chain in table.chains}
    notes = [_note(each, name) for each, name in likely if len(each.tables) > 1]
    for number, name in enumerate(dict.fromkeys(name for _each, name in likely)):
        own = [each for each, other in likely if other == name]
        chains = (_part(by_name[chain], own) for chain in dict.fromkeys(p.chain for p in own))
        told = (*table.notes, *notes) if not number else ()
        yield replace(table, name=name, chains=tuple(chains), notes=told)


def of_one_table(table: ReadTable) -> Iterator[ReadTable]:
    """A run of rules of a save whose table's line is missing: they are of one table, whichever."""
    placed = _placed(table)
    builtin = {chain.name for chain in table.chains} & {*BUILTIN_CHAINS["mangle"]}
    fitting = [name for name in _fitting(placed) if builtin <= {*BUILTIN_CHAINS[name]}]
    if not placed or not fitting:
        yield from by_table(table) if placed else [table]
        return
    votes = Counter(name for each in placed if (name := _likely(each)) in fitting)
    likely = max(fitting, key=lambda name: votes[name])
    told = _Placed(placed[0].chain, placed[0].rule, tuple(fitting))
    notes = (_note(told, likely),) if len(fitting) > 1 else ()
    yield replace(table, name=likely, notes=(*table.notes, *notes))


def _part(chain: Chain, placed: list[_Placed]) -> Chain:
    rules = tuple(each.rule for each in placed if each.chain == chain.name)
    sure = any(len(each.tables) == 1 for each in placed if each.chain == chain.name)
    policy = chain.policy if sure else None  # of which table it is, the rules do not tell
    return replace(chain, rules=rules, whole=False, policy=policy)


def _possible(chain: str, rule: Rule) -> tuple[str, ...]:
    """By the chain that it stands in, and by what it does."""
    found = _of_chain(chain)
    name = rule.target.name if rule.target else ""
    only = next((table for table, names in ONLY.items() if name in names), None)
    if only is not None:
        return (only,)
    if name.startswith("DOCKER") and chain in _OF_NAT and "nat" in _of_chain(name):
        return ("nat",)
    if name and name not in VERDICTS and name not in targets():
        found = _both(found, _of_chain(name))
    if name in _ENDS and "filter" in found:
        return _first(found, "filter")
    return found


def _of_chain(name: str) -> tuple[str, ...]:
    builtin = tuple(table for table in _ALL if name in BUILTIN_CHAINS[table])
    return builtin or tables_of(name) or _ALL


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What both may be, in the order of the one that knows more; where nothing fits, the one."""
    first, second = sorted((one, other), key=len)
    return tuple(table for table in first if table in second) or one


def _first(tables: tuple[str, ...], table: str) -> tuple[str, ...]:
    return (table, *(each for each in tables if each != table))


def _narrowed(placed: list[_Placed]) -> bool:
    """One round of what rules tell of each other; whether it told anything."""
    sure = _sure(placed)
    changed = False
    for each in placed:
        if len(each.tables) == 1:
            continue
        target = each.rule.target.name if each.rule.target else ""
        for name in (each.chain, target):
            told = sure.get(name, set()) & set(each.tables)
            if len(told) == 1 and not _in_several(name):
                each.tables, changed = tuple(told), True
                break
    return changed


def _sure(placed: list[_Placed]) -> Mapping[str, set[str]]:
    """The tables that each chain is in, as far as rules leave no choice."""
    found: dict[str, set[str]] = {}
    for each in placed:
        if len(each.tables) == 1:
            names = [each.chain, *([each.rule.target.name] if each.rule.target else [])]
            for name in names:
                found.setdefault(name, set()).update(each.tables)
    return found


def _in_several(name: str) -> bool:
    """Whether several tables are known to have chains of that name."""
    return (
        1 < len(_of_chain(name)) < len(_ALL) or name in VERDICTS or name in BUILTIN_CHAINS["mangle"]
    )


def _around(placed: Sequence[_Placed]) -> Mapping[int, str]:
    """The tables of rules of user chains that stand between two of one table, by their ids.

    A save prints one table after the other.
    """
    found: dict[int, str] = {}
    last, waiting = "", list[_Placed]()
    for each in sorted(placed, key=lambda each: each.rule.place.line if each.rule.place else 0):
        if len(each.tables) > 1:
            waiting.append(each)
            continue
        for between in waiting if each.tables[0] == last else ():
            if last in between.tables and between.chain not in BUILTIN_CHAINS["mangle"]:
                found[id(between)] = last
        last, waiting = each.tables[0], []
    return found


def _likely(placed: _Placed) -> str:
    name = placed.rule.target.name if placed.rule.target else ""
    nat = placed.chain in ("PREROUTING", "POSTROUTING") and "nat" in placed.tables
    return "nat" if nat and name in ("", *VERDICTS) else placed.tables[0]


def _note(placed: _Placed, table: str) -> Note:
    target = placed.rule.target
    facts = (
        ("chain", placed.chain),
        ("target", target.name if target else "-"),
        ("table", table),
        ("tables", ", ".join(placed.tables)),
    )
    return Note(code=codes.TABLE_OF_RULE_ASSUMED, place=placed.rule.place, facts=facts)
