"""The structural diff: tables, chains, policies, references, and rules in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.diff.align import align
from iptsim.diff.changed_sets import changed_in, same_native
from iptsim.diff.compared_meaning import Lens, from_listing, hides_interfaces
from iptsim.diff.difference import Change, Kind, RuleAt
from iptsim.diff.left_out import hides_jumps, is_partial, lacks_chain
from iptsim.diff.rules import Pairs, rule_changes
from iptsim.late_rules import LateRules
from iptsim.model import BUILTIN_CHAINS, TABLES, Chain, Dump, Note, Ruleset, Table
from iptsim.nftables.nft_ruleset import NftHook


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The changes, in the order of the later dump, and notes on what was not compared.

    `before` and `after` are the dumps with what each tells of the rules that both have; in `filled`
    each has besides what it leaves out and the other shows. `uncompared` is that, and the places
    where it is left out: as changes, though nobody knows whether they are.
    """

    changes: tuple[Change, ...]
    before: Dump
    after: Dump
    filled: tuple[Dump, Dump]
    uncompared: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()


def structure(before: Dump, after: Dump, *, comments: bool = False) -> Structure:
    """All structural changes. An absent built-in chain is as one that is empty and accepts."""
    comparison = _Comparison(comments, before, after)
    changes: list[Change] = []
    for family in (4, 6):
        old = before.family(family) or Ruleset(family=family)
        new = after.family(family) or Ruleset(family=family)
        changes.extend(comparison.rulesets(old, new))
    return Structure(
        changes=tuple(changes),
        before=_told(before, comparison.told[0]),
        after=_told(after, comparison.told[1]),
        filled=(
            _told(before, comparison.filled[0], more=comparison.more[0]),
            _told(after, comparison.filled[1], more=comparison.more[1]),
        ),
        uncompared=tuple(comparison.uncompared),
        notes=tuple(comparison.notes),
    )


_Told = dict[tuple[int, str, str], Chain]


def _told(dump: Dump, told: _Told, more: Sequence[tuple[int, Table]] = ()) -> Dump:
    """The dump with the chains that were told again, and with more tables."""
    rulesets = (
        replace(
            _told_again(ruleset, told),
            tables=(
                *_told_again(ruleset, told).tables,
                *(table for family, table in more if family == ruleset.family),
            ),
        )
        for ruleset in dump.rulesets
    )
    return replace(dump, rulesets=tuple(rulesets))


def _told_again(ruleset: Ruleset, told: _Told) -> Ruleset:
    tables = []
    for table in ruleset.tables:
        own = {n: c for (f, t, n), c in told.items() if (f, t) == (ruleset.family, table.name)}
        if not own:
            tables.append(table)  # itself, with what is known of it
            continue
        chains = [own.pop(chain.name, chain) for chain in table.chains]
        tables.append(replace(table, chains=(*chains, *own.values())))
    return replace(ruleset, tables=tuple(tables))


class _Comparison:
    """One diff at work; gathers notes on what it could not compare."""

    def __init__(self, comments: bool, before: Dump, after: Dump) -> None:
        self.comments = comments
        self.listing = from_listing(before) or from_listing(after)
        self.partial = (is_partial(before, after), is_partial(after, before))
        self.notes: list[Note] = []
        self.told: tuple[_Told, _Told] = ({}, {})
        self.filled: tuple[_Told, _Told] = ({}, {})
        self.more: tuple[list[tuple[int, Table]], list[tuple[int, Table]]] = ([], [])
        self.uncompared: list[Change] = []
        self.changed: frozenset[str] = frozenset()

    def rulesets(self, old: Ruleset, new: Ruleset) -> Iterator[Change]:
        names = {table.name for side in (old, new) for table in side.tables}
        for name in sorted(names, key=_table_order):
            tables = (old.table(name), new.table(name))
            lacking = self._lacking((old, new), name)
            if lacking is None:
                yield from self._tables(name, *tables, new.family)
            else:
                self._leave_out(tables[1 - lacking], new.family, lacking)

    def _lacking(self, rulesets: tuple[Ruleset, Ruleset], name: str) -> int | None:
        """The side that leaves the table out; None where both tell what it holds, if anything."""
        for side, ruleset in enumerate(rulesets):
            if ruleset.tables and ruleset.table(name) is None and self.partial[side]:
                return side
        return None

    def _leave_out(self, table: Table | None, family: int, lacking: int) -> None:
        assert table is not None
        self.more[lacking].append((family, table))
        kinds = ((Kind.TABLE_ADDED, Kind.CHAIN_ADDED), (Kind.TABLE_REMOVED, Kind.CHAIN_REMOVED))
        of_table, of_chain = kinds[lacking]
        self.uncompared.append(
            Change(kind=of_table, family=family, table=table.name, text=f"*{table.name}")
        )
        self.uncompared += (
            Change(kind=of_chain, family=family, table=table.name, chain=chain.name)
            for chain in table.chains
        )

    def _tables(
        self, name: str, old: Table | None, new: Table | None, family: int
    ) -> Iterator[Change]:
        if old is None and new is not None:
            yield Change(kind=Kind.TABLE_ADDED, family=family, table=name, text=f"*{name}",
                         place_after=new.place)  # fmt: skip
        if new is None and old is not None:
            yield Change(kind=Kind.TABLE_REMOVED, family=family, table=name, text=f"*{name}",
                         place_before=old.place)  # fmt: skip
        # One that is not there is empty: it is not left out.
        left, right = (table or Table(name=name, fresh=True) for table in (old, new))
        self.changed = changed_in(left.nft_table, right.nft_table)
        both = [_Pair(family, name, chain, left, right) for chain in _chains(left, right)]
        pairs = [pair for pair in both if not self._is_lacking(pair)]
        rules = {pair.name: self._rules(pair) for pair in pairs}
        jumps = _Jumps(left, right, [change for chain in rules.values() for change in chain])
        for pair in pairs:
            own = (*_declared(pair), *_hooked(pair), *_policy(pair), *jumps.changes(pair))
            yield from (*own, *rules[pair.name])

    def _is_lacking(self, pair: _Pair) -> bool:
        """Whether a side leaves the chain out; then nothing of it is compared."""
        for side, there in enumerate((pair.is_there, pair.was_there)):
            if pair.lacking[side] and there is not None:
                self.filled[side][pair.family, pair.table, pair.name] = there
                kind = (Kind.CHAIN_ADDED, Kind.CHAIN_REMOVED)[side]
                self.uncompared.append(pair.change(kind, f"-N {pair.name}"))
        return any(pair.lacking)

    def _rules(self, pair: _Pair) -> tuple[Change, ...]:
        if not self.listing and (pair.is_same or same_native(pair.old, pair.new, self.changed)):
            return ()
        pairs = Pairs(pair.old, pair.new, self._lens(pair))
        here = (pair.family, pair.table, pair.name)
        for chains, filled in zip(self.filled, pairs.filled(), strict=True):
            chains[here] = filled
        self.uncompared += rule_changes(pair.family, pair.table, pairs, compared=False)
        if self.listing:
            key = (pair.family, pair.table, pair.name)
            self.told[0][key], self.told[1][key] = pairs.told()
        return tuple(rule_changes(pair.family, pair.table, pairs))

    def _lens(self, pair: _Pair) -> Lens:
        hidden = hides_interfaces(pair.old) or hides_interfaces(pair.new)
        note = Note(code=codes.INTERFACES_NOT_COMPARED, facts=(("table", pair.table),))
        if hidden and note not in self.notes:
            self.notes.append(note)
        return Lens(
            comments=self.comments,
            interfaces=not hidden,
            listing=self.listing,
            changed=self.changed,
        )


class _Pair:
    """A chain of one name on both sides; an absent one is empty, and accepts if it is built in."""

    def __init__(self, family: int, table: str, name: str, left: Table, right: Table) -> None:
        self.family, self.table, self.name = family, table, name
        self.left, self.right = left, right
        self.builtin = name in BUILTIN_CHAINS.get(table, ())
        self.was_there, self.is_there = left.chain(name), right.chain(name)
        self.lacking = (lacks_chain(left, right, name), lacks_chain(right, left, name))
        self.old, self.new = self.was_there or self._empty, self.is_there or self._empty

    @property
    def _empty(self) -> Chain:
        there = self.was_there or self.is_there
        if there is None or self.left.nft_table is None:
            return Chain(name=self.name, policy="ACCEPT" if self.builtin else None)
        return replace(there, rules=(), policy=there.policy and "ACCEPT", place=None)

    @property
    def is_same(self) -> bool:
        """Whether both are told by the same words, so that nobody need read the rules."""
        old, new = self.old, self.new
        same = isinstance(old.rules, LateRules) and old.rules.same_text(new.rules)
        return same and (old.whole, old.policy) == (new.whole, new.policy)

    def change(self, kind: Kind, text: str, **more: str) -> Change:
        """A change of the chain itself."""
        return Change(
            kind=kind, family=self.family, table=self.table, chain=self.name, text=text,
            was=more.get("was", ""), now=more.get("now", ""),
            place_before=self.old.place, place_after=self.new.place,
        )  # fmt: skip


def _declared(pair: _Pair) -> Iterator[Change]:
    was, now = _exists(pair.was_there), _exists(pair.is_there)
    if was == now or pair.builtin:
        return
    kind = Kind.CHAIN_ADDED if now else Kind.CHAIN_REMOVED
    yield pair.change(kind, f"-N {pair.name}")


def _exists(chain: Chain | None) -> bool:
    """A chain that rules only name is as absent as one that nobody names."""
    return chain is not None and (chain.declared or bool(chain.rules))


def _hooked(pair: _Pair) -> Iterator[Change]:
    """A base chain of nftables that hooks elsewhere now, or whose table was switched off or on."""
    old, new = pair.was_there, pair.is_there
    if old is None or new is None or (old.base is None and new.base is None):
        return
    off = [_is_off(table) for table in (pair.left, pair.right)]
    if not _same_hook(old.base, new.base) or off == [False, True]:
        yield pair.change(Kind.CHAIN_REMOVED, f"-N {pair.name}")
    if not _same_hook(old.base, new.base) or off == [True, False]:
        yield pair.change(Kind.CHAIN_ADDED, f"-N {pair.name}")


def _is_off(table: Table) -> bool:
    return table.nft_table is not None and "dormant" in table.nft_table.flags


def _same_hook(old: NftHook | None, new: NftHook | None) -> bool:
    """Whether they hook at the same place; their policy is compared as that of any chain."""
    if old is None or new is None:
        return old is new
    return replace(old, policy=new.policy) == new


def _policy(pair: _Pair) -> Iterator[Change]:
    was, now = pair.old.policy, pair.new.policy
    if was != now and was is not None and now is not None:
        yield pair.change(Kind.POLICY_CHANGED, f"-P {pair.name} {now}", was=was, now=now)


class _Jumps:
    """Who jumps where, on both sides of a table: counted, for only listings print a number."""

    def __init__(self, left: Table, right: Table, rules: Sequence[Change]) -> None:
        self.counts = {id(left): _count(left), id(right): _count(right)}
        # Asked for each chain, and it looks at every rule.
        self.hides = {id(left): hides_jumps(left, right), id(right): hides_jumps(right, left)}
        edited = [change for change in rules if change.kind is not Kind.RULE_MOVED]
        self.gone = _jumps((change.chain, change.before) for change in edited)
        self.new = _jumps((change.chain, change.after) for change in edited)

    def _references(self, chain: Chain | None, table: Table) -> int | None:
        """The number of jumps; of a table shown in part the printed one, None where there is none.

        A listing counts them over the whole table (iptables.c, print_header).
        """
        if chain is not None and self.hides[id(table)]:
            return chain.references
        return self.counts[id(table)][chain.name] if chain is not None else 0

    def changes(self, pair: _Pair) -> Iterator[Change]:
        """The change of references of a chain that both sides have."""
        was = self._references(pair.was_there, pair.left)
        now = self._references(pair.is_there, pair.right)
        both = _exists(pair.was_there) and _exists(pair.is_there)
        if pair.builtin or not both or None in (was, now) or was == now:
            return
        yield replace(
            pair.change(Kind.REFERENCES_CHANGED, f"-N {pair.name}", was=str(was), now=str(now)),
            jumps_gone=tuple(self.gone.get(pair.name, ())),
            jumps_new=tuple(self.new.get(pair.name, ())),
        )


def _count(table: Table) -> Counter[str]:
    return Counter(name for chain in table.chains for name in chain.aims)


def _jumps(rules: Iterable[tuple[str, RuleAt | None]]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for chain, at in rules:
        if at is not None:
            for name in at.rule.aims:
                found.setdefault(name, []).append((chain, at.number))
    return found


def _table_order(name: str) -> tuple[int, str]:
    return (TABLES.index(name) if name in TABLES else len(TABLES), name)


def _chains(left: Table, right: Table) -> Sequence[str]:
    """The later side's order, with what only the earlier one has where it stood."""
    old = [chain.name for chain in left.chains]
    new = [chain.name for chain in right.chains]
    return tuple(_merged(old, new))


def _merged(old: Sequence[str], new: Sequence[str]) -> Iterable[str]:
    there = set(new)
    i = j = 0
    for x, y in (*align(old, new), (len(old), len(new))):
        yield from (name for name in old[i:x] if name not in there)
        yield from new[j : min(y + 1, len(new))]
        i, j = x + 1, y + 1
