"""The chains of rules as a picture asks for them: of one dump, or of two put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from iptsim.dataclass import dataclass
from iptsim.diff.difference import Difference, Kind
from iptsim.model import Chain, Counters, Rule, Ruleset, Table


class Entry(NamedTuple):
    """A rule and its number; `sign` is what became of it in a comparison."""

    number: int
    rule: Rule
    sign: str = ""


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
    def is_changed(self) -> bool:
        """Whether anything of it differs."""
        return bool(self.sign or self.was or any(entry.sign for entry in self.entries))


Chains = Mapping[str, ToldChain]


def chains_of(ruleset: Ruleset) -> Chains:
    """The chains of a rule set by their keys."""
    found = (_told(table, chain) for table in ruleset.tables for chain in table.chains)
    return {chain.key: chain for chain in found}


def _told(table: Table, chain: Chain) -> ToldChain:
    return ToldChain(
        table=table,
        name=chain.name,
        policy=chain.policy,
        entries=[Entry(number, rule) for number, rule in chain.numbered()],
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
    return {} if ruleset is None else chains_of(ruleset)


class _Marks:
    """What became of each rule, by its chain and its number on either side."""

    def __init__(self, difference: Difference, family: int) -> None:
        self.gone: dict[tuple[str, int], str] = {}
        self.come: dict[tuple[str, int], str] = {}
        for change in difference.changes:
            if change.family != family:
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
        entries = [Entry(entry.number, entry.rule, sign) for entry in one.entries]
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
        if not sign and left:
            left.pop(0)
        yield Entry(entry.number, entry.rule, sign)
    for entry in left:
        if (old.key, entry.number) in marks.gone:
            yield from _gone(entry, old, marks)


def _gone(entry: Entry, old: ToldChain, marks: _Marks) -> Iterator[Entry]:
    """A rule that stands elsewhere now is shown there alone."""
    if sign := marks.gone[old.key, entry.number]:
        yield Entry(entry.number, entry.rule, sign)
