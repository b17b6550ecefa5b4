"""中文：istio rules 的帮助和错误短语。英文原文即键."""

from __future__ import annotations

from types import MappingProxyType

PHRASES = MappingProxyType(
    {
        "Write the rules that Istio would give a pod.": "写出 Istio 会为某个 Pod 创建的规则。",
        "What decided them is told on standard error: the version, and which setting chose the inbound ports. A pod that was injected is taken by its init container's arguments. With --and, exit code 1 where the two versions differ in effect.": "标准错误会说明依据：版本，以及由哪项设置决定入站端口。已注入的 Pod 按其 init 容器的参数处理。使用 --and 时，如果两个版本的效果不同，则退出码为 1。",
        "A manifest that makes pods; - is standard input.": "会创建 Pod 的清单；- 表示标准输入。",
        "Version of Istio; by default that of the proxy's image, or 1.30.": "Istio 的版本；默认取代理镜像的版本，否则为 1.30。",
        "Tell what changes from the version to this one.": "说明从上述版本到这个版本有哪些变化。",
        "MeshConfig, bare or in its ConfigMap.": "MeshConfig，可以是其本身或所在的 ConfigMap。",
        "Values of the injector, as Helm takes them.": "注入器的 values，格式与 Helm 的相同。",
        "istio-cni writes the rules, not an init container.": "规则由 istio-cni 而不是 init 容器写入。",
        "What the rules are made of.": "规则使用哪种后端。",
        "The pod of this name, where there are several.": "有多个 Pod 时，取这个名字的 Pod。",
        "A server of the pod's resolv.conf, for captured DNS.": "Pod 的 resolv.conf 中的一个服务器，用于 DNS 拦截。",
        "The IPv4 rules, as by default.": "IPv4 规则（默认）。",
        "The IPv6 rules.": "IPv6 规则。",
        "As iptables-save, as iptables -L -n -v, or as JSON.": "按 iptables-save、iptables -L -n -v 的格式或 JSON 写出。",
        "This table alone.": "只写这个表。",
        "REDIRECT, TPROXY or NONE": "REDIRECT、TPROXY 或 NONE",
        "a port": "一个端口",
        "ports with commas, or *": "以逗号分隔的端口，或 *",
        "ports with commas": "以逗号分隔的端口",
        "ranges such as 10.0.0.0/8, with commas, or *": "以逗号分隔的地址段，如 10.0.0.0/8，或 *",
        "ranges such as 10.0.0.0/8, with commas": "以逗号分隔的地址段，如 10.0.0.0/8",
        "interfaces with commas": "以逗号分隔的网卡名",
        "1 to 65535": "1 到 65535",
    }
)
