"""podman's networks by netavark.

Sources: containers/netavark, src/firewall/varktables/types.rs and src/firewall/iptables.rs.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="netavark",
    title="podman (netavark)",
    signs=(
        Sign(chain=r"NETAVARK(?:[-_].+)"),
        Sign(chain=r".+", table=r"inet netavark"),
    ),
    chains={
        "NETAVARK_FORWARD": (
            "NETAVARK_FORWARD lets packets from and to podman's networks pass.",
            "NETAVARK_FORWARD 放行进出 podman 网络的包。",
        ),
        "NETAVARK_INPUT": (
            "NETAVARK_INPUT lets containers ask the resolver of their network.",
            "NETAVARK_INPUT 让容器访问其网络的 DNS 服务。",
        ),
        "NETAVARK_ISOLATION_*": (
            "The NETAVARK_ISOLATION chains keep podman's isolated networks from each other.",
            "NETAVARK_ISOLATION 链把 podman 的隔离网络彼此隔开。",
        ),
        "NETAVARK-HOSTPORT-DNAT": (
            "NETAVARK-HOSTPORT-DNAT is where published ports are looked for.",
            "NETAVARK-HOSTPORT-DNAT 查找已发布的端口。",
        ),
        "NETAVARK-HOSTPORT-SETMARK": (
            "NETAVARK-HOSTPORT-SETMARK marks connections that are to get this host's address.",
            "NETAVARK-HOSTPORT-SETMARK 给要换成本机源地址的连接打标记。",
        ),
        "NETAVARK-HOSTPORT-MASQ": (
            "NETAVARK-HOSTPORT-MASQ gives marked connections this host's address.",
            "NETAVARK-HOSTPORT-MASQ 把带标记的连接换成本机源地址。",
        ),
        "NETAVARK-DN-*": (
            "A NETAVARK-DN chain sends the published ports of one network to their containers.",
            "NETAVARK-DN 链把一个网络发布的端口转到对应容器。",
        ),
        "NETAVARK-*": (
            "A chain of this name gives what one network's containers send out this host's address.",
            "这样命名的链把一个网络的容器外发流量换成本机源地址。",
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
            chain=r"NETAVARK-DN-.+",
            rule=r"--dport (?P<port>\S+) -j DNAT --to-destination (?P<to>\S+)",
            said=(
                "Published port {port} leads to the container at {to}.",
                "发布的端口 {port} 通向容器 {to}。",
            ),
        ),
        Purpose(
            chain=r"NETAVARK-[0-9A-F]+",
            rule=r"-j MASQUERADE",
            said=(
                "Containers reach the outside with this host's address.",
                "容器以本机地址访问外部。",
            ),
        ),
    ),
    keeper=Keeper(name="netavark", chains=r"NETAVARK[-_].+"),
)
