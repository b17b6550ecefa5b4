"""Where the kernel and iptables take a match or target, as far as a rule set must heed it.

The kernel's sources say it in `.hooks`, `.table` and `checkentry` of each net/netfilter/xt_*.c.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

_ARRIVING = frozenset({"PREROUTING", "INPUT", "FORWARD"})
_LEAVING = frozenset({"FORWARD", "OUTPUT", "POSTROUTING"})
_SENT = frozenset({"OUTPUT", "POSTROUTING"})
_LOCAL = frozenset({"INPUT", "FORWARD", "OUTPUT"})
_FIRST = frozenset({"PREROUTING", "OUTPUT"})
_LAST = frozenset({"INPUT", "POSTROUTING"})
_ROUTED = frozenset({"INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule shall stand: its table, every hook that can reach its chain, its -p."""

    table: str
    hooks: frozenset[str]
    proto: str
    family: int


# By name, or by name and option.
_HOOKS: Mapping[str | tuple[str, str], frozenset[str]] = {
    "owner": _SENT, "mac": _ARRIVING, "eui64": _ARRIVING, "osf": _ARRIVING,
    "rpfilter": frozenset({"PREROUTING"}), "socket": frozenset({"PREROUTING", "INPUT"}),
    "realm": _ROUTED,
    ("addrtype", "--limit-iface-in"): _ARRIVING, ("addrtype", "--limit-iface-out"): _LEAVING,
    ("devgroup", "--src-group"): _ARRIVING, ("devgroup", "--dst-group"): _LEAVING,
    ("physdev", "--physdev-out"): _ARRIVING | {"POSTROUTING"},
    ("physdev", "--physdev-is-out"): _ARRIVING | {"POSTROUTING"},
    "CLASSIFY": _LEAVING, "CT": _FIRST, "NOTRACK": _FIRST, "DNAT": _FIRST, "REDIRECT": _FIRST,
    "SNAT": _LAST, "MASQUERADE": frozenset({"POSTROUTING"}), "REJECT": _LOCAL,
    "TPROXY": frozenset({"PREROUTING"}), ("TCPMSS", "--clamp-mss-to-pmtu"): _LEAVING,
    "DNPT": _FIRST, "SNPT": _LAST, ("SET", "--map-prio"): _LEAVING,
}  # fmt: skip
_TABLES: Mapping[str | tuple[str, str], tuple[str, ...]] = {
    "rpfilter": ("raw", "mangle"),
    "CT": ("raw",),
    "NOTRACK": ("raw",),
    "REJECT": ("filter",),
    "TPROXY": ("mangle",),
    # The legacy build takes it in raw alone (xt_TRACE.c, .table).
    "TRACE": ("raw",),
    **dict.fromkeys(("DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"), ("nat",)),
    **dict.fromkeys(
        ("CHECKSUM", "DSCP", "TOS", "TTL", "HL", "ECN", "DNPT", "SNPT", "TCPOPTSTRIP"), ("mangle",)
    ),
    ("SET", "--map-set"): ("mangle",),
    "CONNSECMARK": ("mangle", "security"),
}
_PORTED = ("tcp", "udp", "sctp", "dccp")
_PROTOCOLS: Mapping[str | tuple[str, str], tuple[str, ...]] = {
    **{name: (name,) for name in ("tcp", "udp", "sctp", "dccp", "icmp")},
    "multiport": (*_PORTED, "udplite"), "ah": ("ah",), "esp": ("esp",), "ipcomp": ("ipcomp",),
    "mh": ("mobility-header",), "icmp6": ("ipv6-icmp",),
    **dict.fromkeys(("tcpmss", "osf", "TCPMSS", "TCPOPTSTRIP"), ("tcp",)),
    ("ecn", "--ecn-tcp-ece"): ("tcp",), ("ecn", "--ecn-tcp-cwr"): ("tcp",),
    ("ECN", "--ecn-tcp-remove"): ("tcp",), ("ECN", "--ecn-tcp-ece"): ("tcp",),
    ("ECN", "--ecn-tcp-cwr"): ("tcp",), "TPROXY": ("tcp",),
    ("MASQUERADE", "--to-ports"): _PORTED, ("REDIRECT", "--to-ports"): _PORTED,
    ("HMARK", "--hmark-sport"): (), ("HMARK", "--hmark-dport"): (),
}  # fmt: skip


def fits(name: str, options: Collection[str], spot: Spot) -> bool:
    """Whether a match or target of that name with those options may stand at `spot`."""
    keys: list[str | tuple[str, str]] = [name, *((name, option) for option in options)]
    for key in keys:
        if not spot.hooks <= _HOOKS.get(key, spot.hooks):
            return False
        if spot.table not in _TABLES.get(key, (spot.table,)):
            return False
        if spot.proto not in _PROTOCOLS.get(key, (spot.proto,)):
            return False
    return True


NOT_HERE: Mapping[str, str] = {
    "cgroup": "asks for a control group of the host",
    "connlabel": "needs /etc/xtables/connlabel.conf",
    "helper": "no helper module is loaded",
    "ipvs": "no such match in this kernel",
    "nfacct": "needs an accounting object",
    "rateest": "needs an estimator, which lives on between packets",
    "udplite": "iptables 1.8.9 has no such match",
    "AUDIT": "writes to the audit log of the machine",
    "CLUSTERIP": "gone from this kernel",
    "IDLETIMER": "makes timers in /sys, outside of any namespace",
    "LED": "no such target in this kernel",
    "RATEEST": "makes estimators that live on between packets",
    "SECMARK": "needs a security module",
    "SYNPROXY": "answers in the packet's place and swallows it",
    "TEE": "sends a copy that looks like the packet itself",
    "ULOG": "gone from this kernel",
}
"""What no random rule has, and why."""
