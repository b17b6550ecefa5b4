"""LXD and Incus: bridges, forwards and ACLs by xtables.

Sources: lxc/incus, internal/server/firewall/drivers/drivers_xtables.go; canonical/lxd,
lxd/firewall/drivers/drivers_xtables.go.
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

_NOTE = r'--comment "?generated for (?P<who>LXD|Incus) (?P<what>\S+) (?P<name>[^" ]+)'
_ALL = r"INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING"

SYSTEM = System(
    name="lxd",
    title="LXD/Incus",
    signs=(
        Sign(chain=_ALL, rule=r'--comment "?generated for (?:LXD|Incus) '),
        Sign(chain=r"(?:lxd|incus)_acl_.+"),
    ),
    chains={
        "lxd_acl_*": (
            "An lxd_acl chain holds the rules of a network's ACLs.",
            "lxd_acl 链是一个网络的 ACL 规则。",
        ),
        "incus_acl_*": (
            "An incus_acl chain holds the rules of a network's ACLs.",
            "incus_acl 链是一个网络的 ACL 规则。",
        ),
    },
    rules=(
        Purpose(
            chain=r"POSTROUTING",
            rule=_NOTE + r".*-j (?:MASQUERADE|SNAT)",
            said=(
                "{who}: instances of the {what} {name} reach the outside with this host's address.",
                "{who}：{what} {name} 的实例以本机地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"INPUT|OUTPUT",
            rule=_NOTE,
            said=(
                "{who}: instances of the {what} {name} get addresses and names from this host (DHCP, DNS).",
                "{who}：{what} {name} 的实例向本机请求地址与域名（DHCP、DNS）。",
            ),
        ),
        Purpose(
            chain=r"FORWARD",
            rule=_NOTE,
            said=(
                "{who}: what instances of the {what} {name} send and get may pass.",
                "{who}：{what} {name} 的实例收发的包可以经过本机。",
            ),
        ),
        Purpose(
            chain=_ALL,
            rule=_NOTE,
            said=("{who} wrote this for the {what} {name}.", "{who} 为 {what} {name} 写下此规则。"),
        ),
    ),
)
