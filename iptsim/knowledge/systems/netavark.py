"""podman's networks by netavark.

Sources: containers/netavark, src/firewall/{iptables,nft}.rs, src/firewall/varktables/types.rs, read at v1.0.0 to v2.1.0
(iptables up to v1.17, nftables from v1.10 on); the rules that netavark 1.4.0 made (fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="netavark",
    title="podman (netavark)",
    signs=(
        Sign(chain=r"NETAVARK(?:[-_].+)"),
        Sign(chain=r"NETAVARK[-_].+", table=r"nat|filter", until="1.17", dates=True),
        Sign(chain=r"NETAVARK_ISOLATION_1", since="1.4", dates=True),
        Sign(chain=r"NETAVARK_ISOLATION_3", since="1.7", dates=True),
        Sign(chain=r"NETAVARK_INPUT", since="1.8", dates=True),
        Sign(chain=r"FORWARD", rule=r'"netavark firewall plugin rules"', until="1.7", dates=True),
        Sign(chain=r".+", table=r"inet netavark", since="1.10"),
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
        "NETAVARK-ISOLATION-*": (
            "The NETAVARK-ISOLATION chains keep podman's isolated networks from each other.",
            "NETAVARK-ISOLATION 链把 podman 的隔离网络彼此隔开。",
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
        Purpose(
            chain=r"NETAVARK-[0-9A-F]+",
            rule=r"^-d (?P<net>\S+) -j ACCEPT",
            said=(
                "What stays in the network ({net}) keeps its address.",
                "留在网络（{net}）内的包保留源地址。",
            ),
        ),
        Purpose(
            chain=r"NETAVARK_FORWARD",
            rule=r"^-d (?P<net>\S+) .*--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=(
                "Answers to what containers of {net} began come back.",
                "放行 {net} 的容器所发起连接的应答。",
            ),
        ),
        Purpose(
            chain=r"NETAVARK_FORWARD",
            rule=r"^-s (?P<net>\S+) -j ACCEPT",
            said=("What containers of {net} send may pass.", "放行 {net} 的容器发出的包。"),
        ),
        Purpose(
            chain=r"NETAVARK_FORWARD",
            rule=r"--ctstate INVALID -j DROP",
            said=(
                "Packets of no connection don't pass, for they would leave untranslated.",
                "不属于任何连接的包不得通过，否则会不经转换地离开。",
            ),
        ),
        Purpose(
            chain=r"NETAVARK-DN-.+",
            rule=r"^-s (?P<net>\S+) .*-j NETAVARK-HOSTPORT-SETMARK",
            said=(
                "{net} calling a published port: it gets this host's address, else no answer would come back.",
                "{net} 访问发布的端口：换成本机源地址，否则收不到应答。",
            ),
        ),
    ),
    keeper=Keeper(name="netavark", chains=r"NETAVARK[-_].+"),
)
