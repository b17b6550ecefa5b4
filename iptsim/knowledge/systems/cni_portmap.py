"""The CNI plugins portmap, firewall and bridge (ipMasq).

Sources: containernetworking/plugins, plugins/meta/portmap/{portmap_iptables,portmap_nftables}.go,
plugins/meta/firewall/{iptables,ingresspolicy}.go, pkg/ip/ipmasq_{iptables,nftables}_linux.go, read at v0.6.0 to v1.9.1;
the rules that portmap and bridge of v1.1.1 made (fixtures/systems).
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
        Sign(chain=r"CNI-SN-.+", until="0.6", dates=True),
        Sign(chain=r"CNI-HOSTPORT-(?:SETMARK|MASQ)", since="0.7", dates=True),
        Sign(chain=r"CNI-(?:FORWARD|ADMIN)", since="0.8", dates=True),
        Sign(chain=r"CNI-ISOLATION-STAGE-[12]", since="1.1", dates=True),
        Sign(chain=r".+", table=r"ip6? cni_hostport|inet cni_plugins_masquerade", since="1.6"),
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
            "CNI-HOSTPORT-SNAT gives connections to host ports this host's address where they must come back by it (up to 0.6).",
            "CNI-HOSTPORT-SNAT 把必须经本机返回的主机端口连接换成本机源地址（0.6 及以前）。",
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
        "hostports": (
            "hostports sends host ports to their containers.",
            "hostports 把主机端口转到对应容器。",
        ),
        "hostip_hostports": (
            "hostip_hostports sends host ports of one address of this host to their containers.",
            "hostip_hostports 把本机某个地址上的主机端口转到对应容器。",
        ),
        "hostports_all": (
            "hostports_all is where host ports are looked for.",
            "hostports_all 查找主机端口。",
        ),
        "masquerading": (
            "masquerading gives connections to host ports this host's address where they must come back by it.",
            "masquerading 把必须经本机返回的主机端口连接换成本机源地址。",
        ),
        "masq_checks": (
            "masq_checks gives what containers send to other networks this host's address.",
            "masq_checks 把容器发往其他网络的包换成本机源地址。",
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
        Purpose(
            chain=r"CNI-[0-9a-f]{24}",
            rule=r"^-d (?P<net>\S+) .*-j ACCEPT",
            said=(
                "What stays in the container's own network ({net}) keeps its address.",
                "留在容器自己网络（{net}）内的包保留源地址。",
            ),
        ),
        Purpose(
            chain=r"CNI-FORWARD",
            rule=r"--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Answers to what the container began come back.", "放行容器所发起连接的应答。"),
        ),
        Purpose(
            chain=r"CNI-FORWARD",
            rule=r"^-s (?P<at>\S+?)(?:/32|/128)? .*-j ACCEPT",
            said=("What the container {at} sends may pass.", "放行容器 {at} 发出的包。"),
        ),
        Purpose(
            chain=r"CNI-ISOLATION-STAGE-2",
            rule=r"-j DROP",
            said=(
                "Nothing passes from one bridge into another.",
                "不允许从一个网桥进入另一个网桥。",
            ),
        ),
    ),
    keeper=Keeper(name="cni", chains=r"CNI-.+"),
)
