"""Mistakes of a mesh and its neighbours in a rule set, each shown by a packet where one can.

What hangs on a part that the text does not tell is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.host import Host
from iptsim.lint.finding import Finding, Report
from iptsim.mistakes.ahead import nothing_jumps, others_first, two_back_ends, unknown_chains
from iptsim.mistakes.doubled import both_lists, both_modes, twice, versions
from iptsim.mistakes.kube_proxies import two_kube_proxies
from iptsim.mistakes.neighbours import before_ufw, dropped_forward, leftover_cni
from iptsim.mistakes.proxied import Wanted, loops_back, not_captured, open_ipv6, swapped
from iptsim.mistakes.rule_lines import Lines
from iptsim.mistakes.shown_packets import Asking
from iptsim.model import Dump, Note

__all__ = ["Wanted", "check"]

NO_MESH = Note(code=codes.MESH_ABSENT)


def check(
    dump: Dump,
    *,
    wanted: tuple[Wanted, ...] = (),
    on_pod: tuple[Note, ...] = (),
    host: Host | None = None,
) -> Report:
    """Every mistake found, in the order of the dump; `wanted` are ports that are to be captured.

    `on_pod` are notes on the pod's text, to be told with those on the dump; the packets that show
    a mistake come and go by interfaces and addresses of the host, where these are told.
    """
    asked = [(Lines.of(ruleset), Asking.of(ruleset, host)) for ruleset in dump.rulesets]
    found = [one for lines, asking in asked for one in _found(lines, asking, wanted)]
    by_family = {lines.ruleset.family: (lines, asking) for lines, asking in asked}
    if {4, 6} <= by_family.keys():
        (four, asking), (six, asking_6) = by_family[4], by_family[6]
        found += open_ipv6(four, six, asking, asking_6)
    meshed = any(lines.has("ISTIO_") for lines, _asking in asked)
    notes = (*(() if meshed else (NO_MESH,)), *on_pod, *dump.notes)
    return Report(findings=tuple(sorted(found, key=_order)), notes=notes)


def _found(lines: Lines, asking: Asking, wanted: tuple[Wanted, ...]) -> Iterator[Finding]:
    if lines.has("ISTIO_"):
        yield from swapped(lines, asking)
        yield from versions(lines)
        yield from both_modes(lines)
        yield from twice(lines, asking)
        yield from both_lists(lines, asking)
        yield from loops_back(lines, asking)
        yield from not_captured(lines, asking, wanted)
        yield from others_first(lines, asking)
        yield from nothing_jumps(lines, asking)
        yield from unknown_chains(lines)
        yield from two_back_ends(lines)
    yield from before_ufw(lines)
    yield from dropped_forward(lines, asking)
    yield from two_kube_proxies(lines)
    yield from leftover_cni(lines)


def _order(finding: Finding) -> tuple[str, int, str]:
    place = finding.at.place
    return (place.file if place else "", place.line if place else 0, finding.kind.value)
