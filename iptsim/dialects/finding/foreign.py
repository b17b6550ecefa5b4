"""Texts that tell of a firewall and are no dump of iptables: whose they are, and what to send.

Each sign is a name, what it shows at the head of a text, and the code of its sentence: what
iptables carries out in the end can be had from iptables-save; what never comes to iptables cannot.
"""

from __future__ import annotations

import re

from iptsim import codes
from iptsim.dataclass import dataclass

BY_IPTABLES, NEVER = codes.FOREIGN_TEXT, codes.FOREIGN_SYSTEM
"""Codes: the rules are iptables' own in the end, or are of something else altogether."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a text is: the name as it is shown, the pattern over its head, the sentence's code."""

    name: str
    shows: re.Pattern[str]
    code: str = BY_IPTABLES

    @property
    def why(self) -> str:
        """What the text is and what to send instead."""
        if self.code == NEVER:
            return (
                f"this is a text of {self.name}, which is not carried out by iptables; "
                "send what `sudo iptables-save` prints on a Linux host"
            )
        return (
            f"this is a text of {self.name}, from which the rules of iptables do not follow; "
            "send what `sudo iptables-save` prints on that host"
        )


def _sign(name: str, shows: str, code: str = BY_IPTABLES) -> Sign:
    return Sign(name=name, shows=re.compile(shows, re.MULTILINE), code=code)


_PROMPT = r"^[^\S\n]*(?:[>»] ?)*(?:[\w.@:~/\[\] -]{0,80}[#$>%]\s+)?(?:sudo\s+)?"

SIGNS = (
    _sign("LuCI (OpenWrt)", r"\bLuCI\b|/luci\b|luci-static|^\s*(?:\S+ )?Chain \S+ \(Policy: "),
    _sign(
        "ufw",
        r"^Status: (?:in)?active\s*$|" + _PROMPT + r"ufw (?:--\S+ )?(?:(?:default )?(?:allow|deny"
        r"|reject|limit)|route|delete|insert|enable|status|show)\b|^To\s+Action\s+From\s*$",
    ),
    _sign(
        "firewalld (`firewall-cmd`)",
        _PROMPT + r"firewall-cmd\s+--|^\s*icmp-block-inversion:|^\s*rich rules:\s*$",
    ),
    _sign(
        "uci (OpenWrt, /etc/config/firewall)",
        r"^\s*config (?:defaults|zone|rule|redirect|forwarding)\b[^\n]*\n\s*option \w+ "
        r"|^firewall\.(?:@\w+\[-?\d+\]|\w+)(?:\.\w+)?=",
    ),
    _sign(
        "Shorewall",
        r"(?i:shorewall)|^#ACTION\s+SOURCE\s+DEST\b|^\?SECTION \w+"
        r"|^(?:\w+\()?(?:ACCEPT|DROP|REJECT|DNAT)\)?\s+(?:net|loc|dmz|fw|all|\$FW)(?::\S+)?\s+"
        r"(?:net|loc|dmz|fw|all|\$FW)\b",
    ),
    _sign("Puppet (puppetlabs-firewall)", r"^\s*firewall(?:chain)?\s*\{\s*(?:['\"]|$)"),
    _sign(
        "Ansible (`iptables:`)",
        r"^\s*(?:-\s+)?(?:ansible\.builtin\.)?iptables:\s*(?:\w+=|$|\n)",
    ),
    _sign("Chef", r"^\s*(?:iptables_rule|firewall_rule)s?\s+['\"]"),
    _sign("Terraform", r"^\s*resource\s+\"\w+\"\s+\"[^\"]*\"\s*\{"),
    _sign(
        "source code (Go, Python)",
        r"[\[({,]\s*[\"'](?:/[^\"'\s]*/)?ip6?tables(?:-\w+)?[\"']\s*[,)\]]"
        r"|\.(?:Append|Insert|Delete|AppendUnique|InsertUnique|NewChain|ClearChain)\(\s*"
        r"\"(?:filter|nat|mangle|raw)\"",
    ),
    _sign("Kubernetes (NetworkPolicy)", r"^\s*kind:\s*['\"]?\w*NetworkPolicy\b"),
    _sign(
        "pf (BSD, macOS)",
        _PROMPT + r"pfctl\b|^(?:pass|block)(?: (?:drop|return))? (?:in|out|quick|all|log)\b"
        r"|^(?:scrub|nat|rdr)(?:-anchor|-pass)? (?:in|on|all|\")|^anchor \"",
        NEVER,
    ),
    _sign(
        "Windows (`netsh advfirewall`)",
        r"(?i)netsh\s+advfirewall|^(?:Domain|Private|Public) Profile Settings:|^Rule Name:\s+\S"
        r"|New-NetFirewallRule|Get-NetFirewallRule",
        NEVER,
    ),
    _sign(
        "Cisco (access-list)",
        r"^\s*(?:(?:ip|ipv6) )?access-list (?:(?:standard|extended) )?\S+"
        r"|^\s*(?:Extended|Standard) IP access list \S+"
        r"|^\s*\d+ (?:permit|deny) (?:ip|tcp|udp|icmp) (?:any|host|\d)",
        NEVER,
    ),
)
"""In this order: a shell of a router may show several."""


def foreign(head: str) -> Sign | None:
    """What the beginning of a text is that holds no dump."""
    return next((sign for sign in SIGNS if sign.shows.search(head)), None)
