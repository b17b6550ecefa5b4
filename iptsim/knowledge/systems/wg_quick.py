"""wg-quick, which brings WireGuard interfaces up.

Sources: WireGuard/wireguard-tools, src/wg-quick/linux.bash (add_default) at v1.0.20260223: nftables where nft is
installed, iptables else; the rules that v1.0.20210914 made (fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

_NOTE = r'--comment "?wg-quick\(8\) rule for (?P<by>[^" ]+)'
_ALL = r"PREROUTING|POSTROUTING"

SYSTEM = System(
    name="wg-quick",
    title="wg-quick",
    signs=(
        Sign(chain=_ALL, rule=_NOTE),
        Sign(chain=r".+", table=r"ip6? wg-quick-.+"),
    ),
    chains={
        "preraw": (
            "preraw drops what reaches for the tunnel's own address by another interface.",
            "preraw 丢弃从其他接口访问隧道自身地址的包。",
        ),
        "premangle": (
            "premangle gives packets of WireGuard's connections their mark again.",
            "premangle 给 WireGuard 连接的包恢复标记。",
        ),
        "postmangle": (
            "postmangle keeps WireGuard's mark with its connection.",
            "postmangle 把 WireGuard 的标记保存到连接。",
        ),
    },
    marks={
        "0xca6c": (
            "Mark 0xca6c (51820) is on WireGuard's own packets, which don't go through the tunnel.",
            "标记 0xca6c（51820）表示 WireGuard 自身的包，不走隧道。",
        )
    },
    rules=(
        Purpose(
            chain=r"PREROUTING",
            rule=r"-m addrtype ! --src-type LOCAL .*" + _NOTE + r".*-j DROP",
            said=(
                "Nobody reaches the tunnel's own address but by {by} itself.",
                "除 {by} 之外，不允许直接访问隧道自身的地址。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING",
            rule=r"^! -i (?P<own>\S+) .*wg-quick\(8\) rule for (?P<by>[^\" ]+).*-j DROP",
            said=(
                "Nobody reaches the tunnel's own address but by {by} itself.",
                "除 {by} 之外，不允许直接访问隧道自身的地址。",
            ),
        ),
        Purpose(
            chain=_ALL,
            rule=_NOTE + r".*-j CONNMARK",
            said=(
                "Keeps WireGuard's mark with its connection, so that answers pass the reverse path check.",
                "把 WireGuard 的标记保存到连接，使应答通过反向路径检查。",
            ),
        ),
    ),
)
