"""Rules and chains that iptables or the kernel refuses to load."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.chain_graph import Leap, chain_graph
from iptsim.extensions.demands import Demands, Wrong, keys_of
from iptsim.lint.demanding import Facts, complaints, label, parts_of, wrong_value
from iptsim.lint.finding import REFUSED, Finding, Kind
from iptsim.lint.finding_places import at_chain, at_rule
from iptsim.lint.reached_hooks import Reached, reached_hooks
from iptsim.model import BUILTIN_CHAINS, TABLES, UNREADABLE, Chain, Match, Rule, Ruleset, Table
from iptsim.packet import HOOKS
from iptsim.tracer.rules.ready import Library, Ready

_LONGEST_CHAIN = 28
_NO_IN, _NO_OUT = frozenset({"OUTPUT", "POSTROUTING"}), frozenset({"PREROUTING", "INPUT"})
_EVERY = frozenset(HOOKS)


def refused(library: Library, table: Table, leaps: tuple[Leap, ...]) -> Iterator[Finding]:
    """A finding for all that would not load, whatever else is true of it."""
    reached = reached_hooks(table, leaps)
    for chain in table.chains:
        yield from _chain(library.ruleset, table, chain)
        for ready in library.chain(table, chain):
            for kind, facts in dict.fromkeys(_rule(table, ready, reached)):
                yield Finding(kind=kind, at=at_rule(ready), facts=facts)


def newly_refused(before: Ruleset, after: Ruleset) -> Iterator[Finding]:
    """What would not load of the later rules, and of the earlier ones would."""
    for table in after.tables:
        old = before.table(table.name) or Table(name=table.name)
        if old.chains == table.chains:
            continue
        known = {_told(finding) for finding in _demanded(before, old)}
        yield from (each for each in _demanded(after, table) if _told(each) not in known)


def _demanded(ruleset: Ruleset, table: Table) -> Iterator[Finding]:
    leaps = tuple(leap for leap in chain_graph(ruleset).leaps if leap.table == table.name)
    found = refused(Library(ruleset=ruleset), table, leaps)
    return (finding for finding in found if finding.kind in REFUSED)


def _told(finding: Finding) -> tuple[Kind, str, str, Facts]:
    """What a finding says but for the number of its rule."""
    return finding.kind, finding.at.chain, finding.at.text, finding.facts


def _chain(ruleset: Ruleset, table: Table, chain: Chain) -> Iterator[Finding]:
    """Chains with names that nobody can give, or with a policy that only built-in ones have."""
    builtin = BUILTIN_CHAINS.get(table.name)
    at = at_chain(ruleset, table.name, chain)
    if builtin is None:
        return
    if chain.overlooked is not None and chain.name not in builtin:
        facts = (("policy", chain.overlooked), ("builtin", ", ".join(builtin)))
        yield Finding(kind=Kind.NO_POLICY, at=at, facts=facts)
    if chain.declared and len(chain.name.encode()) > _LONGEST_CHAIN:
        most = (("most", str(_LONGEST_CHAIN)),)
        wrong = Wrong(option="-N", value=chain.name, right="long", facts=most)
        kind, long = wrong_value(wrong)
        yield Finding(kind=kind, at=at, facts=long)


def _rule(table: Table, ready: Ready, reached: Reached) -> Iterator[tuple[Kind, Facts]]:
    rule = ready.rule
    if table.fresh:
        yield from _unreadable(rule)
    yield from _jump(table, rule)
    yield from _interfaces(rule, ready.where.chain)
    yield from _in_table(table, rule)
    hooks = reached.of(ready.where.chain, ready.number)
    for part, extension in parts_of(rule, table):
        yield from _at_hooks(table, ready, part, extension.demands, hooks)
    yield from complaints(rule, table, ready.where.family)


def _unreadable(rule: Rule) -> Iterator[tuple[Kind, Facts]]:
    """Who writes rules to be loaded is held to what iptables takes."""
    words = [word for match in rule.matches if match.name == UNREADABLE for word in match.raw]
    if rule.target is not None and rule.target.raw[:1] == ("?",):
        words += [" ".join((f"-j {rule.target.name}", *rule.target.raw[1:]))]
    if rule.unread is not None and rule.unread.why == "torn":
        words = words or [rule.unread.text]
    if words:
        yield Kind.UNREADABLE, (("words", ", ".join(words)[:160]),)


def _jump(table: Table, rule: Rule) -> Iterator[tuple[Kind, Facts]]:
    """No rule leads to a built-in chain (libiptc.c, iptcc_map_target; nft: -EBUSY, a loop)."""
    target = rule.target
    builtin = BUILTIN_CHAINS.get(table.name, ())
    if target is not None and target.name in builtin:
        flag = "-g" if target.goto else "-j"
        yield Kind.TO_BUILTIN, (("to", target.name), ("flag", flag))


def _interfaces(rule: Rule, chain: str) -> Iterator[tuple[Kind, Facts]]:
    """Asked by iptables itself, of rules of built-in chains alone (xshared.c, check_inverse…)."""
    for flag, pattern, never in (("-i", rule.header.in_, _NO_IN), ("-o", rule.header.out, _NO_OUT)):
        if pattern is not None and chain in never:
            yield _hook_complaint(flag, frozenset({chain}), _EVERY - never)


def _in_table(table: Table, rule: Rule) -> Iterator[tuple[Kind, Facts]]:
    if table.name not in TABLES:
        return
    target = rule.target
    verdict = target is not None and not target.goto and target.name == "DROP"
    if verdict and table.name == "nat" and table.chain("DROP") is None:
        # xshared.c: «the use of DROP is therefore inhibited»
        yield Kind.OTHER_TABLE, (("name", "-j DROP"), ("tables", "filter, mangle, raw, security"))
    for part, extension in parts_of(rule, table):
        for name, tables in _tables_of(part, extension.demands, older=table.nft is False):
            if tables and table.name not in tables:
                yield Kind.OTHER_TABLE, (("name", name), ("tables", ", ".join(tables)))


def _tables_of(
    part: Match, demands: Demands, *, older: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield label(part), demands.tables
    if older:
        yield label(part), demands.older_tables
    for option in part.options:
        for key in keys_of(option):
            yield f"{label(part)} {key}", demands.option_tables.get(key, ())


def _at_hooks(
    table: Table, ready: Ready, part: Match, demands: Demands, hooks: frozenset[str]
) -> Iterator[tuple[Kind, Facts]]:
    """Of options nf_tables asks only what stands in a built-in chain (nft_compat.c, hook_mask)."""
    if demands.tables and table.name not in demands.tables:
        return
    if demands.hooks and not hooks <= demands.hooks:
        yield _hook_complaint(label(part), hooks - demands.hooks, demands.hooks)
    direct = table.nft is False or ready.where.chain in hooks
    if not direct or any(_plain(part, name) for name in demands.unless):
        return
    for option in part.options:
        for key in keys_of(option):
            allowed = demands.option_hooks.get(key, _EVERY)
            if not hooks <= allowed:
                yield _hook_complaint(f"{label(part)} {key}", hooks - allowed, allowed)


def _plain(part: Match, name: str) -> bool:
    option = part.option(name)
    return option is not None and not option.negate


def _hook_complaint(
    name: str, hooks: frozenset[str], allowed: frozenset[str]
) -> tuple[Kind, Facts]:
    facts = (("name", name), ("hooks", _listed(hooks)), ("allowed", _listed(allowed)))
    return Kind.REFUSED_AT_HOOK, facts


def _listed(hooks: frozenset[str]) -> str:
    return ", ".join(sorted(hooks, key=HOOKS.index))
