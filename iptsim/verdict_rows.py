"""A rule with a verdict map as several, one for each verdict that the map has.

`KEY vmap { A : jump x, B : jump y, C : jump x }` leads to x for A and C and to y for B: what people
look for in a picture, and what a graph of chains has as edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.model import Rule
from iptsim.native_tables import NativeRule
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import AnonymousSet, Anything, Expression, SetReference
from iptsim.nftables.nft_ruleset import NftTable
from iptsim.nftables.nft_statements import Match, Statement, Verdict, VerdictMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule that a verdict of a map comes to.

    `before` is it without what the map's key has to be; that is `led`.
    """

    rule: NativeRule
    before: NativeRule
    led: Led


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """A verdict of a rule of nftables; out of a map, for which values of which key."""

    verdict: Verdict
    key: Expression | None = None
    values: tuple[Expression, ...] = ()


def verdicts_of(rule: NativeRule) -> Iterator[Led]:
    """Each verdict that a rule has, those of its maps once for all their elements."""
    for one in rule.rule.statements:
        if isinstance(one, Verdict):
            yield Led(verdict=one)
        elif isinstance(one, VerdictMap):
            for verdict, elements in _grouped(elements_in(one.map, rule.home) or ()):
                keys = tuple(element.key for element in elements)
                yield Led(verdict=verdict, key=one.key, values=keys)


def is_untold(rule: Rule) -> bool:
    """Whether it asks a verdict map of which the text does not tell all elements."""
    if not isinstance(rule, NativeRule):
        return False
    maps = (one.map for one in rule.rule.statements if isinstance(one, VerdictMap))
    return any(_is_untold(held, rule.home) for held in maps)


def leading_rules(rule: Rule, to: str) -> Sequence[Rule]:
    """The rule as those of `rows_of` that lead to a chain; itself where there are none."""
    if not isinstance(rule, NativeRule):
        return (rule,)
    return [row.rule for row in rows_of(rule, to) if to in row.rule.aims] or (rule,)


def rows_of(rule: Rule, to: str | None = None) -> Sequence[Row]:
    """The rule as one for each verdict of its first map, what no element has last.

    None where it has no map, or one that nobody tells, or an empty one. With `to` only such as may
    lead to that chain.
    """
    if not isinstance(rule, NativeRule):
        return ()
    statements = rule.rule.statements
    for at, one in enumerate(statements):
        if isinstance(one, VerdictMap):
            told = elements_in(one.map, rule.home)
            if _is_untold(one.map, rule.home):
                return ()
            parts = statements[:at], statements[at + 1 :]
            found = told or () if to is None else [e for e in told or () if _may_lead(e, to)]
            return tuple(_row(rule, one.key, each, parts) for each in _grouped(found))
    return ()


def _may_lead(element: Element, to: str) -> bool:
    """Whether its verdict leads to a chain, or on to the rest of the rule."""
    verdict = element.value
    return isinstance(verdict, Verdict) and (verdict.chain == to or verdict.kind == "continue")


def elements_in(held: AnonymousSet | SetReference, home: NftTable) -> Sequence[Element] | None:
    """The elements of a map; None where the text does not tell them."""
    if isinstance(held, AnonymousSet):
        return held.elements
    named = home.set_of.get(held.name)
    return None if named is None else named.elements


def _is_untold(held: AnonymousSet | SetReference, home: NftTable) -> bool:
    if isinstance(held, AnonymousSet):
        return False
    named = home.set_of.get(held.name)
    return named is None or named.elements is None or bool(named.unread)


def _grouped(elements: Sequence[Element]) -> list[tuple[Verdict, list[Element]]]:
    """The elements by their verdicts, in the order of the text; that of `*` alone and last."""
    found: dict[tuple[Verdict, bool], list[Element]] = {}
    for one in elements:
        if isinstance(one.value, Verdict):
            found.setdefault((one.value, isinstance(one.key, Anything)), []).append(one)
    groups = sorted(found.items(), key=lambda group: group[0][1])
    return [(verdict, these) for (verdict, _default), these in groups]


def _row(
    rule: NativeRule,
    key: Expression,
    group: tuple[Verdict, list[Element]],
    parts: tuple[tuple[Statement, ...], tuple[Statement, ...]],
) -> Row:
    verdict, elements = group
    ends: tuple[Statement, ...] = parts[1] if verdict.kind == "continue" else (verdict,)
    keys = tuple(one.key for one in elements)
    asked: tuple[Statement, ...] = ()
    if not isinstance(keys[0], Anything):
        held = AnonymousSet(elements=tuple(Element(key=one) for one in keys))
        asked = (Match(left=key, right=held),)
    return Row(
        rule=_with(rule, (*parts[0], *asked, *ends)),
        before=_with(rule, (*parts[0], *ends)),
        led=Led(verdict=verdict, key=key, values=keys),
    )


def _with(rule: NativeRule, statements: tuple[Statement, ...]) -> NativeRule:
    return replace(rule, rule=replace(rule.rule, statements=statements))
