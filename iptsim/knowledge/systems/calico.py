"""Calico's Felix: policies, workload interfaces and NAT of pools.

Sources: projectcalico/calico, felix/rules/{rule_defs,static,endpoints,nat,policy,dispatch}.go and
felix/iptables/table.go (the hashes in comments).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

_FELIX = r'.* --comment "?cali:[\w-]{16}"? .*'

SYSTEM = System(
    name="calico",
    title="Calico",
    signs=(
        Sign(chain=r"cali-.+"),
        Sign(
            chain=r"INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING",
            rule=r'--comment "?cali:[\w-]{16}"?',
        ),
        Sign(chain=r".+", table=r"ip6? calico", since="3.29"),
    ),
    chains={
        "cali-INPUT": (
            "cali-INPUT is where Calico judges what comes to this host.",
            "Calico 在 cali-INPUT 里裁决发往本机的包。",
        ),
        "cali-OUTPUT": (
            "cali-OUTPUT is where Calico judges what this host sends.",
            "Calico 在 cali-OUTPUT 里裁决本机发出的包。",
        ),
        "cali-FORWARD": (
            "cali-FORWARD is where Calico judges what passes through this host, that is what workloads send and get.",
            "Calico 在 cali-FORWARD 里裁决经过本机的包，即工作负载收发的流量。",
        ),
        "cali-PREROUTING": (
            "cali-PREROUTING is where Calico looks at packets before routing.",
            "Calico 在 cali-PREROUTING 里处理路由之前的包。",
        ),
        "cali-POSTROUTING": (
            "cali-POSTROUTING is where Calico looks at packets that leave.",
            "Calico 在 cali-POSTROUTING 里处理离开的包。",
        ),
        "cali-from-wl-dispatch*": (
            "cali-from-wl-dispatch finds the workload that sent a packet, by its interface.",
            "cali-from-wl-dispatch 按接口找到发出包的工作负载。",
        ),
        "cali-to-wl-dispatch*": (
            "cali-to-wl-dispatch finds the workload that a packet goes to, by its interface.",
            "cali-to-wl-dispatch 按接口找到包所去的工作负载。",
        ),
        "cali-from-host-endpoint*": (
            "cali-from-host-endpoint finds the host endpoint that a packet came in by.",
            "cali-from-host-endpoint 找到包进入的主机端点（HostEndpoint）。",
        ),
        "cali-to-host-endpoint*": (
            "cali-to-host-endpoint finds the host endpoint that a packet leaves by.",
            "cali-to-host-endpoint 找到包离开的主机端点（HostEndpoint）。",
        ),
        "cali-from-hep-forward": (
            "cali-from-hep-forward applies host endpoints' policies to what passes through.",
            "cali-from-hep-forward 对经过本机的包执行主机端点的策略。",
        ),
        "cali-to-hep-forward": (
            "cali-to-hep-forward applies host endpoints' policies to what passes through.",
            "cali-to-hep-forward 对经过本机的包执行主机端点的策略。",
        ),
        "cali-wl-to-host": (
            "cali-wl-to-host judges what workloads send to this host itself.",
            "cali-wl-to-host 裁决工作负载发往本机的包。",
        ),
        "cali-fw-*": (
            "A cali-fw chain holds what one workload may send (egress).",
            "cali-fw 链是一个工作负载的出方向（egress）规则。",
        ),
        "cali-tw-*": (
            "A cali-tw chain holds what may reach one workload (ingress).",
            "cali-tw 链是一个工作负载的入方向（ingress）规则。",
        ),
        "cali-fh-*": (
            "A cali-fh chain holds what may come in by one host endpoint.",
            "cali-fh 链是一个主机端点的入方向规则。",
        ),
        "cali-th-*": (
            "A cali-th chain holds what may leave by one host endpoint.",
            "cali-th 链是一个主机端点的出方向规则。",
        ),
        "cali-pi-*": (
            "A cali-pi chain holds the ingress rules of one policy.",
            "cali-pi 链是一条策略的入方向规则。",
        ),
        "cali-po-*": (
            "A cali-po chain holds the egress rules of one policy.",
            "cali-po 链是一条策略的出方向规则。",
        ),
        "cali-pri-*": (
            "A cali-pri chain holds the ingress rules of one profile.",
            "cali-pri 链是一个 profile 的入方向规则。",
        ),
        "cali-pro-*": (
            "A cali-pro chain holds the egress rules of one profile.",
            "cali-pro 链是一个 profile 的出方向规则。",
        ),
        "cali-failsafe-in": (
            "cali-failsafe-in lets in what Calico never cuts off (SSH, DHCP, BGP, etcd).",
            "cali-failsafe-in 放行 Calico 永不阻断的入站流量（SSH、DHCP、BGP、etcd）。",
        ),
        "cali-failsafe-out": (
            "cali-failsafe-out lets out what Calico never cuts off (DNS, DHCP, BGP, etcd).",
            "cali-failsafe-out 放行 Calico 永不阻断的出站流量（DNS、DHCP、BGP、etcd）。",
        ),
        "cali-nat-outgoing": (
            "cali-nat-outgoing gives what pods send out of Calico's pools this host's address.",
            "cali-nat-outgoing 把 Pod 发往 Calico 地址池之外的包换成本机源地址。",
        ),
        "cali-fip-dnat": (
            "cali-fip-dnat sends floating addresses to their pods.",
            "cali-fip-dnat 把浮动 IP 送到对应的 Pod。",
        ),
        "cali-fip-snat": (
            "cali-fip-snat lets a pod that calls its own floating address be answered.",
            "cali-fip-snat 让访问自己浮动 IP 的 Pod 能收到应答。",
        ),
        "cali-cidr-block": (
            "cali-cidr-block drops packets to service addresses that nothing took (routing loops).",
            "cali-cidr-block 丢弃无人处理的 Service 地址的包（防止路由环路）。",
        ),
        "cali-rpf-skip": (
            "cali-rpf-skip lists what may come from another interface than routing says.",
            "cali-rpf-skip 列出可以不满足反向路径检查的流量。",
        ),
        "cali-*": ("This chain is Calico's.", "这条链属于 Calico。"),
    },
    rules=(
        Purpose(
            chain=r"cali-[ft]w-.+",
            rule=r'--comment "?(?:Drop if no policies passed packet|Drop if no profiles matched)"?',
            said=(
                "No policy of this workload allowed the packet: it is dropped.",
                "这个工作负载的策略都没有放行此包，因此丢弃。",
            ),
        ),
        Purpose(
            chain=r"cali-[ft]w-.+",
            rule=r"--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Policies judge new connections only.", "策略只裁决新建连接。"),
        ),
        Purpose(
            chain=r"cali-(?:from|to)-wl-dispatch.*",
            rule=r'--comment "?Unknown interface"?',
            said=(
                "An interface of no workload that Calico knows.",
                "Calico 不认识的工作负载接口。",
            ),
        ),
        Purpose(
            chain=r"cali-[ft]w-.+",
            rule=r"--dport 4789|-p (?:4|ipencap|ipip) ",
            said=(
                "Pods must not make tunnels of their own (VXLAN, IP in IP).",
                "Pod 不能自建隧道（VXLAN、IPIP）。",
            ),
        ),
        Purpose(
            chain=r"cali-nat-outgoing",
            rule=r"-j (?:MASQUERADE|SNAT)",
            said=(
                "From a pool with natOutgoing to somewhere outside of all pools.",
                "从启用 natOutgoing 的地址池发往所有地址池之外。",
            ),
        ),
    ),
    keeper=Keeper(name="calico", chains=r"cali(?:co)?-.+", rules=_FELIX, last=_FELIX, by=_FELIX),
)
