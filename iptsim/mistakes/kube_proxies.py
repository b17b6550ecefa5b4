"""Rules of two kube-proxies: of two modes, or of one mode with other marks or another pod network.

Sources: kubernetes/kubernetes, pkg/proxy/ipvs/proxier.go (ipsets), pkg/proxy/iptables/proxier.go
(one masquerade mark and one test for pods in all chains), pkg/proxy/nftables/proxier.go
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.lint.finding import At, Finding, Kind, Other
from iptsim.mistakes.rule_lines import Line, Lines, at_chain
from iptsim.regex import regex

_IPVS = r"--match-set KUBE-(?:6-)?(?:CLUSTER-IP|NODE-PORT\S*|LOAD-BALANCER|LOOP-BACK)\b"
_NATIVE = regex(r"ip6? kube-proxy")
_MARK = regex(r"-j MARK --(?:set-xmark|or-mark) (0x[0-9a-f]+)(?:/\S+)?")
_WANTED = regex(r"-m mark (?:! )?--mark (0x[0-9a-f]+)(?:/\S+)?.*")
_NO_POD = regex(r"! -s (\S+) .*-j KUBE-MARK-MASQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What tells one kube-proxy from another, as both write it, and where it stands."""

    told: str
    at: At


def two_kube_proxies(lines: Lines) -> Iterator[Finding]:
    """Two that wrote rules: one of them is gone, or both run."""
    for tell in (_modes, _marks, _networks):
        found = {one.told: one for one in reversed([*tell(lines)])}
        if len(found) > 1:
            first, second = [*reversed(found.values())][:2]
            yield Finding(
                kind=Kind.TWO_KUBE_PROXIES,
                at=first.at,
                others=(Other(at=second.at, deed="jump"),),
                facts=(("one", first.told), ("other", second.told)),
            )
            return


def _modes(lines: Lines) -> Iterator[_Found]:
    places = (("KUBE-SERVICES", _IPVS), ("KUBE-POSTROUTING", _IPVS))
    ipvs = (lines.first("nat", chain, pattern) for chain, pattern in places)
    yield from (_Found(told="ipvs", at=one.at) for one in ipvs if one is not None)
    for table, chain in lines.chains("KUBE-SVC-"):
        if table == "nat" and chain.rules:
            yield _Found(told="iptables", at=at_chain(lines, table, chain))
    for native in lines.ruleset.tables:
        services = native.chain("services") if _NATIVE.fullmatch(native.name) else None
        if services is not None:
            yield _Found(told="nftables", at=at_chain(lines, native.name, services))


def _marks(lines: Lines) -> Iterator[_Found]:
    """The marks that are set for what is to be masqueraded, and that are masqueraded."""
    for chain, pattern in (("KUBE-MARK-MASQ", _MARK), ("KUBE-POSTROUTING", _WANTED)):
        for line in lines.chain("nat", chain):
            found = pattern.fullmatch(line.told)
            if found:
                yield _Found(told=found[1], at=line.at)


def _networks(lines: Lines) -> Iterator[_Found]:
    """The network of the pods, from outside of which a service's callers are masqueraded."""
    for table, chain in lines.chains("KUBE-SVC-"):
        for line in lines.chain(table, chain.name) if table == "nat" else ():
            found = _no_pod(line)
            if found:
                yield _Found(told=found, at=line.at)


def _no_pod(line: Line) -> str:
    found = _NO_POD.match(line.told) if line.target == "KUBE-MARK-MASQ" else None
    return "" if found is None else found[1]
