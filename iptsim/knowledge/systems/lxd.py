"""LXD and Incus: bridges, forwards and ACLs by xtables.

Sources: canonical/lxd, lxd/firewall/drivers/drivers_{xtables,nftables}.go at lxd-6.9; lxc/incus,
internal/server/firewall/drivers at v0.7.0 to v7.3.0 (its xtables driver went with 7.0, nftables is left). The rules of
xtables have comments «generated for LXD network lxdbr0».
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
        Sign(chain=r".+", table=r"(?:inet|ip|ip6|bridge) (?:lxd|incus)"),
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
        "fwd.*": (
            "A fwd chain lets what one network's instances send and get pass.",
            "fwd 链放行一个网络的实例收发的转发包。",
        ),
        "in.*": (
            "An in chain lets one network's instances get addresses and names from this host (DHCP, DNS).",
            "in 链允许一个网络的实例向本机请求地址与域名（DHCP、DNS）。",
        ),
        "out.*": (
            "An out chain lets this host answer one network's instances (DHCP, DNS).",
            "out 链让本机应答一个网络的实例（DHCP、DNS）。",
        ),
        "pstrt.*": (
            "A pstrt chain gives what one network's instances send out this host's address.",
            "pstrt 链把一个网络的实例外发的包换成本机源地址。",
        ),
        "acl.*": (
            "An acl chain holds the rules of a network's ACLs.",
            "acl 链是一个网络的 ACL 规则。",
        ),
        "aclin.*": (
            "An aclin chain leads what instances send to this host to their network's ACLs.",
            "aclin 链把实例发往本机的包引向所属网络的 ACL。",
        ),
        "aclout.*": (
            "An aclout chain leads what this host sends to instances to their network's ACLs.",
            "aclout 链把本机发往实例的包引向所属网络的 ACL。",
        ),
        "aclfwd.*": (
            "An aclfwd chain leads what instances send and get through this host to their network's ACLs.",
            "aclfwd 链把经本机转发的实例流量引向所属网络的 ACL。",
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
            chain=r"POSTROUTING",
            rule=_NOTE + r".*-j CHECKSUM",
            said=(
                "{who}: fills in checksums of DHCP answers, which some old clients insist on.",
                "{who}：填写 DHCP 应答的校验和，兼容部分老客户端。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING|OUTPUT",
            rule=_NOTE + r".*-j DNAT --to-destination (?P<to>\S+)",
            said=(
                "{who}: connections go to {to} for the {what} {name} (forward or proxy).",
                "{who}：为 {what} {name} 把连接送往 {to}（转发或代理）。",
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
