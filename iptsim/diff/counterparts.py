"""Chains of iptables and chains of nftables that stand for each other, in a diff of the two.

Of a migration a diff of the structure tells only that every table went and others came. A chain's
counterpart hooks where it does, or has its name but for capitals and dashes; rules are compared by
what they ask and do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from difflib import SequenceMatcher

from iptsim.actions import Action, Jump
from iptsim.dataclass import dataclass, replace
from iptsim.diff.difference import Difference, Kind
from iptsim.extensions.lowering import actions, condition
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Rule, Ruleset, Table
from iptsim.nftables.expressions import Meta
from iptsim.nftables.nft_statements import Match
from iptsim.to_nft.hooks_of_tables import hook_of
from iptsim.to_nft.told_cubes import TooManyCubesError, cubes

_SENDERS = (Meta(key="skuid"), Meta(key="skgid"))
At = tuple[Table, Chain]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """A chain before and the one that stands for it after; None where there is none.

    `same` are rules that ask and do the same, in the same order; `gone` and `come` the others.
    """

    family: int
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    same: int
    gone: int
    come: int


def between_backends(difference: Difference) -> bool:
    """Whether all tables of one side are of iptables, and all of the other are of nftables."""
    sides = [
        {table.nft_table is not None for r in dump.rulesets for table in r.tables}
        for dump in (difference.before, difference.after)
    ]
    told = any(c.kind in (Kind.TABLE_ADDED, Kind.TABLE_REMOVED) for c in difference.changes)
    return told and sides in ([{False}, {True}], [{True}, {False}])


def asks_sender_otherwise(sides: Iterable[Ruleset]) -> bool:
    """Whether one side asks who sends as iptables does, and the other as nftables does.

    They differ in packets that no socket sent, which this host sends itself (an RST).
    """
    tables = [table for side in sides for table in side.tables]
    native = (c for t in tables if t.nft_table is not None for c in t.chains)
    if not any(m.name == "owner" for t in tables for rule in t.kinds for m in rule.matches):
        return False
    return any(_asks_sender(rule) for chain in native for rule in chain.rules)


def _asks_sender(rule: Rule) -> bool:
    asked = () if rule.nft is None else rule.nft.statements
    return any(
        isinstance(one, Match) and one.left in _SENDERS and one.operator != "==" for one in asked
    )


def is_of_both(difference: Difference) -> bool:
    """Whether a table of nftables is among those compared: one may be of both families."""
    dumps = (difference.before, difference.after)
    tables = (table for dump in dumps for each in dump.rulesets for table in each.tables)
    return any(table.nft_table is not None for table in tables) and any(
        len(dump.rulesets) > 1 for dump in dumps
    )


def counterparts(difference: Difference) -> tuple[Counterpart, ...]:
    """The chains of both sides side by side, those of both first."""
    found: list[Counterpart] = []
    for family in (4, 6):
        before = difference.before.family(family) or Ruleset(family=family)
        after = difference.after.family(family) or Ruleset(family=family)
        found += _of_family(family, before, after)
    return tuple(found)


def _of_family(family: int, before: Ruleset, after: Ruleset) -> Iterator[Counterpart]:
    rest = {_where(at): at for at in _chains(after)}
    alone: list[At] = []
    for at in _chains(before):
        other = next((one for one in rest.values() if _stands_for(at, one)), None)
        if other is None:
            alone.append(at)
        else:
            del rest[_where(other)]
            yield _compared(family, at, other)
    for at in alone:
        yield _only(family, at, before=True)
    for at in rest.values():
        yield _only(family, at, before=False)


def _only(family: int, at: At, *, before: bool) -> Counterpart:
    count = len(at[1].rules)
    return Counterpart(
        family=family,
        before=_where(at) if before else None,
        after=None if before else _where(at),
        same=0,
        gone=count if before else 0,
        come=0 if before else count,
    )


def _chains(ruleset: Ruleset) -> Iterator[At]:
    """Chains that do something: a built-in one without rules that accepts is none."""
    for table in ruleset.tables:
        for chain in table.chains:
            if chain.rules or chain.policy == "DROP" or chain.policy is None:
                yield table, chain


def _where(at: At) -> tuple[str, str]:
    return at[0].name, at[1].name


def _stands_for(one: At, other: At) -> bool:
    hooks = _hook(one), _hook(other)
    if None in hooks:
        alike = hooks == (None, None) and _plain(one[1].name) == _plain(other[1].name)
        return alike and bool(_hooks(one[0]) & _hooks(other[0]))
    return hooks[0] == hooks[1]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _hook(at: At) -> tuple[str, str, int] | None:
    table, chain = at
    hook = chain.base
    if hook is None and table.nft_table is None and chain.name in table.builtin:
        hook = hook_of(table.name, chain)
    return None if hook is None else (hook.type, hook.hook, hook.priority)


def _hooks(table: Table) -> set[tuple[str, str, int] | None]:
    return {_hook((table, chain)) for chain in table.chains} - {None}


def _compared(family: int, one: At, other: At) -> Counterpart:
    old, new = (_keys(at, family) for at in (one, other))
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    policies = one[1].policy != other[1].policy
    return Counterpart(
        family=family,
        before=_where(one),
        after=_where(other),
        same=same,
        gone=len(old) - same + policies,
        come=len(new) - same + policies,
    )


def _keys(at: At, family: int) -> list[Hashable]:
    table, chain = at
    where = Context(
        family=family, table=table.name, chain=chain.name, hooks=table.hooks_of(chain.name)
    )
    return [_key(rule, where, table) for rule in chain.rules]


def _key(rule: Rule, where: Context, table: Table) -> Hashable:
    """What a rule asks and does; one of a text that does not tell it whole is like no other."""
    if rule.unread is not None:
        return id(rule)
    asked = condition(rule, where)
    try:
        told: Hashable = frozenset(map(repr, cubes(asked, where.family)))
    except TooManyCubesError:
        told = asked
    return told, tuple(_named(one) for one in actions(rule, where, table))


def _named(action: Action) -> Action:
    return replace(action, chain=_plain(action.chain)) if isinstance(action, Jump) else action
