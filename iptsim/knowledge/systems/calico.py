"""Calico's Felix: policies, workload interfaces and NAT of pools.

Sources: projectcalico/calico, felix/rules/{rule_defs,static,endpoints,nat,policy,dispatch}.go, felix/dataplane/driver.go
(marks), felix/config/config_params.go (fail-safe ports), felix/iptables/table.go (the hashes in comments), read at
v3.22.0 to v3.32.0.
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
        Sign(chain=r"cali-g[io]-.+", since="3.28", dates=True),
        Sign(chain=r"cali-egress-dscp", since="3.31", dates=True),
        Sign(chain=r"cali-.+", rule=r"--comment \"End of tier \S+\. ", since="3.30", dates=True),
        Sign(
            chain=r"cali-[ft]w-.+",
            rule=r"--comment \"Start of policies\"",
            until="3.28",
            dates=True,
        ),
        Sign(chain=r"cali-rpf-skip|cali-untracked-policy", since="3.23", dates=True),
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
            "cali-failsafe-in lets in what Calico never cuts off by default (SSH, DHCP, BGP, etcd, Typha, the API server).",
            "cali-failsafe-in 放行 Calico 默认永不阻断的入站流量（SSH、DHCP、BGP、etcd、Typha、API Server）。",
        ),
        "cali-failsafe-out": (
            "cali-failsafe-out lets out what Calico never cuts off by default (DNS, DHCP, BGP, etcd, Typha, the API server).",
            "cali-failsafe-out 放行 Calico 默认永不阻断的出站流量（DNS、DHCP、BGP、etcd、Typha、API Server）。",
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
            "cali-rpf-skip lists the source addresses that a workload may send from though they are not its own.",
            "cali-rpf-skip 列出工作负载可以使用的非自身源地址（跳过反向路径检查）。",
        ),
        "cali-*": ("This chain is Calico's.", "这条链属于 Calico。"),
        "cali-fhfw-*": (
            "A cali-fhfw chain holds what may pass through this host that came in by one host endpoint.",
            "cali-fhfw 链是从一个主机端点进入并转发的包的规则。",
        ),
        "cali-thfw-*": (
            "A cali-thfw chain holds what may pass through this host and leave by one host endpoint.",
            "cali-thfw 链是转发并从一个主机端点离开的包的规则。",
        ),
        "cali-gi-*": (
            "A cali-gi chain holds the ingress rules of policies that several endpoints share as a group.",
            "cali-gi 链是多个端点共用的一组策略的入方向规则。",
        ),
        "cali-go-*": (
            "A cali-go chain holds the egress rules of policies that several endpoints share as a group.",
            "cali-go 链是多个端点共用的一组策略的出方向规则。",
        ),
        "cali-untracked-flows": (
            "cali-untracked-flows says which packets need connection tracking (eBPF mode).",
            "cali-untracked-flows 决定哪些包需要连接跟踪（eBPF 模式）。",
        ),
        "cali-untracked-policy": (
            "cali-untracked-policy keeps packets that the eBPF programs let bypass from being tracked.",
            "cali-untracked-policy 让 eBPF 程序放行绕过的包不被连接跟踪。",
        ),
        "cali-egress-dscp": (
            "cali-egress-dscp sets DSCP on what leaves the cluster.",
            "cali-egress-dscp 给离开集群的包设置 DSCP。",
        ),
        "cali-set-endpoint-mark": (
            "cali-set-endpoint-mark marks a packet with the endpoint that it came from (kube-proxy in IPVS mode).",
            "cali-set-endpoint-mark 给包打上来源端点的标记（kube-proxy 为 IPVS 模式时）。",
        ),
        "cali-from-endpoint-mark": (
            "cali-from-endpoint-mark finds the endpoint that a packet came from by its mark (kube-proxy in IPVS mode).",
            "cali-from-endpoint-mark 按标记找到包的来源端点（kube-proxy 为 IPVS 模式时）。",
        ),
        "cali-sm-*": (
            "A cali-sm chain sets the mark of one endpoint (kube-proxy in IPVS mode).",
            "cali-sm 链设置一个端点的标记（kube-proxy 为 IPVS 模式时）。",
        ),
        "cali-forward-check": (
            "cali-forward-check finds packets to services that IPVS will pass on.",
            "cali-forward-check 找出将由 IPVS 转发的 Service 流量。",
        ),
        "cali-forward-endpoint-mark": (
            "cali-forward-endpoint-mark judges what IPVS passes on by the endpoint that it came from.",
            "cali-forward-endpoint-mark 按来源端点裁决 IPVS 转发的包。",
        ),
        "cali-wireguard-incoming-mark": (
            "cali-wireguard-incoming-mark marks packets that WireGuard decrypted, so that they pass the reverse path check.",
            "cali-wireguard-incoming-mark 给 WireGuard 解密的包打标记，使其通过反向路径检查。",
        ),
    },
    marks={
        "0x10000/0x10000": (
            "Mark 0x10000 is on packets that Calico's policies accepted (with the default IptablesMarkMask).",
            "标记 0x10000 表示 Calico 策略已接受的包（默认 IptablesMarkMask）。",
        ),
        "0x20000/0x20000": (
            "Mark 0x20000 is on packets that a tier of policies passed to the next (with the default IptablesMarkMask).",
            "标记 0x20000 表示一个策略层（tier）交给下一层的包（默认 IptablesMarkMask）。",
        ),
    },
    rules=(
        Purpose(
            chain=r"cali-[ft]w-.+",
            rule=r'--comment "?(?:End of tier \S+\. )?(?:Drop|Reject) if no (?:policies passed packet|profiles matched)"?',
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
        Purpose(
            chain=r"cali-[ft]w-.+|cali-[ft]h(?:fw)?-.+",
            rule=r'--comment "?(?:Return if (?:policy|profile) accepted|Return on verdict)"?',
            said=(
                "A policy has decided: the rest of the chain is not asked.",
                "策略已作出裁决，不再经过链中其余规则。",
            ),
        ),
        Purpose(
            chain=r"cali-[ft]w-.+",
            rule=r'--comment "?Endpoint admin disabled"?',
            said=(
                "This endpoint is switched off: it sends and gets nothing.",
                "此端点已被停用：收发都被丢弃。",
            ),
        ),
        Purpose(
            chain=r"cali-[ft]w-.+|cali-[ft]h(?:fw)?-.+",
            rule=r'--comment "?Start of (?:policies|tier \S+)"?',
            said=("Policies are asked from here on.", "从这里开始检查策略。"),
        ),
        Purpose(
            chain=r"cali-.+|INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING",
            rule=r'--comment "?(?:Host endpoint policy accepted|Policy explicitly accepted) packet\."?',
            said=(
                "Calico's policies have accepted this packet already.",
                "Calico 策略已接受此包。",
            ),
        ),
        Purpose(
            chain=r"cali-wl-to-host",
            rule=r'--comment "?Configured DefaultEndpointToHostAction"?',
            said=(
                "What workloads send to this host itself fares so (DefaultEndpointToHostAction).",
                "工作负载发往本机的包按此处理（DefaultEndpointToHostAction）。",
            ),
        ),
        Purpose(
            chain=r"cali-INPUT|cali-OUTPUT",
            rule=r'--comment "?(?:Allow|Drop|Reject) (?P<what>IPIP|IPv4 VXLAN|IPv6 VXLAN) packets',
            said=(
                "Tunnel packets ({what}) are taken from other hosts of Calico alone.",
                "隧道包（{what}）只接受来自其他 Calico 主机的。",
            ),
        ),
        Purpose(
            chain=r"cali-PREROUTING",
            rule=r"-m rpfilter .*--invert.*-j (?:DROP|REJECT)",
            said=(
                "A workload that sends from an address not its own is stopped (reverse path check).",
                "丢弃工作负载伪造源地址的包（反向路径检查）。",
            ),
        ),
        Purpose(
            chain=r"cali-PREROUTING",
            rule=r"-j MARK --set-xmark 0x0/0x[0-9a-f]+$",
            said=(
                "Clears Calico's marks: nobody else may set them.",
                "清除 Calico 的标记，防止他人预先设置。",
            ),
        ),
        Purpose(
            chain=r"cali-PREROUTING",
            rule=r"^-i cali\+ .*-j MARK --set-xmark",
            said=(
                "Marks what workloads send, for the reverse path check.",
                "给工作负载发出的包打标记，供反向路径检查。",
            ),
        ),
    ),
    keeper=Keeper(name="calico", chains=r"cali(?:co)?-.+", rules=_FELIX, last=_FELIX, by=_FELIX),
)
