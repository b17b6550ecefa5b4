"""Rules of arptables and ebtables, which look like iptables' own and are not of IPv4 nor of IPv6.

Sources: arptables-nft(8), ebtables-nft(8); iptables/nft-arp.c and nft-bridge.c print them.
"""

from __future__ import annotations

import re

from iptsim.dialects.parts import BUILTINS, Section
from iptsim.dialects.signs.hints import SURE
from iptsim.regex import regex

_EBTABLES = regex(
    r"^\s*\*broute\s*$|^\s*:BROUTING\s|\s-p (?:IPv4|802_1Q|LENGTH|ARP)\b"
    r"|\s--(?:ip6?-(?:src|dst|source|destination|proto|protocol|tos|sport|dport|tclass|icmp6?-type)"
    r"|logical-(?:in|out)|among-(?:src|dst)(?:-file)?|arp-[\w-]+|vlan-(?:id|prio|encap)|pkttype-type"
    r"|stp-[\w-]+|802_3-(?:sap|type)|redirect-target|(?:snat|dnat|mark|arpreply)-target"
    r"|to-(?:src|dst)|arpreply-mac)(?=\s|$)",
    re.MULTILINE,
)
_ARPTABLES = regex(
    r"\s--(?:opcode|h-length|h-type|proto-type|(?:source|destination)-mac|(?:src|dst)-mac"
    r"|mangle-(?:ip|mac|hw)-[sd]|mangle-target)(?=\s|$)"
)
_TARGET_FIRST = regex(r"^\s*-j \S+(?:\s+(?:-[iosdp]|--[\w-]+)\s|\s*$)", re.MULTILINE)
_TITLE = regex(r"^\s*(?:num\s+)?(?:pkts\s+bytes\s+)?target\s+prot\s", re.MULTILINE)
_SHOWN = 256
"""So many lines of a section show whose it is."""
_CHAIN = regex(r"^\s*:(\S+)[ \t]+([A-Z]+|-)(?:[ \t]+(\[\d+:\d+\]))?[ \t\r]*$", re.MULTILINE)
_COMMIT = regex(r"^\s*COMMIT\s*$", re.MULTILINE)
_BRIDGE = regex(r"\s*Bridge (?:table|chain): \S+")


def other_program(section: Section) -> str | None:
    """«arptables» or «ebtables» where the lines are of these, else None."""
    if section.other is not None:
        return section.other
    if section.by == SURE and section.family is not None:
        return None
    lines = (*section.lines[:_SHOWN], *section.lines[_SHOWN:][-1:])
    text = "\n".join(line.text for line in lines)
    if section.form == "listing":
        listed = _TITLE.search(text) is None and _TARGET_FIRST.search(text) is not None
        return "arptables" if listed else None
    if section.form != "save":
        return None
    if _EBTABLES.search(text) or _is_bare_save(text):
        return "ebtables"
    return "arptables" if _ARPTABLES.search(text) else None


def _is_bare_save(text: str) -> bool:
    """Policies of user chains, nowhere a counter nor a COMMIT: iptables writes no such save."""
    chains = _CHAIN.findall(text)
    policies = any(policy != "-" for name, policy, _ in chains if name not in BUILTINS)
    counted = any(counters for _, _, counters in chains)
    return policies and not counted and _COMMIT.search(text) is None


def is_bridge_listing(text: str) -> bool:
    """Whether a line is a header of `ebtables -L`."""
    return _BRIDGE.match(text) is not None
