"""The kubelet's own chains.

Sources: kubernetes/kubernetes, pkg/kubelet/kubelet_network_linux.go at its tags; KEP-3178.
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
    ),
    chains={
        "KUBE-FIREWALL": (
            "KUBE-FIREWALL drops marked packets, and outside packets that claim to be local.",
            "KUBE-FIREWALL 丢弃带标记的包，以及冒充本机的外来包。",
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
    },
    ports={10250: ("Port 10250 is the kubelet's own API.", "端口 10250 是 kubelet 自己的 API。")},
    marks={
        "0x8000/0x8000": (
            "Mark 0x8000 is on packets that KUBE-FIREWALL drops.",
            "标记 0x8000 表示要由 KUBE-FIREWALL 丢弃的包。",
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
    ),
)
