"""kube-proxy and the kubelet.

Source: kubernetes/kubernetes, pkg/proxy/iptables/proxier.go; KEP-3178 (the kubelet's chains).
"""

from __future__ import annotations

from iptsim.knowledge.known import System

SYSTEM = System(
    name="kubernetes",
    marks=("KUBE-",),
    chains=(
        "KUBE-SERVICES",
        "KUBE-NODEPORTS",
        "KUBE-SVC-*",
        "KUBE-SVL-*",
        "KUBE-SEP-*",
        "KUBE-EXT-*",
        "KUBE-XLB-*",
        "KUBE-FW-*",
        "KUBE-POSTROUTING",
        "KUBE-MARK-MASQ",
        "KUBE-MARK-DROP",
        "KUBE-FORWARD",
        "KUBE-FIREWALL",
        "KUBE-EXTERNAL-SERVICES",
        "KUBE-PROXY-FIREWALL",
        "KUBE-PROXY-CANARY",
        "KUBE-KUBELET-CANARY",
        "KUBE-IPTABLES-HINT",
    ),
)
