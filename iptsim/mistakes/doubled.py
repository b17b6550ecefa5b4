"""Rules that were written twice, by two versions, or by init container and CNI plugin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from iptsim.lint.finding import Finding, Kind, Other
from iptsim.mistakes.istio_signs import NEWEST, Seen, seen, version_words
from iptsim.mistakes.proxied import facts_of
from iptsim.mistakes.rule_lines import Line, Lines, hooks_of
from iptsim.mistakes.shown_packets import Asking
from iptsim.regex import regex

_PORT = regex(
    r"-p tcp -m tcp --dport (\d+) -j (RETURN|ISTIO_IN_REDIRECT|ISTIO_TPROXY|ISTIO_DIVERT)"
)
_BY_INIT, _BY_CNI = ("15090", "15021", "15020"), ("15020", "15021", "15090")
"""The order in which each leaves the ports of Istio itself alone (1.6 and newer)."""


def versions(lines: Lines) -> Iterator[Finding]:
    """Two rules that no one version writes both."""
    found = list(seen(lines))
    newest = max(found, key=lambda one: one.sign.since, default=None)
    oldest = min(found, key=lambda one: one.sign.until, default=None)
    if newest is None or oldest is None or newest.sign.since <= oldest.sign.until:
        return
    facts = (("old", _words(oldest)), ("new", _words(newest)))
    other = Other(at=newest.line.at, deed="jump")
    yield Finding(kind=Kind.MESH_MIXED, at=oldest.line.at, others=(other,), facts=facts)


def _words(one: Seen) -> str:
    return version_words(one.sign.since, min(one.sign.until, NEWEST))


def both_modes(lines: Lines) -> Iterator[Finding]:
    """The rules of a sidecar and those of ambient in one network namespace."""
    sidecar = lines.chain("nat", "ISTIO_REDIRECT")
    ambient = lines.chain("nat", "ISTIO_PRERT")
    if sidecar and ambient:
        other = Other(at=ambient[0].at, deed="jump")
        facts = (("old", "sidecar"), ("new", "ambient"))
        yield Finding(kind=Kind.MESH_TWO_MODES, at=sidecar[0].at, others=(other,), facts=facts)


def twice(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """The same rule twice, told once; whether init container and CNI plugin both wrote it."""
    repeated = list(_repeated(lines))
    if not repeated:
        return
    by_both = _by_both(lines)
    first, second = repeated[0]
    shown = asking.leaves()
    facts = facts_of(shown, ("count", str(len(repeated))))
    yield Finding(
        kind=Kind.MESH_INIT_AND_CNI if by_both else Kind.MESH_DOUBLED,
        at=second.at,
        others=(Other(at=first.at, deed="jump"),),
        facts=facts,
        example=None if shown is None else shown.packet,
        hook="" if shown is None else shown.hook,
    )


def _repeated(lines: Lines) -> Iterator[tuple[Line, Line]]:
    """Rules of Istio that stand twice, each with the first of its kind."""
    for table in lines.ruleset.tables:
        for chain in table.chains:
            built_in = chain.name in hooks_of(table.name)
            if not built_in and not chain.name.startswith("ISTIO_"):
                continue
            by_interface = built_in or chain.name == "ISTIO_PRERT"
            met: dict[str, Line] = {}
            for line in lines.chain(table.name, chain.name):
                mine = line.target.startswith("ISTIO_") or not built_in
                first = met.setdefault(line.told, line)
                hidden = by_interface and "interfaces" in line.rule.hides
                if mine and not hidden and first is not line:
                    yield first, line


def _by_both(lines: Lines) -> bool:
    """Whether the ports left alone stand in the order of the one and of the other."""
    found = (_PORT.fullmatch(one.told) for one in lines.chain("nat", "ISTIO_INBOUND"))
    ports = [one[1] for one in found if one and one[1] in _BY_INIT]
    spans = {tuple(ports[at : at + 3]) for at in range(len(ports) - 2)}
    return {_BY_INIT, _BY_CNI} <= spans


def both_lists(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """A port that one rule of ISTIO_INBOUND leaves alone, and another captures."""
    for table in ("nat", "mangle"):
        met: defaultdict[str, list[Line]] = defaultdict(list)
        for line in lines.chain(table, "ISTIO_INBOUND"):
            found = _PORT.fullmatch(line.told)
            if found:
                met[found[1]].append(line)
        for port, each in met.items():
            names = {line.target for line in each}
            if "RETURN" in names and len(names) > 1:
                yield _in_both(port, each, asking)


def _in_both(port: str, each: list[Line], asking: Asking) -> Finding:
    shown = asking.arrives(int(port))
    first, *others = each
    return Finding(
        kind=Kind.MESH_BOTH_LISTS,
        at=first.at,
        others=tuple(Other(at=one.at, deed="jump") for one in others),
        facts=facts_of(shown, ("port", port)),
        example=None if shown is None else shown.packet,
        hook="" if shown is None else shown.hook,
    )
