"""kube-proxy in its iptables mode (and what its IPVS mode leaves to iptables).

Sources: kubernetes/kubernetes, pkg/proxy/iptables/proxier.go, pkg/proxy/ipvs/proxier.go,
pkg/kubelet/kubelet_network_linux.go (which made KUBE-MARK-MASQ and KUBE-POSTROUTING, too, before 1.28: beside the kubelet's
own chains these tell no kube-proxy); KEP-3178.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

_ANY = r"KUBE-.+"

SYSTEM = System(
    name="kube-proxy",
    title="kube-proxy",
    signs=(
        Sign(
            chain=r"KUBE-(?:SERVICES|NODEPORTS|FORWARD|EXTERNAL-SERVICES|PROXY-CANARY|LOAD-BALANCER|NODE-PORT|SOURCE-RANGES-FIREWALL)"
        ),
        Sign(chain=r"KUBE-(?:SVC|SEP|FW)-[A-Z2-7]{16}"),
        Sign(chain=r"KUBE-(?:EXT|SVL)-[A-Z2-7]{16}", since="1.24"),
        Sign(chain=r"KUBE-XLB-[A-Z2-7]{16}", until="1.23"),
        Sign(chain=r"KUBE-PROXY-FIREWALL", since="1.25"),
        Sign(
            chain=r"KUBE-(?:POSTROUTING|MARK-MASQ)",
            rule=r"0x4000",
            without=r"KUBE-(?:MARK-DROP|KUBELET-CANARY)",
        ),
        Sign(chain=r"KUBE-PROXY-CANARY", since="1.17", dates=True),
        Sign(chain=r"KUBE-NODEPORTS", table="filter", since="1.20", dates=True),
        Sign(chain=r"KUBE-FORWARD", rule=r"-m nfacct", since="1.32", dates=True),
        Sign(chain=r"KUBE-MARK-DROP", until="1.27", dates=True),
        Sign(chain=r".+", table=r"ip6? kube-proxy", since="1.29"),
    ),
    chains={
        "services": (
            "services finds the Service that a packet's address and port belong to.",
            "services 按目的地址和端口查找所属的 Service。",
        ),
        "service-*": (
            "The chain of one Service: it picks one of its endpoints.",
            "一个 Service 的链：从它的端点中选一个。",
        ),
        "service-endpoints-check": (
            "service-endpoints-check refuses packets to Services without endpoints.",
            "service-endpoints-check 拒绝发往没有端点的 Service 的包。",
        ),
        "nodeport-endpoints-check": (
            "nodeport-endpoints-check refuses packets to node ports of Services without endpoints.",
            "nodeport-endpoints-check 拒绝发往没有端点的 Service 的节点端口的包。",
        ),
        "endpoint-*": (
            "The chain of one endpoint: packets are sent to that Pod.",
            "一个端点的链：把包发往该 Pod。",
        ),
        "external-*": (
            "The chain of one Service for packets from outside of the cluster.",
            "一个 Service 的链，处理来自集群外的包。",
        ),
        "cluster-ips-check": (
            "cluster-ips-check turns away packets to cluster IPs and ports that no Service has.",
            "cluster-ips-check 拦下发往无 Service 的 ClusterIP 或端口的包。",
        ),
        "firewall-check": (
            "firewall-check drops packets from sources that a LoadBalancer Service does not allow.",
            "firewall-check 丢弃 LoadBalancer Service 不允许的来源。",
        ),
        "mark-for-masquerade": (
            "mark-for-masquerade marks packets that are to leave with the node's own address.",
            "mark-for-masquerade 给需要以节点地址发出的包打标记。",
        ),
        "masquerading": (
            "masquerading gives marked packets the node's own address.",
            "masquerading 把有标记的包改为节点自己的源地址。",
        ),
        "reject-chain": (
            "reject-chain rejects packets to Services without endpoints.",
            "reject-chain 拒绝发往没有端点的 Service 的包。",
        ),
        "KUBE-SERVICES": (
            "KUBE-SERVICES is where kube-proxy looks for the addresses of services.",
            "kube-proxy 在 KUBE-SERVICES 里查找 Service 的地址。",
        ),
        "KUBE-NODEPORTS": (
            "KUBE-NODEPORTS is where kube-proxy looks for services on ports of the node.",
            "kube-proxy 在 KUBE-NODEPORTS 里查找节点端口上的 Service。",
        ),
        "KUBE-SVC-*": (
            "A KUBE-SVC chain spreads a service's connections over its pods.",
            "KUBE-SVC 链把一个 Service 的连接分摊到它的各个 Pod。",
        ),
        "KUBE-SVL-*": (
            "A KUBE-SVL chain spreads a service's connections over its pods on this node.",
            "KUBE-SVL 链把一个 Service 的连接分摊到本节点上的 Pod。",
        ),
        "KUBE-SEP-*": (
            "A KUBE-SEP chain sends connections to one pod of a service.",
            "KUBE-SEP 链把连接送到 Service 的某一个 Pod。",
        ),
        "KUBE-EXT-*": (
            "A KUBE-EXT chain takes connections that reach a service from outside the cluster.",
            "KUBE-EXT 链接收从集群外访问 Service 的连接。",
        ),
        "KUBE-XLB-*": (
            "A KUBE-XLB chain takes connections that reach a load balancer's service from outside.",
            "KUBE-XLB 链接收从集群外访问负载均衡 Service 的连接。",
        ),
        "KUBE-FW-*": (
            "A KUBE-FW chain lets only the allowed sources reach a load balancer's service.",
            "KUBE-FW 链只让允许的来源访问负载均衡 Service。",
        ),
        "KUBE-POSTROUTING": (
            "KUBE-POSTROUTING gives marked connections this node's address as source.",
            "KUBE-POSTROUTING 把带标记的连接的源地址换成本节点的地址。",
        ),
        "KUBE-MARK-MASQ": (
            "KUBE-MARK-MASQ marks connections that are to leave with this node's address.",
            "KUBE-MARK-MASQ 给离开时要换成本节点地址的连接打标记。",
        ),
        "KUBE-FORWARD": (
            "KUBE-FORWARD lets the traffic of services pass through this node.",
            "KUBE-FORWARD 让 Service 的流量经过本节点。",
        ),
        "KUBE-EXTERNAL-SERVICES": (
            "KUBE-EXTERNAL-SERVICES refuses outside addresses of services without pods.",
            "KUBE-EXTERNAL-SERVICES 拒绝访问没有 Pod 的 Service 的外部地址。",
        ),
        "KUBE-PROXY-FIREWALL": (
            "KUBE-PROXY-FIREWALL drops what a load balancer's service does not allow.",
            "KUBE-PROXY-FIREWALL 丢弃负载均衡 Service 不允许的包。",
        ),
        "KUBE-PROXY-CANARY": (
            "KUBE-PROXY-CANARY does nothing; its absence tells kube-proxy that its rules were flushed.",
            "KUBE-PROXY-CANARY 不做任何事；它消失时，kube-proxy 就知道规则被清空了。",
        ),
        "KUBE-LOAD-BALANCER": (
            "KUBE-LOAD-BALANCER marks connections to load balancers' services (IPVS mode).",
            "KUBE-LOAD-BALANCER 给访问负载均衡 Service 的连接打标记（IPVS 模式）。",
        ),
        "KUBE-NODE-PORT": (
            "KUBE-NODE-PORT marks connections to services on ports of the node (IPVS mode).",
            "KUBE-NODE-PORT 给访问节点端口 Service 的连接打标记（IPVS 模式）。",
        ),
        "KUBE-SOURCE-RANGES-FIREWALL": (
            "KUBE-SOURCE-RANGES-FIREWALL lets only the allowed sources reach a load balancer's service (IPVS mode).",
            "KUBE-SOURCE-RANGES-FIREWALL 只让允许的来源访问负载均衡 Service（IPVS 模式）。",
        ),
    },
    ports={
        10256: (
            "Port 10256 is kube-proxy's health check.",
            "端口 10256 是 kube-proxy 的健康检查端口。",
        ),
    },
    marks={
        "0x4000/0x4000": (
            "Mark 0x4000 is on connections that leave with this node's address.",
            "标记 0x4000 表示离开时要换成本节点地址的连接。",
        ),
        "0x8000/0x8000": (
            "Mark 0x8000 is on packets that KUBE-FIREWALL drops.",
            "标记 0x8000 表示要由 KUBE-FIREWALL 丢弃的包。",
        ),
    },
    rules=(
        Purpose(
            chain=_ANY,
            rule=r'--comment "?(?P<service>\S+?) has no local endpoints"?',
            said=(
                "The service {service} has no pod on this node that is ready, and its traffic policy is Local: nobody answers.",
                "Service {service} 在本节点上没有就绪的 Pod，而其流量策略为 Local，因此无人应答。",
            ),
        ),
        Purpose(
            chain=_ANY,
            rule=r'--comment "?(?P<service>\S+?) has no (?:usable )?endpoints"?',
            said=(
                "The service {service} has no pod that is ready: nobody answers.",
                "Service {service} 没有就绪的 Pod，无人应答。",
            ),
        ),
        Purpose(
            chain=r"KUBE-SVC-.+|KUBE-SVL-.+",
            rule=r'--comment "(?P<service>\S+) -> (?P<pod>\S+)"',
            said=("One pod of {service}: {pod}.", "{service} 的一个 Pod：{pod}。"),
        ),
        Purpose(
            chain=r"KUBE-SERVICES",
            rule=r'^-d (?P<at>\S+)/32 .*--comment "(?P<service>\S+) (?P<kind>cluster|external|loadbalancer) IP".*-j KUBE-(?:SVC|EXT|FW|XLB)',
            said=(
                "The {kind} address {at} of the service {service}.",
                "Service {service} 的 {kind} 地址 {at}。",
            ),
        ),
        Purpose(
            chain=r"KUBE-SVC-.+",
            rule=r"^! -s (?P<pods>\S+) .*-j KUBE-MARK-MASQ",
            said=(
                "Who is no pod ({pods}) and calls the service's address is seen by the pod as this node.",
                "不是 Pod（{pods}）的来源访问 Service 地址时，Pod 看到的源地址是本节点。",
            ),
        ),
        Purpose(
            chain=r"KUBE-SEP-.+",
            rule=r"^-s (?P<pod>\S+)/32 .*-j KUBE-MARK-MASQ",
            said=(
                "The pod {pod} calling itself through its service (hairpin): its own address as source would never come back.",
                "Pod {pod} 经自己的 Service 访问自己（hairpin）：若保留源地址，应答将回不来。",
            ),
        ),
        Purpose(
            chain=r"endpoint-[A-Z2-7]{8}-(?P<service>[^/]+/[^/]+)/(?:tcp|udp|sctp)/.*__.*",
            rule=r"\bdnat to (?P<pod>\S+)",
            said=(
                "The connection goes to the pod at {pod}, of the service {service}.",
                "连接送往 Service {service} 的 Pod {pod}。",
            ),
        ),
        Purpose(
            chain=r"endpoint-[A-Z2-7]{8}-(?P<service>[^/]+/[^/]+)/.*",
            rule=r"^ip6? saddr (?P<pod>\S+) jump mark-for-masquerade",
            said=(
                "The pod {pod} calling itself through the service {service} (hairpin): its own address as source would never come back.",
                "Pod {pod} 经 Service {service} 访问自己（hairpin）：若保留源地址，应答将回不来。",
            ),
        ),
        Purpose(
            chain=r"service-[A-Z2-7]{8}-(?P<service>[^/]+/[^/]+)/.*",
            rule=r"^ip6? daddr (?P<at>\S+) .*ip6? saddr != (?P<pods>\S+) jump mark-for-masquerade",
            said=(
                "Who is no pod ({pods}) and calls {at}, the address of the service {service}, is seen by the pod as this node.",
                "不是 Pod（{pods}）的来源访问 Service {service} 的地址 {at} 时，Pod 看到的源地址是本节点。",
            ),
        ),
        Purpose(
            chain=r"service-[A-Z2-7]{8}-(?P<service>[^/]+/[^/]+)/.*",
            rule=r"numgen random|goto endpoint-",
            said=(
                "One pod of the service {service} is chosen.",
                "选出 Service {service} 的一个 Pod。",
            ),
        ),
        Purpose(
            chain=r"KUBE-SEP-.+",
            rule=r"-j DNAT --to-destination (?P<pod>\S+)",
            said=("The connection goes to the pod at {pod}.", "连接送往 Pod {pod}。"),
        ),
        Purpose(
            chain=r"KUBE-EXT-.+|KUBE-XLB-.+|KUBE-FW-.+",
            rule=r"-j KUBE-MARK-MASQ",
            said=(
                "With externalTrafficPolicy: Cluster the pod sees this node as source, not the client.",
                "externalTrafficPolicy 为 Cluster 时，Pod 看到的源地址是本节点而不是客户端。",
            ),
        ),
        Purpose(
            chain=r"KUBE-EXT-.+|KUBE-XLB-.+",
            rule=r"-j KUBE-SVL-",
            said=(
                "With externalTrafficPolicy: Local only pods on this node get it, and see the client's address.",
                "externalTrafficPolicy 为 Local 时，只有本节点上的 Pod 接收，且能看到客户端地址。",
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
            chain=r"KUBE-FORWARD",
            rule=r"--mark 0x4000/0x4000 -j ACCEPT",
            said=(
                "What services lead elsewhere may pass through this node.",
                "放行经本节点转发的 Service 流量。",
            ),
        ),
        Purpose(
            chain=r"KUBE-FORWARD",
            rule=r"--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Answers on forwarded connections pass.", "放行转发连接的应答。"),
        ),
        Purpose(
            chain=r"KUBE-FORWARD",
            rule=r"--ctstate INVALID .*-j DROP|--ctstate INVALID -j DROP",
            said=(
                "Packets of no connection are dropped: they would leave untranslated, and break connections.",
                "丢弃不属于任何连接的包，否则会不经转换地离开并破坏连接。",
            ),
        ),
    ),
    keeper=Keeper(
        name="kubernetes",
        chains=r"KUBE-.+",
        spare=r"KUBE-(?:PROXY-CANARY|KUBELET-CANARY|IPTABLES-HINT|MARK-DROP|MARK-MASQ)",
        rules=r'.* --comment "kubernetes .*" .*',
    ),
)
