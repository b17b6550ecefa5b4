"""Tailscale's netfilter rules.

Sources: tailscale/tailscale, util/linuxfw/{iptables_runner,nftables_runner,linuxfw}.go, tsconst (marks), net/tsaddr, read at
v1.40.0 to v1.102.3.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="tailscale",
    title="Tailscale",
    signs=(
        Sign(chain=r"ts-(?:input|forward|postrouting)"),
        Sign(
            chain=r"ts-forward",
            rule=r"^-o tailscale\d+ -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP",
            since="1.66",
            dates=True,
        ),
        Sign(chain=r"ts-input", rule=r"--dport \d+ -j ACCEPT", since="1.56", dates=True),
    ),
    chains={
        "ts-input": (
            "ts-input judges what comes to this host from the tailnet.",
            "ts-input 裁决从 tailnet 发往本机的包。",
        ),
        "ts-forward": (
            "ts-forward judges what passes from and to the tailnet (subnet routers, exit nodes).",
            "ts-forward 裁决进出 tailnet 的转发包（子网路由、出口节点）。",
        ),
        "ts-postrouting": (
            "ts-postrouting gives what the tailnet sends to subnets this host's address.",
            "ts-postrouting 把 tailnet 发往子网的包换成本机源地址。",
        ),
    },
    ports={
        41641: (
            "Port 41641 is where Tailscale's WireGuard listens.",
            "端口 41641 是 Tailscale 的 WireGuard 监听端口。",
        )
    },
    marks={
        "0x40000/0xff0000": (
            "Mark 0x40000 is on packets from the tailnet to a subnet.",
            "标记 0x40000 表示从 tailnet 去往子网的包。",
        ),
        "0x80000/0xff0000": (
            "Mark 0x80000 is on packets of Tailscale itself, which must not go through the tailnet.",
            "标记 0x80000 表示 Tailscale 自身的包，不得再进入 tailnet。",
        ),
    },
    rules=(
        Purpose(
            chain=r"ts-input|ts-forward",
            rule=r"100\.115\.92\.0/23 .*-j RETURN",
            said=(
                "ChromeOS's own network, which lies within Tailscale's.",
                "ChromeOS 自己的网段，位于 Tailscale 网段之内。",
            ),
        ),
        Purpose(
            chain=r"ts-input|ts-forward",
            rule=r"^-s 100\.64\.0\.0/10 .*-j DROP",
            said=(
                "An address of the tailnet (100.64.0.0/10) that doesn't come by its interface is spoofed; so is your provider's (CGNAT), if it uses these.",
                "不经 tailscale0 到来的 tailnet 地址（100.64.0.0/10）视为伪造；运营商使用该网段（CGNAT）时也会被丢弃。",
            ),
        ),
        Purpose(
            chain=r"ts-input",
            rule=r"^-i tailscale0 -j ACCEPT",
            said=(
                "What the tailnet's own policy let through is accepted.",
                "放行 tailnet 策略已允许的包。",
            ),
        ),
        Purpose(
            chain=r"ts-input",
            rule=r"-p udp .*--dport \d+ -j ACCEPT",
            said=("Tailscale's own WireGuard port.", "Tailscale 自己的 WireGuard 端口。"),
        ),
        Purpose(
            chain=r"ts-forward",
            rule=r"^-i tailscale0 -j MARK",
            said=(
                "Marks what the tailnet sends through this host.",
                "给 tailnet 经本机转发的包打标记。",
            ),
        ),
        Purpose(
            chain=r"ts-postrouting",
            rule=r"-j MASQUERADE",
            said=(
                "Subnets see this host's address, not the tailnet's (`--snat-subnet-routes`).",
                "子网看到的是本机地址而非 tailnet 地址（`--snat-subnet-routes`）。",
            ),
        ),
        Purpose(
            chain=r"ts-input",
            rule=r"^-s (?P<at>\S+?)(?:/32|/128)? -i lo -j ACCEPT",
            said=(
                "This host may reach its own address in the tailnet ({at}).",
                "本机可以访问自己的 tailnet 地址（{at}）。",
            ),
        ),
        Purpose(
            chain=r"ts-forward",
            rule=r"^-m mark --mark 0x40000/0xff0000 -j ACCEPT",
            said=(
                "What the tailnet sends to subnets behind this host may pass.",
                "放行 tailnet 发往本机身后子网的包。",
            ),
        ),
        Purpose(
            chain=r"ts-forward",
            rule=r"^-o (?P<by>\S+) -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP",
            said=(
                "Nobody behind this host begins connections into the tailnet (`--stateful-filtering`).",
                "本机身后的主机不能主动连入 tailnet（`--stateful-filtering`）。",
            ),
        ),
        Purpose(
            chain=r"ts-forward",
            rule=r"^-o (?P<by>\S+) -j ACCEPT",
            said=(
                "What goes into the tailnet by {by} may pass.",
                "放行经 {by} 进入 tailnet 的包。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING",
            rule=r"--restore-mark --nfmask 0xff0000",
            said=(
                "Packets of connections that Tailscale marked get its mark again.",
                "给 Tailscale 标记过的连接的包恢复标记。",
            ),
        ),
        Purpose(
            chain=r"OUTPUT",
            rule=r"--save-mark --nfmask 0xff0000",
            said=("Keeps Tailscale's mark with its connection.", "把 Tailscale 的标记保存到连接。"),
        ),
    ),
    keeper=Keeper(name="tailscale", chains=r"ts-(?:input|forward|postrouting)"),
)
