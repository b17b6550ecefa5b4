"""Sets, maps and stateful objects of nftables that differ, and the rules that ask them.

A rule that says the same words of a set with other elements is another rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from iptsim.dataclass import dataclass, replace
from iptsim.model import Chain, Rule
from iptsim.native_tables import NativeChain, NativeRule
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import SetReference
from iptsim.nftables.nft_ruleset import NftObject, NftSet, NftTable
from iptsim.nftables.nft_statements import DynamicSet, ObjectReference

_MOST = 3
"""So many elements that went, or came, are named."""
Changed = frozenset[str]
"""The names of sets and maps (`@blocked`) and of objects (`limit slow`)."""


@dataclass(frozen=True, kw_only=True)
class OneSidesRule(NativeRule):
    """A rule that asks what differs: it is equal to none of the other side."""

    side: int


def changed_in(old: NftTable | None, new: NftTable | None) -> Changed:
    """What of two tables' sets and objects differs."""
    if old is None or new is None:
        return frozenset()
    sets, others = old.set_of, new.set_of
    found = {f"@{n}" for n in {*sets, *others} if not _same_set(sets.get(n), others.get(n))}
    objects = {key for key in {*old.object_of, *new.object_of} if not _same_object(key, old, new)}
    return frozenset(found | {f"{kind} {name}" for kind, name in objects})


def _same_object(key: tuple[str, str], old: NftTable, new: NftTable) -> bool:
    one, other = old.object_of.get(key), new.object_of.get(key)
    return _said(one) == _said(other)


def _said(one: NftObject | None) -> NftObject | None:
    return None if one is None else replace(one, comment=None)


def _same_set(one: NftSet | None, other: NftSet | None) -> bool:
    if one is None or other is None:
        return one is other
    same = (one.key_type, one.value_type, one.flags) == (
        other.key_type,
        other.value_type,
        other.flags,
    )
    return same and one.unread == other.unread and _same_elements(one.elements, other.elements)


def _same_elements(one: Sequence[Element] | None, other: Sequence[Element] | None) -> bool:
    """Whether they are of the same elements; nft lists those of a hash in no order."""
    if one is None or other is None or len(one) != len(other):
        return one is other
    return one == other or {*map(_plain, one)} == {*map(_plain, other)}


def _plain(one: Element) -> tuple[object, ...]:
    return one.key, one.value, one.statements


def native_meaning(rule: Rule, changed: Changed, *, comments: bool) -> Rule:
    """The rule as it is compared, see `Lens.meaning`."""
    assert isinstance(rule, NativeRule)
    kept = rule.rule if comments else replace(rule.rule, comment=None)
    if not names_in(rule, changed):
        return replace(rule, rule=kept)
    return OneSidesRule(rule=kept, home=rule.home, place=rule.place, side=id(rule.home))


def same_native(old: Chain, new: Chain, changed: Changed) -> bool:
    """Whether two chains of nftables have the same rules, and none asks what differs."""
    if not (isinstance(old, NativeChain) and isinstance(new, NativeChain)):
        return False
    same = (old.whole, old.policy, old.rules) == (new.whole, new.policy, new.rules)
    return same and not any(names_in(rule, changed) for rule in old.rules)


def names_in(rule: Rule, changed: Changed) -> Changed:
    """What of those the rule asks, or changes."""
    if not changed or rule.nft is None:
        return frozenset()
    return frozenset(name for one in rule.nft.statements for name in _named(one)) & changed


def _named(one: Any) -> Iterator[str]:
    if isinstance(one, SetReference):
        yield f"@{one.name}"
    elif isinstance(one, DynamicSet):
        yield f"@{one.set}"
    elif isinstance(one, ObjectReference) and isinstance(one.name, str):
        yield f"{one.kind} {one.name}"
    for part in _parts(one):
        yield from _named(part)


def _parts(one: Any) -> Iterator[Any]:
    if isinstance(one, tuple):
        yield from one
    else:  # statements and expressions are of slots
        yield from (getattr(one, name) for name in getattr(type(one), "__slots__", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedElements:
    """What of a set, a map or an object is no longer there, and what is now.

    `kinds` and `values` are the types of keys and values, for whoever writes them.
    """

    name: str
    gone: tuple[Element, ...]
    come: tuple[Element, ...]
    kinds: tuple[str, ...]
    values: tuple[str, ...]


def changed_elements(before: Rule, after: Rule) -> Iterator[ChangedElements]:
    """What changed of the sets that both of two rules of the same words ask."""
    if not (isinstance(before, NativeRule) and isinstance(after, NativeRule)):
        return
    for name in sorted(names_in(after, changed_in(before.home, after.home))):
        old, new = (rule.home.set_of.get(name.removeprefix("@")) for rule in (before, after))
        told = new or old
        yield ChangedElements(
            name=name,
            gone=_without(old, new),
            come=_without(new, old),
            kinds=() if told is None else told.key_type,
            values=() if told is None else told.value_type or (),
        )


def changed_alone(old: NftTable, new: NftTable) -> Iterator[tuple[str, str]]:
    """The sets that differ and that no rule of the two tables asks, with what went and came."""
    from iptsim.dialects.nft.printed_values import element  # noqa: PLC0415  # if asked

    names = {name for name in changed_in(old, new) if name.startswith("@")}
    rules = (rule for table in (old, new) for chain in table.chains for rule in chain.rules)
    asked = {name for rule in rules for one in rule.statements for name in _named(one)}
    for name in sorted(names - asked):
        one, other = (table.set_of.get(name[1:]) for table in (old, new))
        kept = other or one
        kinds = () if kept is None else kept.key_type
        values = () if kept is None else kept.value_type or ()
        gone = (f"- {element(each, kinds, values)}" for each in _without(one, other)[:_MOST])
        come = (f"+ {element(each, kinds, values)}" for each in _without(other, one)[:_MOST])
        yield name, ", ".join((*gone, *come))


def _without(one: NftSet | None, other: NftSet | None) -> tuple[Element, ...]:
    known = {*map(_plain, () if other is None else other.elements or ())}
    return tuple(e for e in (() if one is None else one.elements or ()) if _plain(e) not in known)
