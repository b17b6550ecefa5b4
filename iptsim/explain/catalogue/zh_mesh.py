"""中文：尚未写入内核的 Istio 规则."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0900": "{text} 不是 Istio 版本号，应如 1.18 或 1.18.7",
        "IPT0901": "不了解 Istio {version}：只支持 {oldest} 到 {newest}",
        "IPT0902": "Istio 不接受 {name} 的取值：{value}",
        "IPT0903": "{value} 不是端口",
        "IPT0904": "清单中没有会创建 Pod 的对象：{kinds}",
        "IPT0905": "清单不会创建名为 {name} 的 Pod，只有 {known}",
        "IPT0906": "istio-iptables 没有选项 {name}",
        "IPT0907": "{name} 缺少取值",
        "IPT0908": "Istio 无法把 {value} 交给 iptables",
        "IPT0910": "不了解 {version} 的 istio-cni：从 1.1.5 开始支持",
        "IPT0912": "Istio {version} 不会为它写 nftables 规则：从 {first} 开始才可以",
        "IPT0913": "--backend nft 写出的是 nft 脚本，不能与 {option} 同用",
        "IPT0920.containers.some": "Istio {version}：拦截入站端口 {ports}，因为容器声明了这些端口（containerPort）。1.2 及以前由它决定；从 1.3 起拦截所有端口。",
        "IPT0920.containers.none": "Istio {version}：不拦截任何入站端口，因为没有容器声明端口（containerPort）。1.2 及以前由它决定；从 1.3 起拦截所有端口。",
        "IPT0920.plugin.some": "Istio {version} 的 istio-cni：拦截入站端口 {ports}，因为容器声明了这些端口（containerPort）；1.8 及以前的插件以此为准。",
        "IPT0920.plugin.none": "Istio {version} 的 istio-cni：不拦截任何入站端口，因为没有容器声明端口（containerPort）；1.8 及以前的插件以此为准。",
        "IPT0920.default.all": "Istio {version}：拦截所有入站端口，与 containerPort 无关，这是 1.3 起的默认行为。注解 traffic.sidecar.istio.io/includeInboundPorts 可以指定端口列表。",
        "IPT0920.told.all": "Istio {version}：按照 {source}，拦截所有入站端口。",
        "IPT0920.told.some": "Istio {version}：按照 {source}，拦截入站端口 {ports}。",
        "IPT0920.told.none": "Istio {version}：按照 {source}，不拦截任何入站端口。",
        "IPT0921": "假定为 Istio {version}；可用 --istio-version 指定其他版本。",
        "IPT0922": "根据代理镜像的标签，是 Istio {version}。",
        "IPT0923": "Istio {version}：该 Pod 属于 ambient 网格（istio.io/dataplane-mode），流量经过 ztunnel。节点上另有一条规则，用于 kubelet 的探测。",
        "IPT0924.host": "{pod} 使用主机网络：Istio 不会为它创建规则。",
        "IPT0924.inject": "{pod} 不会被注入（sidecar.istio.io/inject）：Istio 不会为它创建规则。",
        "IPT0924.mode": "{pod} 的拦截模式是 NONE：Istio 不会为它创建规则。",
        "IPT0924.node": "{pod} 属于 ambient 网格，但 Istio {version} 不向 Pod 写入规则：节点上的规则（ztunnel-PREROUTING）给集合 ztunnel-pods-ips 中地址发出的包打标记，并路由到 ztunnel。",
        "IPT0924.nftables": "Istio {version} 被设置为写 nftables 规则（global.nativeNftables）：{pod} 没有 iptables 规则。",
        "IPT0925.4": "假定 Pod 没有 IPv6 地址（可由 status.podIPs 说明）；此时 Istio {version} 的脚本会封闭 IPv6。",
        "IPT0925.6": "假定 Pod 有 IPv6 地址（可由 status.podIPs 说明）；否则 Istio {version} 不会创建 IPv6 规则。",
        "IPT0926": "Istio {version} 会拦截发往 Pod 的 resolv.conf 中各服务器的 DNS 查询，但清单没有说明是哪些服务器，因此这里缺少相应规则。可用 --dns-server 指定。",
        "IPT0927": "这里缺少用户组 {groups} 的规则：组的编号由代理镜像决定。",
        "IPT0928": "{pods} 得到的都是这些规则。",
    }
)
