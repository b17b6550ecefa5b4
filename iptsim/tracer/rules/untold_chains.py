"""Where a rule set stops telling, rules that say so: so a walk meets them as it meets any rule.

A built-in chain that the text lacks, rules before and behind those of a chain shown in part, a
policy that nothing tells, tables that another back end has: each becomes a rule of its own that may
do whatever a rule of its table can (`iptsim.extensions.any_target`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.extensions.any_target import BESIDE, ROOTS, roots_at
from iptsim.extensions.lowering import is_chain
from iptsim.model import BUILTIN_CHAINS, Chain, Rule, Ruleset, Table, Target, Unread

ABSENT, PART, POLICY, LEADS, ROOT = "absent", "part", "policy", "leads", "root"
"""Why a rule stands in a completed rule set that is in no text."""
MADE = frozenset({ABSENT, PART, POLICY, BESIDE, LEADS, ROOT})
BACK_ENDS = {"legacy": "iptables-legacy", "nft": "nft"}
NAT_INPUT = ("nat", "INPUT")
"""Taken to be empty where it is not told: Linux has it since 2.6.36, and few hosts use it."""


def completed(ruleset: Ruleset) -> Ruleset:
    """The rule set with a rule wherever it stops telling; itself where it tells all (by now)."""
    if any(map(_is_completed, ruleset.tables)):
        return ruleset
    tables = [
        table if _is_native(table) else _table(table, beside=table.name in ruleset.beside)
        for table in ruleset.tables
    ]
    known = {table.name for table in tables}
    others = [name for name in ruleset.beside if name in BUILTIN_CHAINS and name not in known]
    tables += [_table(Table(name=name), beside=False) for name in others]
    if any(name in BACK_ENDS for name in ruleset.beside):
        tables.append(_back_end(ruleset.beside))
    if len(tables) == len(ruleset.tables) and all(map(_is, tables, ruleset.tables)):
        return ruleset
    return replace(ruleset, tables=tuple(tables))


def _is_native(table: Table) -> bool:
    """Whether it is nftables' own, and shown whole: its rules need not be read for that."""
    return table.nft_table is not None and table.is_whole


def _is_completed(table: Table) -> bool:
    if _is_native(table):
        return False
    kinds = {id(chain.kinds): chain.kinds for chain in table.chains}
    ends = (rule for each in kinds.values() for rule in (*each[:1], *each[-1:]))
    return table.chain(ROOTS) is not None or any(map(is_made, ends))


def _is(one: Table, other: Table) -> bool:
    return one is other


def is_made(rule: Rule) -> bool:
    """Whether the rule stands in no text but for what the text lacks."""
    return rule.unread is not None and rule.unread.why in MADE


def missing_chains(table: Table) -> tuple[str, ...]:
    """The built-in chains of which nothing is known, in the kernel's order."""
    if table.fresh:
        return ()
    names = BUILTIN_CHAINS.get(table.name, ())
    return tuple(n for n in names if table.chain(n) is None and (table.name, n) != NAT_INPUT)


def shown_in_part(table: Table) -> bool:
    """Whether the text shows that chains or rules of the table are missing from it."""
    parts = not all(chain.whole for chain in table.chains)
    return parts or bool(missing_chains(table)) or any(r.unread is not None for r in table.kinds)


def _table(table: Table, *, beside: bool) -> Table:
    lacking = missing_chains(table)
    chains = [_chain(table, chain, beside=beside) for chain in table.chains]
    same = not lacking and all(new is old for new, old in zip(chains, table.chains, strict=True))
    if same and not leads_away(table):
        return table
    from iptsim.extensions.legal_jumps import may_lead  # noqa: PLC0415  # where a table is not told whole

    roots = tuple(roots_of(table))
    led = [_led(table, ROOTS, roots)] if roots else []
    for name in lacking:
        fitting = [root for root in roots if may_lead(table, name, root)]
        chains.append(_lacking(name, leads=bool(fitting)))
        led += [_led(table, roots_at(name), fitting)] if fitting else []
    return replace(table, chains=(*chains, *led))


def _lacking(name: str, *, leads: bool) -> Chain:
    """It may first lead to chains of the text, and then do as it likes."""
    rules = (*([_made(LEADS)] if leads else []), _made(ABSENT))
    return Chain(name=name, policy="ACCEPT", rules=rules, declared=False)


def is_roots(name: str) -> bool:
    """Whether a chain is one that leads to chains of the text in place of what is missing."""
    return name.startswith(ROOTS)


def _chain(table: Table, chain: Chain, *, beside: bool) -> Chain:
    builtin = chain.name in BUILTIN_CHAINS.get(table.name, ())
    rules = chain.rules
    if not chain.whole or (beside and builtin):
        rules = (_made(PART), *rules, _made(PART))
    if builtin and chain.policy is None and not table.fresh:
        rules = (*rules, _made(POLICY))
    return chain if rules is chain.rules else replace(chain, rules=rules)


def _made(why: str) -> Rule:
    return Rule(unread=Unread(why=why))


def _back_end(beside: Sequence[str]) -> Table:
    """What another back end's tables do at the hooks, told as one."""
    names = ", ".join(BACK_ENDS[name] for name in beside if name in BACK_ENDS)
    rules = (Rule(unread=Unread(why=BESIDE, text=names)),)
    hooks = BUILTIN_CHAINS["mangle"]
    chains = (Chain(name=name, policy="ACCEPT", rules=rules, declared=False) for name in hooks)
    return Table(name=BESIDE, chains=tuple(chains))


def leads_away(table: Table) -> bool:
    """Whether some rule may lead where the text does not tell."""
    return any(not chain.whole and chain.rules for chain in table.chains) or any(
        rule.unread is not None or (rule.target is not None and is_absent(rule.target, table))
        for rule in table.kinds
    )


def is_absent(target: Target, table: Table) -> bool:
    """Whether the target is a chain (or else unknown), and the table has none of that name."""
    return table.chain(target.name) is None and is_chain(target)


def _led(table: Table, called: str, roots: Sequence[str]) -> Chain:
    """A chain that leads to each user chain to which too few rules of the text do."""
    rules = (Rule(target=Target(name=name, goto=True), unread=Unread(why=ROOT)) for name in roots)
    if table.nft_table is None:
        return Chain(name=called, rules=tuple(rules), declared=False)
    from iptsim.native_tables import NativeChain  # noqa: PLC0415  # nft's own alone

    return NativeChain(name=called, rules=tuple(rules), declared=False)


def roots_of(table: Table) -> Iterator[str]:
    """The user chains to which rules lead that are not in the text, as far as it shows."""
    led = Counter(name for chain in table.chains for name in chain.aims)
    for chain in table.chains:
        told = 1 if chain.references is None else chain.references
        if chain.name not in table.builtin and told > led[chain.name]:
            yield chain.name
