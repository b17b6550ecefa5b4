"""The kubelet's own chains.

Sources: kubernetes/kubernetes, pkg/kubelet/kubelet_network_linux.go (commit 02c821031700); KEP-3178 (the kubelet marks and
drops no packets of services any more from 1.28 on).
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

SYSTEM = System(
    name="kubelet",
    title="kubelet",
    signs=(
        Sign(chain=r"KUBE-(?:FIREWALL|KUBELET-CANARY)"),
        Sign(chain=r"KUBE-MARK-DROP", until="1.27"),
        Sign(chain=r"KUBE-IPTABLES-HINT", since="1.24"),
        Sign(chain=r"KUBE-KUBELET-CANARY", since="1.17", dates=True),
        Sign(
            chain=r"KUBE-FIREWALL",
            rule=r'"kubernetes firewall for dropping marked packets"',
            until="1.27",
            dates=True,
        ),
    ),
    chains={
        "KUBE-FIREWALL": (
            "KUBE-FIREWALL drops marked packets, and packets to 127.0.0.0/8 that don't come from there.",
            "KUBE-FIREWALL 丢弃带标记的包，以及来自别处却发往 127.0.0.0/8 的包。",
        ),
        "KUBE-MARK-DROP": (
            "KUBE-MARK-DROP marks packets that KUBE-FIREWALL then drops.",
            "KUBE-MARK-DROP 给要由 KUBE-FIREWALL 丢弃的包打标记。",
        ),
        "KUBE-KUBELET-CANARY": (
            "KUBE-KUBELET-CANARY does nothing; its absence tells the kubelet that its rules were flushed.",
            "KUBE-KUBELET-CANARY 不做任何事；它消失时，kubelet 就知道规则被清空了。",
        ),
        "KUBE-IPTABLES-HINT": (
            "KUBE-IPTABLES-HINT does nothing; it tells others which iptables build the node uses.",
            "KUBE-IPTABLES-HINT 不做任何事；它告诉别的程序本节点用的是哪种 iptables。",
        ),
        "KUBE-MARK-MASQ": (
            "KUBE-MARK-MASQ marks connections that are to leave with this node's address (the kubelet kept it, too, before 1.28).",
            "KUBE-MARK-MASQ 给离开时要换成本节点地址的连接打标记（1.28 之前 kubelet 也维护它）。",
        ),
        "KUBE-POSTROUTING": (
            "KUBE-POSTROUTING gives marked connections this node's address as source (the kubelet kept it, too, before 1.28).",
            "KUBE-POSTROUTING 把带标记的连接的源地址换成本节点的地址（1.28 之前 kubelet 也维护它）。",
        ),
    },
    ports={10250: ("Port 10250 is the kubelet's own API.", "端口 10250 是 kubelet 自己的 API。")},
    marks={
        "0x8000/0x8000": (
            "Mark 0x8000 is on packets that KUBE-FIREWALL drops.",
            "标记 0x8000 表示要由 KUBE-FIREWALL 丢弃的包。",
        ),
        "0x4000/0x4000": (
            "Mark 0x4000 is on connections that leave with this node's address.",
            "标记 0x4000 表示离开时要换成本节点地址的连接。",
        ),
    },
    rules=(
        Purpose(
            chain=r"KUBE-FIREWALL",
            rule=r"127\.0\.0\.0/8 .*-j DROP",
            said=(
                "Hosts beside the node must not reach its loopback by kube-proxy's route_localnet (CVE-2020-8558).",
                "防止邻近主机借 kube-proxy 的 route_localnet 访问本节点的环回地址（CVE-2020-8558）。",
            ),
        ),
        Purpose(
            chain=r"KUBE-FIREWALL",
            rule=r"--mark 0x8000/0x8000 -j DROP",
            said=(
                "What KUBE-MARK-DROP marked is dropped here.",
                "被 KUBE-MARK-DROP 标记的包在此丢弃。",
            ),
        ),
        Purpose(
            chain=r"KUBE-POSTROUTING",
            rule=r"! --mark 0x4000/0x4000 -j RETURN",
            said=("What is not marked keeps its source address.", "没有标记的连接保留源地址。"),
        ),
        Purpose(
            chain=r"KUBE-POSTROUTING",
            rule=r"-j MARK --set-xmark 0x4000/0x0",
            said=(
                "Takes the mark off, so that nothing is translated twice.",
                "去掉标记，避免重复转换。",
            ),
        ),
        Purpose(
            chain=r"KUBE-POSTROUTING",
            rule=r"-j MASQUERADE",
            said=(
                "Marked connections leave with this node's address.",
                "带标记的连接以本节点地址离开。",
            ),
        ),
    ),
)
