"""Whether traffic comes to Envoy as it should: swapped ports, loops, ports left out, IPv6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim.dataclass import dataclass
from iptsim.lint.finding import Finding, Kind, Other
from iptsim.mistakes.istio_signs import SIXTH, listener, span
from iptsim.mistakes.rule_lines import Line, Lines, at_chain
from iptsim.mistakes.shown_packets import PROXY_PORTS, Asking, Shown
from iptsim.regex import regex

INBOUND, OUTBOUND, NO_PROXY = 15006, 15001, 1337
_RETURNS = regex(r"-m owner --([ug])id-owner (\d+) -j RETURN")
_ANY_PORT = 8080
_HBONE = 7
"""1.7: the first version that leaves port 15008 alone; 1.6 has 15006 in every case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A port that a pod's text says it listens on, where it says so, and its container."""

    port: int
    container: str


def facts_of(shown: Shown | None, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Facts with how the packet that shows it fares."""
    return more if shown is None else (*more, ("fate", shown.fate))


def swapped(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """Inbound traffic at Envoy's outbound listener, or the other way round."""
    inward, outward = listener(lines, "ISTIO_IN_REDIRECT"), listener(lines, "ISTIO_REDIRECT")
    if inward is not None and inward[0] == OUTBOUND and is_new(lines):
        yield _swapped(inward[1], asking.arrives(_ANY_PORT), INBOUND, OUTBOUND)
    if outward is not None and outward[0] == INBOUND:
        yield _swapped(outward[1], asking.leaves(), OUTBOUND, INBOUND)


def is_new(lines: Lines) -> bool:
    """Whether it has port 15006: since 1.3 where every port is captured, since 1.6 always."""
    if span(lines)[0] >= _HBONE:
        return True
    every = lines.first("nat", "ISTIO_INBOUND", r"^(?:-p tcp )?-j ISTIO_IN_REDIRECT$")
    return every is not None and lines.first("nat", "ISTIO_OUTPUT", SIXTH) is not None


def _swapped(line: Line, shown: Shown | None, right: int, wrong: int) -> Finding:
    facts = (("port", str(wrong)), ("right", str(right)))
    return _finding(Kind.MESH_SWAPPED, line, shown, facts)


def _finding(
    kind: Kind, line: Line, shown: Shown | None, facts: tuple[tuple[str, str], ...] = ()
) -> Finding:
    return Finding(
        kind=kind,
        at=line.at,
        facts=facts_of(shown, *facts),
        example=None if shown is None else shown.packet,
        hook="" if shown is None else shown.hook,
    )


def loops_back(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """What Envoy itself sends comes back to it: no rule lets its user go."""
    if listener(lines, "ISTIO_REDIRECT") is None or not lines.tells("nat", "OUTPUT"):
        return
    users = [_RETURNS.fullmatch(one.told) for one in lines.chain("nat", "ISTIO_OUTPUT")]
    told = {(found[1], int(found[2])) for found in users if found}
    ids: dict[str, Any] = {"uid": NO_PROXY, "gid": NO_PROXY}
    for letter in ("u", "g"):  # who else it runs as
        own = [number for kind, number in sorted(told) if kind == letter]
        if own and NO_PROXY not in own:
            ids[f"{letter}id"] = own[0]
    shown = asking.leaves(**ids)
    if shown is not None and shown.port == OUTBOUND:
        line = _decider(lines, shown) or lines.chain("nat", "ISTIO_REDIRECT")[0]
        yield _finding(Kind.MESH_LOOP, line, shown, (("uid", str(ids["uid"])),))
    elif ids["uid"] != NO_PROXY and not any(kind == "g" for kind, _number in told):
        yield from _another_user(lines, asking, ids["uid"])


def _another_user(lines: Lines, asking: Asking, user: int) -> Iterator[Finding]:
    """Another user is let out than the one that Envoy usually is, who is captured.

    Istio writes a rule for the group beside that for the user, whoever these are: where there is
    none, somebody else wrote the rule.
    """
    shown = asking.leaves(uid=NO_PROXY, gid=NO_PROXY)
    asked = rf"-m owner --uid-owner {user} -j RETURN"
    line = lines.first("nat", "ISTIO_OUTPUT", asked)
    if shown is not None and shown.port == OUTBOUND and line is not None:
        yield _finding(Kind.MESH_OTHER_USER, line, shown, (("uid", str(user)),))


def _decider(lines: Lines, shown: Shown) -> Line | None:
    """The last rule of ISTIO_OUTPUT on the packet's way."""
    steps = [s for s in shown.outcome.steps if s.chain == "ISTIO_OUTPUT" and s.table == "nat"]
    if not steps:
        return None
    asked = (one for one in lines.chain("nat", "ISTIO_OUTPUT") if one.at.rule == steps[-1].rule)
    return next(asked, None)


def not_captured(lines: Lines, asking: Asking, wanted: tuple[Wanted, ...]) -> Iterator[Finding]:
    """Ports of the pod's containers of which traffic does not come to the proxy."""
    for one in wanted:
        shown = asking.arrives(one.port)
        if shown is None or shown.port in PROXY_PORTS or _tproxied(shown):
            continue
        found = lines.ruleset.table("nat")
        chain = None if found is None else found.chain("PREROUTING")
        step = next((s for s in reversed(shown.outcome.steps) if s.rule is not None), None)
        line = _step_line(lines, step.table, step.chain, step.rule) if step else None
        facts = facts_of(shown, ("port", str(one.port)), ("container", one.container))
        at = line.at if line is not None else None
        if at is None and chain is not None:
            at = at_chain(lines, "nat", chain)
        if at is not None:
            yield Finding(
                kind=Kind.MESH_NOT_CAPTURED, at=at, facts=facts, example=shown.packet,
                hook=shown.hook,
            )  # fmt: skip


def _tproxied(shown: Shown) -> bool:
    return any(step.target == "TPROXY" for step in shown.outcome.steps)


def _step_line(lines: Lines, table: str, chain: str, rule: int | None) -> Line | None:
    return next((one for one in lines.chain(table, chain) if one.at.rule == rule), None)


def open_ipv6(four: Lines, six: Lines, asking: Asking, asking_6: Asking) -> Iterator[Finding]:
    """IPv4 is captured, and the same connection by IPv6 is not."""
    if listener(four, "ISTIO_REDIRECT") is None:
        return
    captured, free = asking.leaves(), asking_6.leaves()
    if captured is None or free is None or captured.port != OUTBOUND:
        return
    let_through = free.outcome.verdict == "ACCEPT" and free.port is None
    table = six.ruleset.table("nat") or next(iter(six.ruleset.tables), None)
    chain = None if table is None else table.chain("OUTPUT")
    if let_through and table is not None and chain is not None:
        line = listener(four, "ISTIO_REDIRECT")
        others = () if line is None else (Other(at=line[1].at, deed="rewrite"),)
        yield Finding(
            kind=Kind.MESH_IPV6_OPEN, at=at_chain(six, table.name, chain), others=others,
            facts=facts_of(free), example=free.packet, hook=free.hook,
        )  # fmt: skip
