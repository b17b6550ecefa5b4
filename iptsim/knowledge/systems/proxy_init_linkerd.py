"""Linkerd's sidecar: what proxy-init or linkerd-cni writes into a pod.

Sources: linkerd/linkerd2-proxy-init, pkg/iptables/iptables.go at proxy-init/v2.4.9; Linkerd's «IPTables Reference».
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

_OUT, _IN = r"PROXY_INIT_OUTPUT", r"PROXY_INIT_REDIRECT"

SYSTEM = System(
    name="linkerd",
    title="Linkerd",
    signs=(
        Sign(chain=r"PROXY_INIT_(?:OUTPUT|REDIRECT)"),
        Sign(chain=r"PREROUTING|OUTPUT", rule=r"--comment \"?proxy-init/"),
    ),
    chains={
        "PROXY_INIT_REDIRECT": (
            "PROXY_INIT_REDIRECT hands arriving connections to Linkerd's proxy.",
            "PROXY_INIT_REDIRECT 把入站连接交给 Linkerd 代理。",
        ),
        "PROXY_INIT_OUTPUT": (
            "PROXY_INIT_OUTPUT hands outgoing connections to Linkerd's proxy.",
            "PROXY_INIT_OUTPUT 把出站连接交给 Linkerd 代理。",
        ),
    },
    ports={
        4143: (
            "Port 4143 is where Linkerd's proxy listens for connections that arrive; {asked} reaches it as the original destination.",
            "端口 4143 是 Linkerd 代理监听入站连接的端口；{asked}由代理从原始目的地址取得。",
        ),
        4140: (
            "Port 4140 is where Linkerd's proxy listens for outgoing connections; {asked} reaches it as the original destination.",
            "端口 4140 是 Linkerd 代理监听出站连接的端口；{asked}由代理从原始目的地址取得。",
        ),
        4190: (
            "Port 4190 is the admin port of Linkerd's proxy.",
            "端口 4190 是 Linkerd 代理的管理端口。",
        ),
        4191: (
            "Port 4191 is where Linkerd's proxy offers its metrics.",
            "端口 4191 是 Linkerd 代理提供指标的端口。",
        ),
    },
    users={
        2102: (
            "User 2102 runs Linkerd's proxy, whose own traffic must not be caught again.",
            "用户 2102 是 Linkerd 代理自己，它的流量不能再被拦截。",
        )
    },
    rules=(
        Purpose(
            chain=r"PROXY_INIT_OUTPUT",
            rule=r"--gid-owner (?P<id>\S+) .*-j RETURN",
            said=(
                "The proxy's own traffic (gid {id}) is not caught again; an application of group {id} bypasses it, too.",
                "代理自身（gid {id}）的流量不再拦截；以 gid {id} 运行的应用也会绕过它。",
            ),
        ),
        Purpose(
            chain=r"PROXY_INIT_REDIRECT",
            rule=r"^-s (?P<net>\S+) .*-j RETURN",
            said=(
                "What comes from {net} goes past the proxy (skip-subnets).",
                "来自 {net} 的流量不经过代理（skip-subnets）。",
            ),
        ),
        Purpose(
            chain=r"PROXY_INIT_REDIRECT",
            rule=r"--dport (?P<port>\d+) .*--to-ports (?P<to>\d+)",
            said=(
                "Connections to port {port} go to the proxy ({to}).",
                "到端口 {port} 的连接交给代理（{to}）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"--uid-owner (?P<id>\S+) .*-j RETURN",
            said=(
                "The proxy's own traffic (uid {id}) is not caught again; an application that runs as uid {id} bypasses it, too.",
                "代理自身（uid {id}）的流量不再拦截；以 uid {id} 运行的应用也会绕过它。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"-o lo .*-j RETURN",
            said=("Loopback is left alone.", "环回流量不拦截。"),
        ),
        Purpose(
            chain=_IN,
            rule=r"--dports? (?P<port>\S+) .*-j RETURN",
            said=(
                "Inbound ports {port} go past the proxy (skip-inbound-ports).",
                "入站端口 {port} 不经过代理（skip-inbound-ports）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"--dports? (?P<port>\S+) .*-j RETURN",
            said=(
                "Outbound ports {port} go past the proxy (skip-outbound-ports).",
                "出站端口 {port} 不经过代理（skip-outbound-ports）。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"--to-ports (?P<port>\d+)",
            said=(
                "All other inbound TCP goes to the proxy ({port}).",
                "其余入站 TCP 都交给代理（{port}）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"--to-ports (?P<port>\d+)",
            said=(
                "All other outbound TCP goes to the proxy ({port}).",
                "其余出站 TCP 都交给代理（{port}）。",
            ),
        ),
    ),
    keeper=Keeper(name="linkerd", chains=r"PROXY_INIT_(?:OUTPUT|REDIRECT)"),
)
