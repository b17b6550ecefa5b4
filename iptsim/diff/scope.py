"""What a change can touch: from which hooks it is reached, and which packets it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.actions import Action, Add, Branch, CopyBits, Forget, SetBits, Translate, Untrack
from iptsim.diff.values import Change, Kind
from iptsim.extensions.lowering import actions, condition
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Ruleset, Table
from iptsim.predicate import ALWAYS, And, Fact, Not, Or, Predicate, all_of, any_of, atoms, negate

# The built-in chains that a packet can come to from a hook: by lo it comes back in, and a
# translation at PREROUTING may send it on to another host (net/ipv4/netfilter.c, loopback.c).
CHAINS_FROM = {
    "PREROUTING": ("PREROUTING", "INPUT", "FORWARD", "POSTROUTING"),
    "FORWARD": ("FORWARD", "POSTROUTING"),
    "OUTPUT": ("OUTPUT", "POSTROUTING", "PREROUTING", "INPUT"),
}
# Fields that routing and the way through lo change under a packet.
_MOVING = {
    "PREROUTING": frozenset({"out", "dst_type"}),
    "FORWARD": frozenset({"out", "dst_type"}),
    "OUTPUT": frozenset({"in", "out", "dst_type", "src_type", "socket", "pkttype"}),
}
# What tracking and routing tell of a packet only on its way (iptsim.tracer.start).
_LATER = frozenset({"connmark", "socket", "pkttype", "src_type", "dst_type", "eui64"})
_TRANSLATED = frozenset({"src", "dst", "sport", "dport"})


def reached(ruleset: Ruleset, built_in: Iterable[str]) -> Iterator[tuple[Table, Chain]]:
    """The chains that packets can come to from built-in ones."""
    for table in ruleset.tables:
        waiting = [name for name in built_in if table.chain(name) is not None]
        been = set(waiting)
        while waiting:
            chain = table.by_name[waiting.pop()]
            yield table, chain
            targets = {rule.target.name for rule in chain.rules if rule.target is not None}
            new = {name for name in targets if table.chain(name) is not None} - been
            been |= new
            waiting += sorted(new)


def unsteady(rulesets: Iterable[Ruleset], hook: str) -> frozenset[str]:
    """The fields that may hold something else at a rule than when the packet started."""
    fields = set(_MOVING[hook])
    for ruleset in rulesets:
        for table, chain, _number, rule in ruleset.rules():
            where = Context(family=ruleset.family, table=table.name, chain=chain.name)
            fields |= _all_rewritten(actions(rule, where, table))
    return frozenset(fields)


def _all_rewritten(done: tuple[Action, ...]) -> frozenset[str]:
    return frozenset().union(*map(_rewritten, done))


def _rewritten(action: Action) -> frozenset[str]:
    match action:
        case Branch(then=then, otherwise=otherwise, undecided=undecided):
            return _all_rewritten((*then, *otherwise, *(undecided or ())))
        case SetBits(field=name) | Add(field=name) | Forget(field=name) | CopyBits(to=name):
            return frozenset({name})
        case Translate():
            return _TRANSLATED
        case Untrack():
            return frozenset({"ctstate"})
        case _:
            return frozenset()


def touched(
    old: Ruleset, new: Ruleset, changes: Iterable[Change], hook: str, *, only: bool = False
) -> Predicate:
    """A condition that every packet fits whose way a change can alter, from that hook on.

    With `only` whose way it can alter at that hook alone. It is about the packet as it starts; what
    rules may have rewritten by then is left out of it.
    """
    loose = unsteady((old, new), hook)
    chains = {
        (table.name, chain.name)
        for side in (old, new)
        for table, chain in reached(side, (hook,) if only else CHAINS_FROM[hook])
    }
    parts: dict[Predicate, None] = {}
    for change in changes:
        if (change.table, change.chain) in chains:
            parts |= dict.fromkeys(_of_change(change, loose, (old, new)))
    return any_of(parts)


def _of_change(
    change: Change, loose: frozenset[str], sides: tuple[Ruleset, Ruleset]
) -> Iterator[Predicate]:
    if change.kind is Kind.POLICY_CHANGED:
        yield ALWAYS
    where = Context(family=change.family, table=change.table, chain=change.chain)
    for at in (change.before, change.after):
        if at is not None:
            yield loosened(condition(at.rule, where), loose)
    if change.kind in (Kind.CHAIN_ADDED, Kind.CHAIN_REMOVED):
        # A jump that stays while its target comes or goes has changed, too.
        yield from _jumps(change, loose, sides)


def _jumps(
    change: Change, loose: frozenset[str], sides: tuple[Ruleset, Ruleset]
) -> Iterator[Predicate]:
    for ruleset in sides:
        for table, chain, _number, rule in ruleset.rules():
            to = rule.target is not None and rule.target.name == change.chain
            if to and table.name == change.table:
                where = Context(family=change.family, table=table.name, chain=chain.name)
                yield loosened(condition(rule, where), loose)


def loosened(predicate: Predicate, loose: frozenset[str]) -> Predicate:
    """The condition without what it asks of `loose` fields and facts: true at least as often."""
    if isinstance(predicate, And):
        return all_of(loosened(part, loose) for part in predicate.parts)
    if isinstance(predicate, Or):
        return any_of(loosened(part, loose) for part in predicate.parts)
    if isinstance(predicate, Not) and isinstance(predicate.part, And | Or):
        parts = (loosened(negate(part), loose) for part in predicate.part.parts)
        return any_of(parts) if isinstance(predicate.part, And) else all_of(parts)
    atom = next(atoms(predicate))
    return ALWAYS if isinstance(atom, Fact) or _later(atom.field, loose) else predicate


def _later(field: str, loose: frozenset[str]) -> bool:
    return field in loose or field in _LATER or field.startswith("ct")
