"""What stands before Istio's rules, or keeps packets from them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.knowledge import catalogue
from iptsim.lint.finding import At, Finding, Kind, Other
from iptsim.mistakes.proxied import facts_of
from iptsim.mistakes.rule_lines import Line, Lines, at_chain
from iptsim.mistakes.shown_packets import TCP, UDP, Asking, Shown
from iptsim.regex import regex
from iptsim.values import format_address

_ISTIO = ("istio", "istio-ambient", "istio-cni")
_OF_OTHERS = regex(r"(?:KUBE-|DOCKER|CNI-|cali-|CILIUM|WEAVE|FLANNEL|LIBVIRT).*")
_LEADS_ON = frozenset({"ISTIO_IN_REDIRECT", "ISTIO_TPROXY", "ISTIO_DIVERT", "REDIRECT"})
_NODE_DNS = regex(r"-d (169\.254\.\d+\.\d+)/32 .*--dport 53 .*(?:--notrack|-j NOTRACK)")
_PORT = regex(r".*--dport (\d+)\b.*")


def others_first(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """Rules of another system that packets meet before Istio's, and that take some."""
    for hook in ("PREROUTING", "OUTPUT"):
        own = lines.first("nat", hook, r"-j ISTIO_(?!OUTPUT_DNS)")
        if own is None:
            continue
        before = [one for one in lines.chain("nat", hook) if _number(one) < _number(own)]
        for line in before:
            if _OF_OTHERS.fullmatch(line.target):
                shown = _taken(lines, line, asking, hook)
                yield _before(line, own, shown, line.target)
    yield from _node_dns(lines)


def _number(line: Line) -> int:
    return line.at.rule or 0


def _before(line: Line, own: Line, shown: Shown | None, name: str) -> Finding:
    return Finding(
        kind=Kind.MESH_OTHERS_FIRST,
        at=line.at,
        others=(Other(at=own.at, deed="jump"),),
        facts=facts_of(shown, ("name", name)),
        example=None if shown is None else shown.packet,
        hook="" if shown is None else shown.hook,
    )


def _taken(lines: Lines, line: Line, asking: Asking, hook: str) -> Shown | None:
    """A packet that the chain which the rule leads to translates."""
    for one in lines.chain("nat", line.target):
        header, port = one.rule.header, _PORT.fullmatch(one.told)
        if header.dst is None or "dst" in header.not_ or port is None:
            continue
        dst = format_address(header.dst.value, lines.ruleset.width)
        proto = header.proto if header.proto in (TCP, UDP) else TCP
        packet = asking.packet(dst=dst, dport=int(port[1]), proto=proto or TCP)
        if hook == "PREROUTING":
            packet = packet.with_(out=None, in_="eth0")
        shown = asking.ask(packet, hook)
        if shown is not None and shown.fate.startswith("DNAT"):
            return shown
    return None


def _node_dns(lines: Lines) -> Iterator[Finding]:
    """NodeLocal DNS leaves its packets untracked, so nat and its DNS capture never see them."""
    own = lines.first("nat", "ISTIO_OUTPUT", r"15053") or lines.first("nat", "OUTPUT", r"15053")
    own = own or lines.first("nat", "ISTIO_OUTPUT_DNS", r"15053")
    for hook in ("PREROUTING", "OUTPUT") if own is not None else ():
        for line in lines.chain("raw", hook):
            if own is not None and _NODE_DNS.search(line.told):
                yield _before(line, own, None, "NodeLocal DNS")
                return


def nothing_jumps(lines: Lines, asking: Asking) -> Iterator[Finding]:
    """Chains with rules to which no rule leads."""
    for table, hook, name in (
        ("nat", "PREROUTING", "ISTIO_INBOUND"), ("mangle", "PREROUTING", "ISTIO_INBOUND"),
        ("nat", "OUTPUT", "ISTIO_OUTPUT"), ("nat", "PREROUTING", "ISTIO_PRERT"),
    ):  # fmt: skip
        rules = lines.chain(table, name)
        idle = name == "ISTIO_INBOUND" and not any(one.target in _LEADS_ON for one in rules)
        if not rules or idle or not lines.tells(table, hook) or lines.leading(table, name):
            continue
        shown = asking.leaves() if hook == "OUTPUT" else asking.arrives(8080)
        chain = next(c for t, c in lines.chains(name) if t == table and c.name == name)
        facts = facts_of(shown, ("hook", hook), ("rules", str(len(rules))))
        yield Finding(
            kind=Kind.MESH_NOTHING_JUMPS, at=at_chain(lines, table, chain), facts=facts,
            example=None if shown is None else shown.packet,
            hook="" if shown is None else shown.hook,
        )  # fmt: skip


def unknown_chains(lines: Lines) -> Iterator[Finding]:
    """Chains of Istio that the versions known here do not make."""
    for table, chain in lines.chains("ISTIO_"):
        if catalogue.chain(chain.name, _ISTIO) is None:
            facts = (("rules", str(len(chain.rules))),)
            yield Finding(
                kind=Kind.MESH_UNKNOWN_CHAIN, at=at_chain(lines, table, chain), facts=facts
            )


def two_back_ends(lines: Lines) -> Iterator[Finding]:
    """Rules in nf_tables and in the older tables at once: a packet meets both."""
    other = next((one for one in lines.ruleset.beside if one in ("legacy", "nft")), None)
    kinds = {table.nft for table in lines.ruleset.tables if table.chains}
    if other is None and {True, False} <= kinds:
        other = "legacy"
    if other is None or not lines.has("ISTIO_"):
        return
    table, chain = next(lines.chains("ISTIO_"))
    at: At = at_chain(lines, table, chain)
    yield Finding(kind=Kind.MESH_TWO_BACK_ENDS, at=at, facts=(("other", other),))
