"""What a dump does not tell, and its iptables-save text is expected to say."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.addons import is_addon
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.text import saved
from iptsim.extensions.values.hidden_addresses import is_spoiled
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Chain, Match, Note, Option, Rule, Ruleset, Table

_NAME = "--hashlimit-name"


def lost(ruleset: Ruleset) -> list[Note]:
    """Notes on where the save text of a rule set may not mean what the dumped host did."""
    return [
        *_hidden(ruleset),
        *(note for table in ruleset.tables for note in _of_table(table, ruleset.family)),
    ]


def _hidden(ruleset: Ruleset) -> Iterator[Note]:
    rules = [
        rule
        for table in ruleset.tables
        for chain in table.chains
        for rule in chain.rules
        if "interfaces" in rule.hides
    ]
    if rules:
        yield Note(
            code=codes.INTERFACES_NOT_WRITTEN,
            place=rules[0].place,
            facts=(("count", str(len(rules))),),
        )


def _of_table(table: Table, family: int) -> Iterator[Note]:
    told = {chain.name for chain in table.chains if chain.policy is not None}
    untold = [name for name in BUILTIN_CHAINS.get(table.name, ()) if name not in told]
    if untold:
        facts = (("table", table.name), ("chains", ", ".join(untold)))
        yield Note(code=codes.POLICY_MADE_UP, place=table.place, facts=facts)
    for chain in table.chains:
        width = 128 if family == 6 else 32
        spoiled = any(r.unread is not None or is_spoiled(r, width) for r in chain.rules)
        if not chain.whole or spoiled:
            facts = (("table", table.name), ("chain", chain.name))
            yield Note(code=codes.LEFT_OUT_AS_COMMENT, place=chain.place, facts=facts)
        for number, rule in chain.numbered():
            yield from _of_rule(table, chain, number, rule)


def _of_rule(table: Table, chain: Chain, number: int, rule: Rule) -> Iterator[Note]:
    facts = (("table", table.name), ("chain", chain.name), ("rule", str(number)))
    for option in sorted(rule.hides - {"interfaces", "counters"}):
        yield Note(
            code=codes.OPTION_NOT_LISTED, place=rule.place, facts=(*facts, ("option", option))
        )
    for match in rule.matches:
        if saved(match) != match:
            yield Note(
                code=codes.WHOLE_RANGE_NOT_WRITTEN,
                place=rule.place,
                facts=(*facts, ("match", match.name)),
            )
    if any("\n" in str(option.value) for match in rule.matches for option in match.options):
        yield Note(code=codes.COMMENT_BREAK_WRITTEN_BLANK, place=rule.place, facts=facts)
    to = rule.target
    if to is None or to.name in VERDICTS or (not to.goto and to.name in targets()):
        return
    if table.chain(to.name) is None and not is_addon(to, table):
        yield Note(code=codes.TARGET_NOT_HERE, place=rule.place, facts=(*facts, ("to", to.name)))


def with_names(ruleset: Ruleset) -> Ruleset:
    """The rule set with a name for each hashlimit that has none: iptables-restore asks for one.

    Rules of one name share their counts (xt_hashlimit.c, htable_find_get), so each gets its own.
    """
    numbers = iter(range(1, 1 << 31))

    def of_rule(rule: Rule) -> Rule:
        if all(match.name != "hashlimit" for match in rule.matches):
            return rule
        return replace(rule, matches=tuple(_named(each, numbers) for each in rule.matches))

    def of_chain(chain: Chain) -> Chain:
        return replace(chain, rules=tuple(of_rule(rule) for rule in chain.rules))

    def of_table(table: Table) -> Table:
        return replace(table, chains=tuple(of_chain(chain) for chain in table.chains))

    return replace(ruleset, tables=tuple(of_table(table) for table in ruleset.tables))


def _named(match: Match, numbers: Iterator[int]) -> Match:
    known = matches()["hashlimit"]
    if match.name != "hashlimit" or any(option.name == _NAME for option in match.options):
        return match
    options = (*match.options, Option(name=_NAME, value=f"unknown-{next(numbers)}"))
    order = [option.name for option in known.options]
    return replace(match, options=tuple(sorted(options, key=lambda each: order.index(each.name))))
