"""kube-router: network policies as chains, services by IPVS.

Sources: cloudnativelabs/kube-router, pkg/controllers/netpol/{network_policy_controller,pod,policy}.go,
pkg/controllers/proxy/network_services_controller.go.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="kube-router",
    title="kube-router",
    signs=(
        Sign(chain=r"KUBE-ROUTER-.+"),
        Sign(chain=r"KUBE-(?:POD-FW|NWPLCY)-.+"),
    ),
    chains={
        "KUBE-ROUTER-INPUT": (
            "KUBE-ROUTER-INPUT judges what pods send to this node and what comes to services.",
            "KUBE-ROUTER-INPUT 裁决 Pod 发往本节点以及发往 Service 的包。",
        ),
        "KUBE-ROUTER-OUTPUT": (
            "KUBE-ROUTER-OUTPUT judges what this node sends to pods.",
            "KUBE-ROUTER-OUTPUT 裁决本节点发往 Pod 的包。",
        ),
        "KUBE-ROUTER-FORWARD": (
            "KUBE-ROUTER-FORWARD leads packets of pods to the policies of those pods.",
            "KUBE-ROUTER-FORWARD 把 Pod 的包引向该 Pod 的策略。",
        ),
        "KUBE-ROUTER-SERVICES": (
            "KUBE-ROUTER-SERVICES lets in what is for services only.",
            "KUBE-ROUTER-SERVICES 只放行发往 Service 的包。",
        ),
        "KUBE-POD-FW-*": (
            "A KUBE-POD-FW chain asks the policies of one pod.",
            "KUBE-POD-FW 链依次经过一个 Pod 的各条策略。",
        ),
        "KUBE-NWPLCY-*": (
            "A KUBE-NWPLCY chain holds the rules of one network policy.",
            "KUBE-NWPLCY 链是一条网络策略的规则。",
        ),
        "KUBE-NWPLCY-DEFAULT": (
            "KUBE-NWPLCY-DEFAULT is for pods of no policy: they may all.",
            "KUBE-NWPLCY-DEFAULT 用于没有策略的 Pod：全部放行。",
        ),
    },
    marks={
        "0x10000/0x10000": (
            "Mark 0x10000 is on packets that a network policy allowed.",
            "标记 0x10000 表示网络策略已放行的包。",
        ),
        "0x20000/0x20000": (
            "Mark 0x20000 is on packets that kube-router has judged already.",
            "标记 0x20000 表示 kube-router 已裁决过的包。",
        ),
    },
    rules=(
        Purpose(
            chain=r"KUBE-POD-FW-.+",
            rule=r"! --mark 0x10000/0x10000 .*-j REJECT",
            said=(
                "No network policy of this pod allowed the packet: it is refused.",
                "这个 Pod 的网络策略都没有放行此包，因此拒绝。",
            ),
        ),
        Purpose(
            chain=r"KUBE-POD-FW-.+",
            rule=r"! --mark 0x10000/0x10000 .*-j NFLOG",
            said=("Tells of packets that the pod's policies refuse.", "记录被 Pod 策略拒绝的包。"),
        ),
    ),
    keeper=Keeper(name="kube-router", chains=r"KUBE-(?:ROUTER|POD-FW|NWPLCY)-.+"),
)
