"""Istio's ambient mode: what istio-cni writes into a pod, and on the node, so that ztunnel sees it.

Sources: istio/istio, cni/pkg/iptables/iptables.go and its golden files (1.21 to 1.31.0-rc.0);
cni/pkg/ambient/constants and net_linux.go (1.18.0 to 1.20.8, on the node); istio/ztunnel (ports).
"""

from __future__ import annotations

from iptsim.knowledge.known import Limit, Purpose, Sign, System

_PROBE = r"169\.254\.7\.127/32|fd16:9254:7127:1337:f+:f+:f+:f+/128"

SYSTEM = System(
    name="istio-ambient",
    title="Istio ambient",
    signs=(
        Sign(chain=r"ISTIO_(?:PRERT|POSTRT)", since="1.21"),
        Sign(
            chain=r"ztunnel-(?:PREROUTING|POSTROUTING|INPUT|OUTPUT|FORWARD)",
            since="1.18",
            until="1.20",
        ),
        Sign(chain=r"ISTIO_OUTPUT", rule=r"--mark 0x(?:539|111)/0xfff", since="1.21"),
        Sign(chain=r"ISTIO_PRERT", rule=r"-j TPROXY ", since="1.21", until="1.22", dates=True),
        Sign(chain=r"ISTIO_PRERT", table="nat", rule=r"-j REDIRECT ", since="1.23", dates=True),
        Sign(chain=r"ISTIO_OUTPUT", table="raw", since="1.24", dates=True),
        Sign(chain=r".+", table=r"inet istio-ambient-(?:nat|mangle|raw)", since="1.28"),
    ),
    chains={
        "ISTIO_PRERT": (
            "ISTIO_PRERT is where ambient mode takes the packets that arrive in a pod.",
            "ambient 模式在 ISTIO_PRERT 里接管进入 Pod 的包。",
        ),
        "ISTIO_POSTRT": (
            "ISTIO_POSTRT lets the node's health probes pass into ambient pods.",
            "ISTIO_POSTRT 让节点的健康检查能进入 ambient 的 Pod。",
        ),
        "ISTIO_OUTPUT": (
            "ISTIO_OUTPUT is where ambient mode hands a pod's outgoing connections to ztunnel.",
            "ambient 模式在 ISTIO_OUTPUT 里把 Pod 的出站连接交给 ztunnel。",
        ),
        "ztunnel-*": (
            "The ztunnel chains marked traffic on the node for ztunnel, before ambient mode worked inside of pods (up to 1.20).",
            "ztunnel 链在节点上给要交给 ztunnel 的流量打标记（1.20 及以前，ambient 尚未在 Pod 内处理）。",
        ),
    },
    ports={
        15001: (
            "Port 15001 is where ztunnel listens for the pod's outgoing connections; {asked} reaches it as the original destination.",
            "端口 15001 是 ztunnel 监听 Pod 出站连接的端口；{asked}由 ztunnel 从原始目的地址取得。",
        ),
        15006: (
            "Port 15006 is where ztunnel listens for plain connections that arrive; {asked} reaches it as the original destination.",
            "端口 15006 是 ztunnel 监听入站明文连接的端口；{asked}由 ztunnel 从原始目的地址取得。",
        ),
        15008: (
            "Port 15008 is ztunnel's mutual TLS tunnel (HBONE).",
            "端口 15008 是 ztunnel 的双向 TLS 隧道（HBONE）。",
        ),
        15053: ("Port 15053 is ztunnel's DNS proxy.", "端口 15053 是 ztunnel 的 DNS 代理。"),
    },
    marks={
        "0x539/0xfff": (
            "Mark 0x539 is on packets of ztunnel itself.",
            "标记 0x539 表示 ztunnel 自己发出的包。",
        ),
        "0x111/0xfff": (
            "Mark 0x111 is on connections that ztunnel opened to the pod.",
            "标记 0x111 表示由 ztunnel 向 Pod 建立的连接。",
        ),
        "0x100/0x100": (
            "Mark 0x100 is on what pods of the mesh send: it is routed to ztunnel (up to 1.20).",
            "标记 0x100 表示网格内 Pod 发出、要路由到 ztunnel 的包（1.20 及以前）。",
        ),
        "0x200/0x200": (
            "Mark 0x200 is on packets that ztunnel must not get (up to 1.20).",
            "标记 0x200 表示不交给 ztunnel 的包（1.20 及以前）。",
        ),
        "0x210/0x210": (
            "Mark 0x210 is on connections that ztunnel opened with a pod's address (up to 1.20).",
            "标记 0x210 表示 ztunnel 以 Pod 地址建立的连接（1.20 及以前）。",
        ),
        "0x220/0x220": (
            "Mark 0x220 is on connections that ztunnel must not get, in both directions (up to 1.20).",
            "标记 0x220 表示双向都不交给 ztunnel 的连接（1.20 及以前）。",
        ),
        "0x40/0x40": (
            "Mark 0x40 is on answers that go back to ztunnel (up to 1.20).",
            "标记 0x40 表示要回到 ztunnel 的应答（1.20 及以前）。",
        ),
    },
    addresses={
        "169.254.7.127/32": (
            "169.254.7.127 is the source that the node's health probes get.",
            "169.254.7.127 是节点健康检查所用的源地址。",
        )
    },
    rules=(
        Purpose(
            chain=r"ISTIO_PRERT|ISTIO_OUTPUT",
            rule=rf"^-[sd] (?:{_PROBE}) .*-j ACCEPT",
            said=(
                "The node's health probes (169.254.7.127) go past ztunnel.",
                "节点的健康检查（169.254.7.127）不经过 ztunnel。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_PRERT",
            rule=r"(?:--to-ports|--on-port) 15006\b",
            said=(
                "Plain connections that arrive go to ztunnel (15006), except its own tunnel's.",
                "入站明文连接交给 ztunnel（15006），它自己的隧道除外。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_PRERT",
            rule=r"(?:--dport 15008) .*-j TPROXY",
            said=(
                "Tunnelled connections (HBONE) go to ztunnel.",
                "隧道连接（HBONE）交给 ztunnel。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_PRERT",
            rule=r"^-i (?P<by>\S+) .*--to-ports 15001",
            said=(
                "What arrives by {by} is a guest's outgoing traffic: ztunnel's outbound port gets it.",
                "从 {by} 进入的是虚拟机的出站流量，交给 ztunnel 的出站端口。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_PRERT",
            rule=r"-j CONNMARK --set-xmark 0x111/",
            said=(
                "Remembers that ztunnel opened this connection, so that its answers go back to ztunnel.",
                "记住这个连接由 ztunnel 建立，使应答回到 ztunnel。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"-j CONNMARK --restore-mark",
            said=(
                "Gives answers on ztunnel's connections its mark again.",
                "给 ztunnel 连接的应答恢复标记。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"--to-ports 15053",
            said=(
                "DNS questions of the pod go to ztunnel's DNS proxy.",
                "Pod 的 DNS 查询交给 ztunnel 的 DNS 代理。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"--mark 0x111/0xfff -j ACCEPT",
            said=(
                "Answers on connections that ztunnel opened are left alone.",
                "ztunnel 所建连接的应答不再拦截。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"^! -d (?:127\.0\.0\.1/32|::1/128) (?:-o lo )?-j ACCEPT",
            said=(
                "A pod that talks to itself is left alone.",
                "Pod 访问自己的流量不拦截。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"--to-ports 15001",
            said=(
                "All TCP that the pod itself sends goes to ztunnel (15001).",
                "Pod 自己发出的所有 TCP 都交给 ztunnel（15001）。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_(?:OUTPUT|PRERT)",
            rule=r"-j CT --zone",
            said=(
                "Puts ztunnel's DNS into a connection tracking zone of its own.",
                "把 ztunnel 的 DNS 放进单独的连接跟踪区域（zone）。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_POSTRT",
            rule=r"-j SNAT --to-source",
            said=(
                "The node's own probes of ambient pods get a source by which the pod knows them.",
                "节点对 ambient Pod 的健康检查换成 Pod 能识别的源地址。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"-p tcp .*--match-set (?P<set>\S+) src .*-j MARK --set-x?mark 0x100/",
            said=(
                "TCP of the mesh's pods (the set {set}) is marked, and by the mark routed to ztunnel.",
                "给网格内 Pod（集合 {set}）的 TCP 打标记，按标记路由到 ztunnel。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"--match-set (?P<set>\S+) src .*--dport 53 .*-j DNAT --to-destination (?P<to>\S+)",
            said=(
                "DNS of the mesh's pods goes to ztunnel's DNS proxy ({to}).",
                "网格内 Pod 的 DNS 送往 ztunnel 的 DNS 代理（{to}）。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"^-i istio(?P<way>in|out) ",
            said=(
                "What comes out of the tunnel to ztunnel is left alone.",
                "来自通往 ztunnel 隧道的包不再处理。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"^-p udp -m udp --dport \d+ -j RETURN",
            said=(
                "The tunnel to ztunnel itself (Geneve) is left alone.",
                "通往 ztunnel 的隧道本身（Geneve）不处理。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"^-p udp -j MARK",
            said=("UDP does not go to ztunnel.", "UDP 不交给 ztunnel。"),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"^-i \S+ -j MARK --set-x?mark 0x220/",
            said=(
                "What ztunnel itself sends is routed as usual.",
                "ztunnel 自己发出的包照常路由。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"^! -s \S+ -i \S+ -j MARK",
            said=(
                "What ztunnel sends with a pod's address is marked, so that the answers find it.",
                "给 ztunnel 以 Pod 地址发出的包打标记，使应答能回到它。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"--connmark|-m connmark",
            said=(
                "Packets of marked connections get the connection's mark.",
                "给已标记连接的包恢复标记。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-PREROUTING",
            rule=r"--mark 0x(?:200|40)/\S+ -j RETURN",
            said=(
                "What is marked so is decided: nothing more is done.",
                "带此标记的包已处理完毕。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-(?:INPUT|FORWARD)",
            rule=r"-j CONNMARK --save-mark",
            said=(
                "The mark is kept with the connection, for the answers.",
                "把标记保存到连接，供应答使用。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-OUTPUT",
            rule=r"--socket-exists",
            said=(
                "The node's own probes of the mesh's pods go past ztunnel.",
                "节点对网格内 Pod 的健康检查不经过 ztunnel。",
            ),
        ),
        Purpose(
            chain=r"ztunnel-(?:PREROUTING|POSTROUTING|FORWARD)",
            rule=r"--mark 0x100/0x100 -j ACCEPT",
            said=(
                "What goes to ztunnel keeps its service address: kube-proxy's rules must not touch it.",
                "去往 ztunnel 的包保留 Service 地址，不经过 kube-proxy 的规则。",
            ),
        ),
    ),
    limits=(Limit(chain="ISTIO_OUTPUT", text=r"! -d (?:127\.0\.0\.1/32|::1/128) -j ACCEPT"),),
)
