"""The CNI plugins portmap, firewall and bridge (ipMasq).

Sources: containernetworking/plugins, plugins/meta/portmap/portmap.go, plugins/meta/firewall/iptables.go,
pkg/ip/ipmasq_iptables_linux.go, pkg/utils/utils.go.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="cni",
    title="CNI plugins",
    signs=(
        Sign(
            chain=r"CNI-(?:HOSTPORT-.+|DN-.+|SN-.+|FORWARD|ADMIN|ISOLATION-STAGE-[12]|[0-9a-f]{24})"
        ),
    ),
    chains={
        "CNI-HOSTPORT-DNAT": (
            "CNI-HOSTPORT-DNAT is where host ports (hostPort) are looked for.",
            "CNI-HOSTPORT-DNAT 查找主机端口（hostPort）。",
        ),
        "CNI-HOSTPORT-SETMARK": (
            "CNI-HOSTPORT-SETMARK marks connections that are to get this host's address.",
            "CNI-HOSTPORT-SETMARK 给要换成本机源地址的连接打标记。",
        ),
        "CNI-HOSTPORT-MASQ": (
            "CNI-HOSTPORT-MASQ gives marked connections this host's address.",
            "CNI-HOSTPORT-MASQ 把带标记的连接换成本机源地址。",
        ),
        "CNI-HOSTPORT-SNAT": (
            "CNI-HOSTPORT-SNAT gives connections to own host ports this host's address.",
            "CNI-HOSTPORT-SNAT 把访问自身主机端口的连接换成本机源地址。",
        ),
        "CNI-DN-*": (
            "A CNI-DN chain sends the host ports of one container to it.",
            "CNI-DN 链把一个容器的主机端口转到该容器。",
        ),
        "CNI-SN-*": (
            "A CNI-SN chain holds the source translation for one container's host ports.",
            "CNI-SN 链是一个容器主机端口的源地址转换。",
        ),
        "CNI-FORWARD": (
            "CNI-FORWARD lets packets from and to containers pass.",
            "CNI-FORWARD 放行进出容器的包。",
        ),
        "CNI-ADMIN": (
            "CNI-ADMIN is left to the administrator: it is asked before the plugins' own rules.",
            "CNI-ADMIN 留给管理员使用，先于插件自己的规则。",
        ),
        "CNI-ISOLATION-STAGE-1": (
            "CNI-ISOLATION-STAGE-1 finds packets that leave one of the bridges.",
            "CNI-ISOLATION-STAGE-1 找出离开某个网桥的包。",
        ),
        "CNI-ISOLATION-STAGE-2": (
            "CNI-ISOLATION-STAGE-2 drops what would pass into another bridge.",
            "CNI-ISOLATION-STAGE-2 丢弃要进入另一个网桥的包。",
        ),
        "CNI-*": (
            "A chain of this name translates the source of one container (ipMasq).",
            "这样命名的链为一个容器转换源地址（ipMasq）。",
        ),
    },
    marks={
        "0x2000/0x2000": (
            "Mark 0x2000 is on connections that are to get this host's address.",
            "标记 0x2000 表示要换成本机源地址的连接。",
        )
    },
    rules=(
        Purpose(
            chain=r"CNI-DN-.+",
            rule=r"--dport (?P<port>\d+) -j DNAT --to-destination (?P<to>\S+)",
            said=(
                "Host port {port} leads to the container at {to}.",
                "主机端口 {port} 通向容器 {to}。",
            ),
        ),
        Purpose(
            chain=r"CNI-DN-.+",
            rule=r"-j (?:CNI-HOSTPORT-SETMARK|KUBE-MARK-MASQ)",
            said=(
                "The container, or this host by loopback, calling the host port: it gets this host's address, else no answer would come back.",
                "容器自己或本机经环回访问主机端口：换成本机源地址，否则收不到应答。",
            ),
        ),
        Purpose(
            chain=r"CNI-[0-9a-f]{24}",
            rule=r"-j MASQUERADE",
            said=(
                "What the container sends to other networks gets this host's address.",
                "容器发往其他网络的包换成本机源地址。",
            ),
        ),
    ),
    keeper=Keeper(name="cni", chains=r"CNI-.+"),
)
