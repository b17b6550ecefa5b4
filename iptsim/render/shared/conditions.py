"""Cubes of packets in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from iptsim import codes
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.number_texts import without_whole_mask
from iptsim.explain.unions import Parts, Told
from iptsim.explain.untold_facts import Holding, chosen_words, detail_words, place_words, telling
from iptsim.extensions.any_target import CODES
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Rule, Ruleset, Table
from iptsim.packet import BIT_FIELDS
from iptsim.predicate import Fact
from iptsim.tracer.rules.ready import hidden_name
from iptsim.values import shown_name
from iptsim.worlds.outcome import Condition, Cube

# More cubes than this tell a reader nothing; JSON has them all.
_MOST = 3
_TWO = 2
_MOST_UNTOLD = 1
# The members of a set may be many thousands, which nobody reads either.
_MOST_VALUES = 24

Names = Mapping[str, str]
"""Shorter names of what facts speak of: the number of a rule in place of its text."""


def union_words(
    cubes: Sequence[Parts],
    lang: str,
    names: Names,
    *,
    most: int = _MOST,
    values: int = _MOST_VALUES,
    partly: bool = False,
) -> list[str]:
    """`if the port is 80`, `or if …`, each to be told on lines of its own.

    `most` cubes and `values` of one field are told, and how many more there are; of those that
    are only some of them (`partly`) that there are others; of those that hang on what the text does
    not tell, fewer.
    """
    if any(isinstance(part, tuple) and part[0].code in CODES for cube in cubes for part in cube):
        most = min(most, _MOST_UNTOLD)
    words = [_cube_words(cube, lang, names, values) for cube in cubes[:most]]
    told = [
        sentence("when.or", lang, when=one) if number else one for number, one in enumerate(words)
    ]
    if partly:
        told.append(sentence("when.others", lang))
    elif len(cubes) > most:
        told.append(counted("when.more", len(cubes) - most, lang))
    return told


def counted(code: str, count: int, lang: str, **facts: str) -> str:
    """The sentence of a code for one thing or for many."""
    return sentence(f"{code}.one" if count == 1 else f"{code}.many", lang, count=count, **facts)


def _cube_words(cube: Parts, lang: str, names: Names, most: int) -> str:
    if not cube:
        return sentence("trace.as_listed", lang)
    facts = telling([part for part in cube if isinstance(part, tuple)])
    fields: list[Told] = [part for part in cube if not isinstance(part, tuple)]
    others, drawn = _without_draws(facts, lang)
    held = [part for part in cube if isinstance(part, tuple)]
    others, hidden = _without_hidden(others, held, lang, names)
    plain = [*fields, *others]
    parts = list(dict.fromkeys([*(_words(part, lang, names, most) for part in plain), *drawn]))
    parts += hidden
    return sentence("when.if", lang, condition=_and(parts, lang))


def _without_hidden(
    others: Sequence[Holding], held: Sequence[Holding], lang: str, names: Names
) -> tuple[Sequence[Holding], Sequence[str]]:
    if not any(fact.code == codes.HIDDEN_INTERFACE for fact, _ in (*others, *held)):
        return others, ()
    from iptsim.explain.hidden_in_one_breath import (  # noqa: PLC0415  # listings alone hide them
        hidden_words,
        without_hidden,
    )

    return without_hidden(others), hidden_words(held, lang, names)


def _without_draws(facts: Sequence[Holding], lang: str) -> tuple[Sequence[Holding], Sequence[str]]:
    if not any(fact.code == codes.CHANCE for fact, _ in facts):
        return facts, ()
    from iptsim.explain.chance import without_draws  # noqa: PLC0415  # most rules draw nothing

    return without_draws(facts, lang)


def _and(parts: Sequence[str], lang: str) -> str:
    return reduce(lambda left, right: sentence("when.and", lang, left=left, right=right), parts)


def _words(part: Told, lang: str, names: Names, most: int) -> str:
    if isinstance(part, tuple):
        return fact_words(part[0], "yes" if part[1] else "no", lang, names)
    own = f"when.{part.field}.{part.values[0]}{'.not' if part.negate else ''}"
    if len(part.values) == 1 and knows(own, lang):
        return sentence(own, lang)
    values = _saved(part, lang) or [_value(part.field, value, lang) for value in part.values[:most]]
    if len(part.values) > most < len(values) + 1:
        left = len(part.values) - most
        values.append(sentence("when.more_values", lang, count=left))
    comma = sentence("trace.comma", lang)
    field = sentence(f"field.{part.field}", lang)
    last = sentence("when.last", lang, value=values[-1]) if len(values) > 1 else values[0]
    code = "when.is_not" if part.negate else "when.is"
    return sentence(code, lang, field=field, values=comma.join(values[:-1]) + last)


def _saved(part: Condition, lang: str) -> list[str]:
    """The ranges around a few addresses of a network as that network without them."""
    if part.field not in ("src", "dst") or len(part.values) < _TWO:
        return []
    from iptsim.explain.value_names import saved  # noqa: PLC0415  # most ask for one, or none

    told = saved(part.values, lang)
    return [told] if told else []


def _value(field: str, value: str, lang: str) -> str:
    """A whole address or mark goes without its prefix; flags read as «SYN of SYN,RST»."""
    if field in BIT_FIELDS and "/" in value:
        mask, _, flags = value.partition("/")
        return sentence("when.flags", lang, flags=flags or "-", mask=mask)
    if field in ("physdev_in", "physdev_out") and not value:
        return sentence("when.no_port", lang)
    return shown_name(without_whole_mask(field, value))


def rule_names(cubes: Iterable[Cube], ruleset: Ruleset) -> dict[str, str]:
    """The numbers of the rules whose interface a listing hides, by how their facts call them."""
    details = [
        fact.detail
        for cube in cubes
        for fact, _ in cube.facts
        if fact.code == codes.HIDDEN_INTERFACE
    ]
    chains = {detail.partition(" «")[0] for detail in details}
    names: dict[str, str] = {}
    for table in ruleset.tables:
        for chain in table.chains:
            if f"{table.name} {chain.name}" in chains:
                names |= _numbered(table, chain, ruleset.family)
    return names


def _numbered(table: Table, chain: Chain, family: int) -> dict[str, str]:
    """A rule that reads as an earlier one of its chain is told apart as its facts do."""
    seen: Counter[Rule] = Counter()
    names: dict[str, str] = {}
    for number, rule in chain.numbered():
        seen[rule] += 1
        where = Context(family=family, table=table.name, chain=chain.name, nth=seen[rule])
        names[hidden_name(rule, where)] = f"{table.name} {chain.name} {number}"
    return names


def fact_words(fact: Fact, form: str, lang: str, names: Names) -> str:
    """A fact as «what» it depends on, or as what holds («yes») or does not («no»).

    A code without a sentence for `what` or `no` has its plain one put into a question or negated.
    """
    if form != "several" and (chosen := _chosen(fact, form, lang)) is not None:
        return chosen
    code = f"{fact.code}.{form}"
    name = names.get(fact.detail)
    detail = detail_words(fact, lang) if name is None else place_words(name, lang)
    if knows(code, lang):
        return sentence(code, lang, detail=detail, key=fact.key)
    told = sentence(fact.code, lang, detail=detail, key=fact.key)
    return told if form == "yes" else sentence(f"fact.{form}", lang, fact=told)


def _chosen(fact: Fact, form: str, lang: str) -> str | None:
    told = chosen_words(fact, form != "no", lang)
    return told if told is None or form != "what" else sentence("fact.what", lang, fact=told)
