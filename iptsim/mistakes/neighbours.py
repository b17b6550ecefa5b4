"""Mistakes of other systems that share a host: Docker and ufw, two networks of pods.

Sources: docs.docker.com, «Packet filtering and firewalls»; flannel-io/flannel,
pkg/trafficmngr/iptables/iptables.go; containernetworking/plugins, pkg/utils/utils.go (comments).
"""

from __future__ import annotations

from collections.abc import Iterator
from re import Pattern

from iptsim.lint.finding import At, Finding, Kind, Other
from iptsim.lint.finding_places import at_policy
from iptsim.mistakes.proxied import facts_of
from iptsim.mistakes.rule_lines import Line, Lines, at_chain
from iptsim.mistakes.shown_packets import FAR, Asking, Shown
from iptsim.regex import regex
from iptsim.values import format_address

_MASQUERADE = regex(
    r"-s (\S+/\d+) ! -o (\S+) .*?-?j MASQUERADE.*|-s (\S+/\d+) ! -o (\S+) -j MASQUERADE.*"
)
_DOCKERS = ("docker", "br-")
_DOCKER = ("DOCKER-USER", "DOCKER-FORWARD", "DOCKER")
_UFW = regex(r"ufw-(?:before-)?forward|ufw-before-forward|ufw-reject-forward")
_APART = (("CILIUM_", "cali-"), ("CILIUM_", "WEAVE"), ("CILIUM_", "FLANNEL"), ("WEAVE", "cali-"),
          ("WEAVE", "FLANNEL"), ("KUBE-ROUTER", "cali-"), ("KUBE-ROUTER", "FLANNEL"),
          ("AWS-SNAT", "FLANNEL"), ("AWS-SNAT", "WEAVE"), ("AWS-SNAT", "KUBE-ROUTER"))  # fmt: skip
"""Networks of pods of which a node has one. Calico's policies do go with flannel (Canal)."""
_FLANNELS = regex(r"^-s (\S+) ! -d (?:224\.0\.0\.0/4|ff00::/8) .*\"flanneld masq\"")
_CNIS = regex(r"name: \\?\"([\w.-]+)\\?\" id: ")
_NAMING = ("POSTROUTING", "FLANNEL-POSTRTG")


def before_ufw(lines: Lines) -> Iterator[Finding]:
    """Published ports come to Docker's chains before ufw's see them."""
    rules = lines.chain("filter", "FORWARD")
    docker = next((one for one in rules if one.target in _DOCKER), None)
    ufw = next((one for one in rules if _UFW.fullmatch(one.target)), None)
    published = [one for one in lines.chain("nat", "DOCKER") if one.target == "DNAT"]
    guarded = any(one.target not in ("", "RETURN") for one in lines.chain("filter", "DOCKER-USER"))
    if docker is None or ufw is None or not published or guarded:
        return
    if (docker.at.rule or 0) < (ufw.at.rule or 0):
        others = (Other(at=ufw.at, deed="jump"), Other(at=published[0].at, deed="rewrite"))
        yield Finding(kind=Kind.DOCKER_BEFORE_UFW, at=docker.at, others=others)


def dropped_forward(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """Docker's policy DROP of FORWARD meets the packets of another network of this host."""
    table = lines.ruleset.table("filter")
    chain = None if table is None else table.chain("FORWARD")
    if chain is None or chain.policy != "DROP" or not lines.has("DOCKER"):
        return
    for line in lines.chain("nat", "POSTROUTING"):
        shown = _forwarded(line, lines, asking)
        step = None if shown is None else shown.outcome.decided_by
        if shown is not None and step is not None and (step.chain, step.rule) == ("FORWARD", None):
            name = shown.packet.in_ or ""
            yield Finding(
                kind=Kind.DOCKER_DROPS_OTHERS, at=at_policy(lines.ruleset, "filter", chain),
                others=(Other(at=line.at, deed="rewrite"),), facts=facts_of(shown, ("name", name)),
                example=shown.packet, hook=shown.hook,
            )  # fmt: skip


def _forwarded(line: Line, lines: Lines, asking: Asking) -> Shown | None:
    """A packet out of a network that this host masquerades, where it is not Docker's."""
    header = line.rule.header
    if line.target != "MASQUERADE" or header.src is None or header.out is None:
        return None
    name = header.out.text
    if header.not_ != {"out"} or name.startswith(_DOCKERS) or name.endswith("+"):
        return None
    src = format_address(header.src.value + 2, lines.ruleset.width)
    packet = asking.packet(src=src, dst=FAR[lines.ruleset.family], dport=443)
    return asking.ask(packet.with_(in_=name, out=asking.name), "PREROUTING")


def leftover_cni(lines: Lines) -> Iterator[Finding]:
    """Chains of two networks of pods, or rules of one kind for two networks."""
    for one, other in _APART:
        if lines.has(one) and lines.has(other):
            table, chain = next((t, c) for t, c in lines.chains(one) if c.rules)
            table_2, chain_2 = next((t, c) for t, c in lines.chains(other) if c.rules)
            at, at_2 = at_chain(lines, table, chain), at_chain(lines, table_2, chain_2)
            yield _two_networks((one.rstrip("_-"), at), (other.rstrip("_-"), at_2))
    for pattern in (_FLANNELS, _CNIS):
        found = dict(reversed([*_named(lines, pattern)]))
        if len(found) > 1:
            first, second = [*reversed(found.items())][:2]
            yield _two_networks(first, second)


def _two_networks(one: tuple[str, At], other: tuple[str, At]) -> Finding:
    facts = (("one", one[0]), ("other", other[0]))
    others = (Other(at=other[1], deed="jump"),)
    return Finding(kind=Kind.TWO_CNIS, at=one[1], others=others, facts=facts)


def _named(lines: Lines, pattern: Pattern[str]) -> Iterator[tuple[str, At]]:
    """The networks that rules of nat name."""
    table = lines.ruleset.table("nat")
    for chain in () if table is None else table.chains:
        if chain.name in _NAMING or chain.name.startswith("CNI-"):
            for line in lines.chain("nat", chain.name):
                found = pattern.search(line.told)
                if found:
                    yield found[1], line.at
