"""中文：istio journey 的帮助和错误短语。英文原文即键."""

from __future__ import annotations

from types import MappingProxyType

PHRASES = MappingProxyType(
    {
        "Follow one request through both sidecars, hop by hop.": "跟踪一个请求逐跳经过两端的 sidecar。",
        "From the client's application by its Envoy to the server's, and to the application there: what each of them sees, and by which rule. What the rules of a pod do that has no dump here is not known, and stays open.": "从客户端的应用经它的 Envoy 到服务端的 Envoy，再到那里的应用：各方看到的地址，以及由哪条规则决定。没有转储的 Pod，其规则如何处理不得而知。",
        "Rules of the client's pod: a dump, or a manifest that stands for one.": "客户端 Pod 的规则：转储，或可代替它的清单。",
        "Rules of the pod that answers, likewise.": "服务端 Pod 的规则，格式同上。",
        "The client is the server: a pod calls itself.": "客户端就是服务端：Pod 访问自己。",
        "The kubelet asks the server's pod whether it is well.": "由 kubelet 对服务端 Pod 进行健康探测。",
        "Version of Istio, for manifests.": "Istio 的版本，用于清单。",
        "What the client asks for: a service or a pod.": "客户端访问的地址：Service 或 Pod。",
        "The port it asks for; 80.": "客户端访问的端口；默认 80。",
        "The pod's port behind the service's.": "Service 端口对应的 Pod 端口。",
        "tcp or udp.": "tcp 或 udp。",
        "The client's pod.": "客户端 Pod 的地址。",
        "The pod that answers.": "服务端 Pod 的地址。",
        "User of the client's application; 1000.": "客户端应用的用户；默认 1000。",
        "Group of the client's application; 1000.": "客户端应用的用户组；默认 1000。",
        "User of the server's application; 1000.": "服务端应用的用户；默认 1000。",
        "Group of the server's application; 1000.": "服务端应用的用户组；默认 1000。",
        "User of the proxies; 1337, or as they need.": "代理的用户；默认 1337，或按其模式所需。",
        "Group of the proxies; 1337.": "代理的用户组；默认 1337。",
        "Where the server's proxy reaches its application; 127.0.0.1 up to Istio 1.9.": "服务端代理访问其应用的地址；Istio 1.9 及以前为 127.0.0.1。",
        "a request is tcp or udp": "请求只能是 tcp 或 udp",
        "a request is of IPv4 or of IPv6": "一个请求要么是 IPv4，要么是 IPv6",
        "{text} is not one value": "{text} 不是单个值",
    }
)
