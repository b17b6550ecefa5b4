"""Rules that a text tells in part or not at all, made ready as any rule is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim import codes
from iptsim.actions import Action, Fate, Jump, Return, Verdict
from iptsim.dataclass import dataclass
from iptsim.extensions.addons import is_addon
from iptsim.extensions.any_target import (
    BESIDE,
    GO_ON,
    ROOTS,
    Untold,
    leads,
    leads_to,
    policy,
    quiet,
    ways,
)
from iptsim.extensions.lowering import actions, condition
from iptsim.extensions.spec import Context
from iptsim.late_rules import LateRules
from iptsim.model import ANY_HEADER, BUILTIN_CHAINS, Chain, Note, Rule, Ruleset, Table, Target
from iptsim.predicate import Predicate
from iptsim.tracer.rules.untold_chains import ABSENT, LEADS, MADE, POLICY, ROOT, is_absent, is_roots

LEFT_OUT = frozenset({"gap", "elided", "missing"})
"""Why rules stand in no text of which it says that they are there."""
_NOTES = {
    ABSENT: codes.CHAIN_NOT_HERE,
    POLICY: codes.POLICY_NOT_HERE,
    BESIDE: codes.MORE_RULES_BESIDE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a rule stands: its number on the host (0: it is in no text), and what surrounds it.

    `covered` is whether, of every packet that comes there, anything may have become before.
    """

    number: int
    where: Context
    table: Table
    covered: bool = False

    @property
    def label(self) -> str:
        """`filter INPUT`, or with its number; as it is told."""
        name = f"{self.where.table} {self.where.chain}"
        return f"{name} {self.number}" if self.number else name


def number_of(rule: Rule, number: int) -> int:
    """The rule's number in answers; 0 for what is in no text, so that nobody deletes another."""
    left_out = rule.unread is not None and rule.unread.why in LEFT_OUT
    return 0 if left_out else number


def asked(rule: Rule, where: Context) -> Predicate:
    """The condition of a rule, as far as it is told."""
    if rule.unread is not None and rule.unread.why == ROOT and rule.target is not None:
        return leads_to(rule.target.name, where.table)
    return condition(rule, where)


def done(rule: Rule, spot: Spot) -> tuple[Action, ...]:
    """What a rule does; all that it may do where that is not told."""
    if rule.unread is None:
        return _told(rule, spot)
    untold = partial(_untold, spot, roots=_has_roots(spot))
    match rule.unread.why:
        case "root":
            assert rule.target is not None
            return (Jump(chain=rule.target.name, goto=True),)
        case "leads":
            return leads(untold(spot.label), spot.where.chain)
        case "policy":
            return policy(spot.label)
        case _ if spot.covered:
            return quiet(untold(spot.label))
        case "absent":
            return ways(untold(spot.label, on=Verdict(fate=Fate.ACCEPT), roots=False))
        case "beside":
            return ways(_untold(spot, rule.unread.text))
        case _:
            return ways(untold(_range(rule, spot), returns=True))


def _told(rule: Rule, spot: Spot) -> tuple[Action, ...]:
    """A jump to a chain that the table lacks may do whatever that chain may; so may an add-on."""
    found = actions(rule, spot.where, spot.table)
    target = rule.target
    if target is None or not is_absent(target, spot.table):
        return found
    on: Action = Return() if target.goto else GO_ON
    if spot.covered:
        return (*found[:-1], *quiet(_untold(spot, spot.label, on=on)))
    if is_addon(target, spot.table):
        return (*found[:-1], *ways(_untold(spot, spot.label)))
    label = f"{spot.where.table} {target.name}"
    return (*found[:-1], *ways(_untold(spot, label, on=on, roots=_has_roots(spot))))


def may_do_all(rule: Rule) -> bool:
    """Whether anything may become of every packet that comes to the rule."""
    asks = rule.header != ANY_HEADER or bool(rule.matches) or bool(rule.address_names)
    return rule.unread is not None and not asks and rule.unread.why not in (ROOT, LEADS, POLICY)


def only_led_to(table: Table, chain: Chain) -> bool:
    """Whether packets come to the chain only from rules that are in no text."""
    if table.chain(ROOTS) is None:
        return False
    leading = table.leading_to(chain.name)
    builtin = leading & set(table.builtin)
    return any(map(is_roots, leading)) and not builtin


def _has_roots(spot: Spot) -> bool:
    """Whether what is missing there may lead to chains of the text; the kernel takes no loop."""
    leading = spot.table.leading_to(spot.where.chain)
    return spot.table.chain(ROOTS) is not None and not any(map(is_roots, leading))


def _range(rule: Rule, spot: Spot) -> str:
    """`filter INPUT rules 2-3`, `filter INPUT after rule 1`: what is left out there."""
    name = f"{spot.where.table} {spot.where.chain}"
    if rule.unread is None or rule.unread.why not in LEFT_OUT:
        return spot.label
    count, number = rule.unread.count, spot.number
    if count is None:
        return f"{name} after rule {number - 1}" if number > 1 else f"{name} before its rules"
    return f"{name} rules {number}-{number + count - 1}" if count > 1 else f"{name} rule {number}"


def _untold(
    spot: Spot, label: str, *, on: Action = GO_ON, returns: bool = False, roots: bool = False
) -> Untold:
    return Untold(
        label=label,
        table=spot.where.table,
        hooks=spot.table.leading_to(spot.where.chain) & set(BUILTIN_CHAINS["mangle"]),
        width=32 if spot.where.family == 4 else 128,
        on=on,
        returns=returns,
        roots=roots,
    )


def leading_to(rule: Rule, table: Table) -> tuple[str, ...]:
    """The chains of the table that a rule may lead to, from wherever it stands."""
    if rule.nft is not None:
        return tuple(name for name in rule.aims if table.chain(name) is not None)
    target = None if rule.target is None else rule.target.name
    if target is not None and table.chain(target) is not None:
        return (target,)
    roots = table.chain(ROOTS) is not None
    return (ROOTS,) if roots and (rule.unread is not None or _leads_nowhere(rule, table)) else ()


def _leads_nowhere(rule: Rule, table: Table) -> bool:
    target = rule.target
    return target is not None and is_absent(target, table) and not is_addon(target, table)


def note_of(rule: Rule, spot: Spot) -> Note | None:
    """What a reader should know who meets the rule; of what is left out the reading tells."""
    where = (("table", spot.where.table), ("chain", spot.where.chain))
    if rule.unread is None:
        if rule.target is None or not is_absent(rule.target, spot.table):
            return None
        if is_addon(rule.target, spot.table):
            facts = (("target", rule.target.name), ("rules", spot.label))
            return Note(code=codes.UNKNOWN_TARGET, place=rule.place, facts=facts)
        facts = (("chain", rule.target.name), ("table", spot.where.table))
        return Note(code=codes.CHAIN_UNKNOWN, facts=facts)
    code = _NOTES.get(rule.unread.why)
    return None if code is None else Note(code=code, facts=(*where, ("what", rule.unread.text)))


def label_of(rule: Rule, spot: Spot) -> str:
    """How answers call what is not told there; nothing where all is."""
    if rule.unread is not None:
        return rule.unread.text if rule.unread.why == BESIDE else _range(rule, spot)
    if rule.target is None or not is_absent(rule.target, spot.table):
        return ""
    addon = is_addon(rule.target, spot.table)
    return spot.label if addon else f"{spot.where.table} {rule.target.name}"


def text_of(rule: Rule, read: str, where: Context) -> str:
    """The text of a rule that is not told whole; `read` is what was read of it."""
    assert rule.unread is not None
    if rule.unread.why in MADE:
        return f"# {where.table} {where.chain}: not in this text"
    return f"{read} …"


def untold_in(ruleset: Ruleset) -> Iterator[str]:
    """What a completed rule set does not tell, table by table: `filter INPUT`, `nat KUBE-X`."""
    for table in ruleset.tables:
        told = _is_all_told(table)
        for chain in table.chains:
            if not told or not isinstance(chain.rules, LateRules):
                yield from _untold_of(ruleset.family, table, chain)


def _is_all_told(table: Table) -> bool:
    """Whether nothing is missing from a table, by what is told without reading its rules."""
    aims = [Target(name=name) for name in table.callers]
    led = [*aims, *(rule.target for rule in table.kinds if rule.target is not None)]
    absent = any(is_absent(target, table) for target in led)
    return not absent and all(rule.unread is None for rule in table.kinds)


def _untold_of(family: int, table: Table, chain: Chain) -> Iterator[str]:
    where = Context(family=family, table=table.name, chain=chain.name)
    for number, rule in chain.numbered():
        made = rule.unread is not None and rule.unread.why in MADE
        spot = Spot(number=0 if made else number, where=where, table=table)
        if rule.unread is None or rule.unread.why not in (ROOT, LEADS):
            yield from filter(None, [label_of(rule, spot)])
