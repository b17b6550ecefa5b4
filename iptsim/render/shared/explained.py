"""The rules of a dump in words, as values that every output lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.diff.texts import rule_text
from iptsim.errors import Place, UsageError
from iptsim.explain.rule_sentences import chain_sentences, comment_of, rule_sentence, use_sentence
from iptsim.extensions.spec import Context
from iptsim.knowledge import chain as known_chain
from iptsim.model import Chain, Dump, Rule, Ruleset, Table
from iptsim.render.shared.written_by import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be explained: all, or a table, one chain of it, one rule of that."""

    table: str | None = None
    chain: str | None = None
    rule: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRule:
    """A rule with its number, as iptables-save writes it, in words, and its own comment.

    `use` is what it is for, where that is known of who wrote it.
    """

    number: int
    text: str
    said: str
    comment: str
    use: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedChain:
    """A chain: what it is for, and its rules. `system` names who writes such chains."""

    family: int
    table: str
    name: str
    policy: str | None
    system: str | None
    said: tuple[str, ...]
    rules: tuple[ExplainedRule, ...]
    place: Place | None


class _Words(NamedTuple):
    """In which language, and what is known of which systems."""

    lang: str
    among: tuple[str, ...]


def explained(dump: Dump, asked: Asked, written: Written, lang: str) -> Iterator[ExplainedChain]:
    """The chains that are asked, in the order of the dump; `UsageError` where there is none.

    Without a table the rule of that number in each chain of that name.
    """
    found = [
        (ruleset, table, chain)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        if asked.table in (None, table.name)
        for chain in table.chains
        if asked.chain in (None, chain.name)
    ]
    if not found:
        what = " ".join(filter(None, (asked.table, asked.chain)))
        raise UsageError(
            f"{what}: nothing of this name is in the dump", code=codes.NOTHING_OF_NAME, name=what
        )
    if asked.table is None and asked.rule is not None:
        found = [each for each in found if len(each[2].rules) >= asked.rule] or found
    for ruleset, table, chain in found:
        among = tuple(system.name for system in written[ruleset.family])
        yield _explained(ruleset, table, chain, asked.rule, _Words(lang, among))


def _explained(
    ruleset: Ruleset, table: Table, chain: Chain, number: int | None, words: _Words
) -> ExplainedChain:
    known = known_chain(chain.name, words.among)
    where = Context(family=ruleset.family, table=table.name, chain=chain.name)
    rules = [each for each in chain.numbered() if number in (None, each[0])]
    if number is not None and not rules:
        raise UsageError(
            f"there is no rule {number} in {chain.name}: it has {len(chain.rules)}",
            code=codes.NO_RULE_OF_NUMBER,
            number=number,
            chain=chain.name,
            count=len(chain.rules),
        )
    return ExplainedChain(
        family=ruleset.family,
        table=table.name,
        name=chain.name,
        policy=chain.policy,
        system=None if known is None else known.system,
        said=tuple(chain_sentences(chain, table, words.lang, among=words.among)),
        rules=tuple(_rule(at, rule, where, table, words) for at, rule in rules),
        place=chain.place,
    )


def _rule(number: int, rule: Rule, where: Context, table: Table, words: _Words) -> ExplainedRule:
    text = rule_text(where.chain, rule, where.family)
    return ExplainedRule(
        number=number,
        text=text,
        said=rule_sentence(rule, where, table, words.lang),
        comment=comment_of(rule),
        use=use_sentence(rule, text, where, words.among, words.lang),
        place=rule.place,
    )
