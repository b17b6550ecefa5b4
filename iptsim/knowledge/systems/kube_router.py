"""kube-router: network policies as chains, services by IPVS.

Sources: cloudnativelabs/kube-router, pkg/controllers/netpol/{network_policy_controller,npc_iptables,pod,policy}.go,
pkg/controllers/proxy/network_services_controller.go, pkg/controllers/routing/pod_egress.go, read at v1.0.0 to v2.11.1.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="kube-router",
    title="kube-router",
    signs=(
        Sign(chain=r"KUBE-ROUTER-.+"),
        Sign(chain=r"KUBE-(?:POD-FW|NWPLCY)-.+"),
        Sign(chain=r"KUBE-NWPLCY-COMMON", since="2.6", dates=True),
        Sign(chain=r"KUBE-NWPLCY-TAIL", since="2.10", dates=True),
    ),
    chains={
        "KUBE-ROUTER-INPUT": (
            "KUBE-ROUTER-INPUT lets what comes for services go on, and leads what pods send to this node to the policies of those pods.",
            "KUBE-ROUTER-INPUT 放过发往 Service 的包，并把 Pod 发往本节点的包引向该 Pod 的策略。",
        ),
        "KUBE-ROUTER-OUTPUT": (
            "KUBE-ROUTER-OUTPUT leads what this node sends to pods to the policies of those pods.",
            "KUBE-ROUTER-OUTPUT 把本节点发往 Pod 的包引向该 Pod 的策略。",
        ),
        "KUBE-ROUTER-FORWARD": (
            "KUBE-ROUTER-FORWARD leads packets of pods to the policies of those pods.",
            "KUBE-ROUTER-FORWARD 把 Pod 的包引向该 Pod 的策略。",
        ),
        "KUBE-ROUTER-SERVICES": (
            "KUBE-ROUTER-SERVICES lets in what is for a service's address and port, and refuses other ports of service addresses.",
            "KUBE-ROUTER-SERVICES 放行发往 Service 地址与端口的包，拒绝 Service 地址的其他端口。",
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
            "KUBE-NWPLCY-DEFAULT is for pods that no policy selects in that direction: they may all.",
            "KUBE-NWPLCY-DEFAULT 用于该方向上没有策略选中的 Pod：全部放行。",
        ),
        "KUBE-NWPLCY-COMMON": (
            "KUBE-NWPLCY-COMMON holds what is allowed for every pod (open connections, needed ICMP).",
            "KUBE-NWPLCY-COMMON 是所有 Pod 共用的放行规则（已建立的连接、必要的 ICMP）。",
        ),
        "KUBE-NWPLCY-TAIL": (
            "KUBE-NWPLCY-TAIL is asked at the end of the pods' chains.",
            "KUBE-NWPLCY-TAIL 在 Pod 的链末尾执行。",
        ),
        "KUBE-ROUTER-HAIRPIN": (
            "KUBE-ROUTER-HAIRPIN gives a pod that calls itself through its service the service's address as source.",
            "KUBE-ROUTER-HAIRPIN 把经自己的 Service 访问自己的 Pod 的源地址换成 Service 地址。",
        ),
    },
    marks={
        "0x10000/0x10000": (
            "Mark 0x10000 is on packets that a network policy of the pod at hand allowed; the pod's chain clears it at its end.",
            "标记 0x10000 表示当前 Pod 的网络策略已放行的包；该 Pod 的链末尾会清除它。",
        ),
        "0x20000/0x20000": (
            "Mark 0x20000 is on packets that the policies of their pods allowed: they are accepted at the end.",
            "标记 0x20000 表示所属 Pod 的策略已放行的包，最后予以接受。",
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
        Purpose(
            chain=r"KUBE-ROUTER-INPUT",
            rule=r'"allow traffic to (?:primary/secondary )?cluster IP range|"allow LOCAL (?:TCP|UDP|SCTP) traffic to node ports|"allow traffic to (?:external|load balancer) IP',
            said=(
                "What comes for services is left to the rules of services.",
                "发往 Service 的包交给 Service 的规则处理。",
            ),
        ),
        Purpose(
            chain=r"KUBE-POD-FW-.+",
            rule=r"\"(?:from local node|rule to permit the traffic (?:traffic )?to pods when source is the pod's local node)",
            said=(
                "This node itself reaches its pods, whatever their policies say (probes of the kubelet).",
                "本节点总能访问其上的 Pod（kubelet 探测），不受策略限制。",
            ),
        ),
        Purpose(
            chain=r"KUBE-POD-FW-.+",
            rule=r"--set-xmark 0x20000/0x20000",
            said=(
                "All policies of this pod that apply have allowed the packet.",
                "此 Pod 适用的策略都已放行此包。",
            ),
        ),
        Purpose(
            chain=r"KUBE-ROUTER-.+",
            rule=r'"rule to explicitly ACCEPT traffic that comply to network policies"',
            said=(
                "What the policies of its pods allowed is accepted.",
                "所属 Pod 的策略已放行的包予以接受。",
            ),
        ),
        Purpose(
            chain=r"KUBE-ROUTER-SERVICES",
            rule=r'"allow input traffic to ipvs services"',
            said=(
                "Lets in what is for a service's address and port.",
                "放行发往 Service 地址与端口的包。",
            ),
        ),
        Purpose(
            chain=r"KUBE-ROUTER-SERVICES",
            rule=r'"reject all unexpected traffic to service IPs"',
            said=(
                "Refuses ports of service addresses that no service has.",
                "拒绝 Service 地址上未使用的端口。",
            ),
        ),
        Purpose(
            chain=r"POSTROUTING",
            rule=r"--match-set kube-router-pod-subnets src .*-j MASQUERADE",
            said=("Pods reach the outside with this node's address.", "Pod 以本节点地址访问外部。"),
        ),
        Purpose(
            chain=r"KUBE-POD-FW-.+",
            rule=r"^-j MARK --set-xmark 0x0/0x10000",
            said=(
                "Clears the mark, for the chain of the next pod.",
                "清除标记，供下一个 Pod 的链使用。",
            ),
        ),
    ),
    keeper=Keeper(name="kube-router", chains=r"KUBE-(?:ROUTER|POD-FW|NWPLCY)-.+"),
)
