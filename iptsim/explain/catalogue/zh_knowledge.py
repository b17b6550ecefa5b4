"""常见的链、端口与用户的含义(键在 iptsim.knowledge 中)."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "know.istio.chain.ISTIO_INBOUND": "Istio 在 ISTIO_INBOUND 里挑出要交给 Envoy 的入站连接。",
        "know.istio.chain.ISTIO_IN_REDIRECT": "ISTIO_IN_REDIRECT 把连接交给 Envoy 的入站端口。",
        "know.istio.chain.ISTIO_OUTPUT": "Istio 在 ISTIO_OUTPUT 里挑出要交给 Envoy 的出站连接。",
        "know.istio.chain.ISTIO_REDIRECT": "ISTIO_REDIRECT 把连接交给 Envoy 的出站端口。",
        "know.istio.chain.ISTIO_DIVERT": "ISTIO_DIVERT 让 Envoy 已持有的连接的包仍归 Envoy。",
        "know.istio.chain.ISTIO_TPROXY": "ISTIO_TPROXY 不改地址，直接把包交给 Envoy。",
        "know.istio.chain.ISTIO_OUTPUT_DNS": "ISTIO_OUTPUT_DNS 把 DNS 查询送到 sidecar 自己的 DNS 代理。",
        "know.istio.chain.ISTIO_DROP": "ISTIO_DROP 丢弃不属于任何有效连接的包。",
        "know.istio.chain.ISTIO_PRERT": "ambient 模式在 ISTIO_PRERT 里接管进入 pod 的包。",
        "know.istio.chain.ISTIO_POSTRT": "ISTIO_POSTRT 让节点的健康检查能进入 ambient 的 pod。",
        "know.istio.port.15001": "端口 15001 是 Envoy 监听的端口；{asked}作为原始目的地转告给它。",
        "know.istio.port.15006": (
            "端口 15006 是 Envoy 监听入站连接的端口；{asked}作为原始目的地转告给它。"
        ),
        "know.istio.port.15008": "端口 15008 是网格的双向 TLS 隧道（HBONE）。",
        "know.istio.port.15053": "端口 15053 是边车代理的 DNS 代理。",
        "know.istio.port.15020": "15020 是 sidecar agent 的健康检查与合并指标端口。",
        "know.istio.port.15021": "15021 是 Envoy 的健康检查端口。",
        "know.istio.port.15090": "15090 是 Envoy 向 Prometheus 提供指标的端口。",
        "know.istio.user.1337": "用户和组 1337 运行 Envoy 自己，它自己的流量不能再被拦截。",
        "know.kubernetes.chain.KUBE-SERVICES": "kube-proxy 在 KUBE-SERVICES 里查找 service 的地址。",
        "know.kubernetes.chain.KUBE-NODEPORTS": "kube-proxy 在 KUBE-NODEPORTS 里查找节点端口上的 service。",
        "know.kubernetes.chain.KUBE-SVC-*": "KUBE-SVC 链把一个 service 的连接分摊到它的各个 pod。",
        "know.kubernetes.chain.KUBE-SVL-*": "KUBE-SVL 链把一个 service 的连接分摊到本节点上的 pod。",
        "know.kubernetes.chain.KUBE-SEP-*": "KUBE-SEP 链把连接送到 service 的某一个 pod。",
        "know.kubernetes.chain.KUBE-EXT-*": "KUBE-EXT 链接收从集群外访问 service 的连接。",
        "know.kubernetes.chain.KUBE-XLB-*": "KUBE-XLB 链接收从集群外访问负载均衡 service 的连接。",
        "know.kubernetes.chain.KUBE-FW-*": "KUBE-FW 链只让允许的来源访问负载均衡 service。",
        "know.kubernetes.chain.KUBE-POSTROUTING": "KUBE-POSTROUTING 把带标记的连接的源地址换成本节点的地址。",
        "know.kubernetes.chain.KUBE-MARK-MASQ": "KUBE-MARK-MASQ 给离开时要换成本节点地址的连接打标记。",
        "know.kubernetes.chain.KUBE-MARK-DROP": "KUBE-MARK-DROP 给要由 KUBE-FIREWALL 丢弃的包打标记。",
        "know.kubernetes.chain.KUBE-FORWARD": "KUBE-FORWARD 让 service 的流量经过本节点。",
        "know.kubernetes.chain.KUBE-FIREWALL": "KUBE-FIREWALL 丢弃带标记的包，以及冒充本机的外来包。",
        "know.kubernetes.chain.KUBE-EXTERNAL-SERVICES": "KUBE-EXTERNAL-SERVICES 拒绝访问没有 pod 的 service 的外部地址。",
        "know.kubernetes.chain.KUBE-PROXY-FIREWALL": "KUBE-PROXY-FIREWALL 丢弃负载均衡 service 不允许的包。",
        "know.kubernetes.chain.KUBE-PROXY-CANARY": "KUBE-PROXY-CANARY 不做任何事；它消失时,kube-proxy 就知道规则被清空了。",
        "know.kubernetes.chain.KUBE-KUBELET-CANARY": "KUBE-KUBELET-CANARY 不做任何事；它消失时,kubelet 就知道规则被清空了。",
        "know.kubernetes.chain.KUBE-IPTABLES-HINT": "KUBE-IPTABLES-HINT 不做任何事；它告诉别的程序本节点用的是哪种 iptables。",
        "know.docker.chain.DOCKER": "DOCKER 存放容器所发布端口的规则。",
        "know.docker.chain.DOCKER-USER": "DOCKER-USER 留给管理员,Docker 最先询问它。",
        "know.docker.chain.DOCKER-FORWARD": "Docker 在 DOCKER-FORWARD 里裁决进出容器的包。",
        "know.docker.chain.DOCKER-BRIDGE": "DOCKER-BRIDGE 区分 Docker 的各个网桥。",
        "know.docker.chain.DOCKER-CT": "DOCKER-CT 让已建立连接的包到达容器。",
        "know.docker.chain.DOCKER-INTERNAL": "DOCKER-INTERNAL 把内部网络与外界隔开。",
        "know.docker.chain.DOCKER-INGRESS": "DOCKER-INGRESS 分发访问 swarm 发布端口的连接。",
        "know.docker.chain.DOCKER_OUTPUT": "DOCKER_OUTPUT 把容器的 DNS 查询送到 Docker 自己的解析器。",
        "know.docker.chain.DOCKER_POSTROUTING": "DOCKER_POSTROUTING 让 Docker 解析器的回答看起来来自端口 53。",
        "know.docker.chain.DOCKER-ISOLATION-STAGE-1": "DOCKER-ISOLATION-STAGE-1 找出要离开某个 Docker 网络的包。",
        "know.docker.chain.DOCKER-ISOLATION-STAGE-2": "DOCKER-ISOLATION-STAGE-2 丢弃要从一个 Docker 网络进入另一个的包。",
        "know.limit": "Istio 在 {rule} 中写有 `-o {out}`，因此从其他接口发出的包走“有限定”的那一路。",
    }
)
