"""The chains of rules as a picture asks for them: of one dump, or of two put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.diff.difference import Difference, Kind
from iptsim.model import Chain, Counters, Ruleset, Table
from iptsim.packet import HOOKS
from iptsim.render.pictures.rule_entries import Entry, plain_entries, spread, spread_beside


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChain:
    """A chain and its rules; `was` is the policy that it had before, where that changed."""

    table: Table
    name: str
    policy: str | None
    entries: Sequence[Entry]
    sign: str = ""
    was: str = ""
    counters: Counters | None = None

    @property
    def key(self) -> str:
        """How boxes are called: `nat PREROUTING`."""
        return f"{self.table.name} {self.name}"

    @property
    def hook(self) -> str:
        """The hook from which packets come here; '' for a chain that others lead to."""
        chain = self.table.by_name.get(self.name)
        base = None if chain is None else chain.base
        if base is not None:
            return base.hook.upper()
        return self.name if self.policy is not None and self.name in HOOKS else ""

    @property
    def is_changed(self) -> bool:
        """Whether anything of it differs."""
        return bool(self.sign or self.was or any(entry.sign for entry in self.entries))


Chains = Mapping[str, ToldChain]


def chains_of(ruleset: Ruleset) -> Chains:
    """The chains of a rule set by their keys."""
    found = (_told(table, chain) for table in ruleset.tables for chain in table.chains)
    return {chain.key: replace(chain, entries=spread(chain.entries)) for chain in found}


def _told(table: Table, chain: Chain) -> ToldChain:
    return ToldChain(
        table=table,
        name=chain.name,
        policy=chain.policy,
        entries=plain_entries(chain),
        counters=chain.counters,
    )


def compared(difference: Difference, family: int) -> Chains:
    """The chains of both sides as one, each rule with what became of it."""
    old = _side(difference.before.family(family))
    new = _side(difference.after.family(family))
    marks = _Marks(difference, family)
    found = {key: _joined(old.get(key), new.get(key), marks) for key in [*new, *old]}
    return dict(found)


def _side(ruleset: Ruleset | None) -> Chains:
    if ruleset is None:
        return {}
    found = (_told(table, chain) for table in ruleset.tables for chain in table.chains)
    return {chain.key: chain for chain in found}


class _Marks:
    """What became of each rule, by its chain and its number on either side."""

    def __init__(self, difference: Difference, family: int) -> None:
        self.gone: dict[tuple[str, int], str] = {}
        self.come: dict[tuple[str, int], str] = {}
        for change in difference.changes:
            if not change.is_of(family):
                continue
            key = f"{change.table} {change.chain}"
            sign = "~" if change.before and change.after else ""
            if change.before:
                moved = change.kind is Kind.RULE_MOVED
                self.gone[key, change.before.number] = "" if moved else "-"
            if change.after:
                self.come[key, change.after.number] = sign or "+"


def _joined(old: ToldChain | None, new: ToldChain | None, marks: _Marks) -> ToldChain:
    if old is None or new is None:
        one, sign = (new, "+") if old is None else (old, "-")
        assert one is not None
        entries = spread(entry._replace(sign=sign) for entry in one.entries)
        return ToldChain(
            table=one.table, name=one.name, policy=one.policy, entries=entries, sign=sign
        )
    return ToldChain(
        table=new.table,
        name=new.name,
        policy=new.policy,
        entries=[*_woven(old, new, marks)],
        was=(old.policy or "") if old.policy != new.policy else "",
    )


def _woven(old: ToldChain, new: ToldChain, marks: _Marks) -> Iterator[Entry]:
    """The later rules in their order, each that is gone before the one that came behind it."""
    left = list(old.entries)
    for entry in new.entries:
        sign = marks.come.get((new.key, entry.number), "")
        while left and (old.key, left[0].number) in marks.gone:
            yield from _gone(left.pop(0), old, marks)
        was = left.pop(0) if not sign and left else None
        if was is not None and was.rule == entry.rule:
            yield from spread_beside(was, entry)
        else:
            yield from spread([entry._replace(sign=sign)])
    for entry in left:
        if (old.key, entry.number) in marks.gone:
            yield from _gone(entry, old, marks)


def _gone(entry: Entry, old: ToldChain, marks: _Marks) -> Iterator[Entry]:
    """A rule that stands elsewhere now is shown there alone."""
    if sign := marks.gone[old.key, entry.number]:
        yield from spread([entry._replace(sign=sign)])
