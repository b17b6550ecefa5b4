"""Findings of `lint` that a healthy host has: what stands idle because its program wants it so.

Knowledge tells only what is shown first. A rule that others really take the packets from, a chain
with rules that nothing leads to any more, or an own rule in a program's chain stays a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.knowledge.catalogue import keepers as all_keepers
from iptsim.knowledge.known import Keeper
from iptsim.lint.finding import At, Finding, Kind, Report
from iptsim.regex import regex

POLICIES = "policies"
"""Whose design it is that a policy stands behind a rule which decides about all that is left."""
_LEADS_TO = regex(r".* -[jg] (\S+)")
_BARE_RETURN = regex(r"-A \S+ -j RETURN")


def by_design(report: Report) -> dict[Finding, str]:
    """The findings of a report that are none on a healthy host, each with whose design it is."""
    keepers = {family: _keepers(family, report) for family in (4, 6)}
    found: dict[Finding, str] = {}
    for finding in report.findings:
        whose = _whose(finding, report, keepers[finding.at.family])
        if whose:
            found[finding] = whose
    return found | _behind(report, found)


def _behind(report: Report, found: dict[Finding, str]) -> dict[Finding, str]:
    """Chains that only rules lead to which are idle by design, or which stand in such chains."""
    waiting = [one for one in report.findings if one.kind is Kind.UNREACHED]
    own = ((one, whose) for one, whose in found.items() if one.kind is not Kind.POLICY)
    idle = {_where(one.at): whose for one, whose in own}
    behind: dict[Finding, str] = {}
    more = True
    while more:
        more = False
        for one in (one for one in waiting if one not in behind):
            whose = [idle.get(_where(o.at)) or idle.get(_chain(o.at)) for o in one.others]
            if whose and whose[0] and all(whose):
                behind[one] = idle[_where(one.at)] = whose[0]
                more = True
    return behind


def _where(at: At) -> tuple[int, str, str, int | None]:
    return (at.family, at.table, at.chain, at.rule)


def _chain(at: At) -> tuple[int, str, str, None]:
    return (at.family, at.table, at.chain, None)


def _whose(finding: Finding, report: Report, keepers: Sequence[Keeper]) -> str:
    if finding.kind is Kind.POLICY:
        return POLICIES
    fitting = (keeper.name for keeper in keepers if _is_idle(finding, keeper, report))
    return next(fitting, "")


def _keepers(family: int, report: Report) -> tuple[Keeper, ...]:
    """The programs whose chains the dump has."""
    names = [name for its, _table, name in report.chains if its == family]
    return tuple(keeper for keeper in all_keepers() if keeper.is_among(names))


def _is_idle(finding: Finding, keeper: Keeper, report: Report) -> bool:
    chain = finding.at.chain
    match finding.kind:
        case Kind.UNREFERENCED:
            return keeper.keeps(chain) and _may_stand_alone(finding, keeper, report)
        case Kind.EMPTY:
            return keeper.keeps(dict(finding.facts)["to"])
        case Kind.NO_EFFECT:
            return _its_rule(finding, keeper)
        case Kind.NOT_ASKED:
            # Where it is no rule before them that takes what they would lead there.
            led = {keeper.keeps(other.at.chain) for other in finding.others} == {True}
            own = keeper.keeps(chain) and not keeper.leaves(chain)
            return own and led and not finding.facts
        case Kind.SHADOWED | Kind.SHADOWED_OTHERWISE:
            return keeper.shadows(finding.at.text, [other.at.text for other in finding.others])
        case _:
            return False


def _may_stand_alone(finding: Finding, keeper: Keeper, report: Report) -> bool:
    at = finding.at
    if ("rules", "0") in finding.facts or keeper.spares(at.chain):
        return True
    # In its TPROXY mode Istio catches what arrives in mangle, and leaves nat's chain unused.
    by_mangle = (at.family, "mangle", "ISTIO_TPROXY") in report.chains
    return by_mangle and (at.table, at.chain) == ("nat", "ISTIO_INBOUND")


def _its_rule(finding: Finding, keeper: Keeper) -> bool:
    chain, text = finding.at.chain, finding.at.text
    if keeper.leaves(chain):
        return _BARE_RETURN.fullmatch(text) is not None
    to = _LEADS_TO.fullmatch(text)
    leads = to is not None and keeper.keeps(to[1])
    return leads or keeper.keeps(chain) or keeper.writes(text)
