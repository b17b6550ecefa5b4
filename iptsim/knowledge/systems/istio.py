"""Istio's sidecar: what istio-init or istio-cni writes into a pod so that Envoy sees its traffic.

Sources: istio/istio at its tags: tools/deb/istio-iptables.sh (up to 1.1), tools/packaging/common/
istio-iptables.sh (1.2 to 1.4), tools/istio-iptables/pkg/{cmd,capture,constants} (from 1.5), cni/pkg.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Limit, Purpose, Sign, System

_HERE = r"(?:127\.0\.0\.1/32|127\.0\.0\.0/8|::1/128)"
# tools/istio-iptables/pkg/capture/run.go: what a Pod sends to itself goes by lo.
_LO = (
    rf"! -d {_HERE} .*-j ISTIO_(?:IN_)?REDIRECT",
    r"-s (?:127\.0\.0\.6/32|::6/128) -j RETURN",
    r".*-m owner ! --[ug]id-owner \d+ -j RETURN",
)
_OWNER = (
    r"-A ISTIO_OUTPUT .*-m owner (?:! )?--[ug]id-owner \d+ -j (?:RETURN|ISTIO_(?:IN_)?REDIRECT)"
)
_OUT = r"ISTIO_OUTPUT"
_IN = r"ISTIO_INBOUND"

SYSTEM = System(
    name="istio",
    title="Istio",
    signs=(
        Sign(chain=r"ISTIO_(?:INBOUND|IN_REDIRECT|REDIRECT|DIVERT|TPROXY)"),
        Sign(chain=r"ISTIO_OUTPUT_DNS", since="1.25"),
        Sign(chain=r"ISTIO_DROP", since="1.24"),
        Sign(chain=_OUT, rule=r"-j ISTIO_(?:IN_)?REDIRECT|-m owner (?:! )?--[ug]id-owner"),
        Sign(
            chain=r"OUTPUT",
            table="raw",
            rule=r"^-p udp -m udp --dport 53 -m owner --[ug]id-owner \S+ -j CT --zone 1",
            since="1.10",
            until="1.22",
        ),
        Sign(
            chain=_OUT,
            table="raw",
            rule=r"--[ug]id-owner \S+ -j CT --zone [12]",
            since="1.23",
            until="1.24",
        ),
        Sign(chain=r"ISTIO_IN_REDIRECT", rule=r"--to-ports 15001$", until="1.5", dates=True),
        Sign(chain=r"ISTIO_IN_REDIRECT", rule=r"--to-ports 15006$", since="1.3", dates=True),
        Sign(
            chain=_OUT,
            rule=rf"^! -d {_HERE} (?:-o lo )?-j ISTIO_REDIRECT$",
            until="1.2",
            dates=True,
        ),
        Sign(
            chain=_OUT,
            rule=rf"^! -d {_HERE} (?:-o lo )?-j ISTIO_IN_REDIRECT$",
            since="1.3",
            until="1.4",
            dates=True,
        ),
        Sign(chain=_OUT, rule=r"^-s (?:127\.0\.0\.6/32|::6/128) ", since="1.3", dates=True),
        Sign(
            chain=_OUT,
            rule=r"--uid-owner \S+ -j ISTIO_IN_REDIRECT",
            lacks=r"\b15008\b",
            since="1.5",
            until="1.17",
            dates=True,
        ),
        Sign(chain=_OUT, rule=r"\b15008 -m owner .*-j ISTIO_IN_REDIRECT", since="1.18", dates=True),
        Sign(chain=_IN, table="nat", lacks=r"--dport 15008 -j RETURN", until="1.6", dates=True),
        Sign(chain=_IN, table="nat", rule=r"--dport 15008 -j RETURN", since="1.7", dates=True),
        Sign(chain=_IN, rule=r"^-p tcp -m tcp --dport 22 -j RETURN", until="1.12", dates=True),
        Sign(
            chain=r"OUTPUT", table="nat", rule=r"^-p tcp -j ISTIO_OUTPUT$", until="1.24", dates=True
        ),
        Sign(chain=r"OUTPUT", table="nat", rule=r"^-j ISTIO_OUTPUT$", since="1.25", dates=True),
        Sign(
            chain=r"OUTPUT",
            table="nat",
            rule=r"-j DNAT --to-destination 127\.0\.0\.1:15053",
            since="1.7",
            until="1.8",
            dates=True,
        ),
        Sign(
            chain=r"ISTIO_REDIRECT", rule=r"--to-ports 15053", since="1.8", until="1.8", dates=True
        ),
        Sign(
            chain=r"OUTPUT",
            table="nat",
            rule=r"--dport 53 -j REDIRECT --to-ports 15053",
            since="1.9",
            until="1.22",
            dates=True,
        ),
        Sign(chain=r"OUTPUT", table="nat", rule=r"^-o \S+ -j RETURN", since="1.11", dates=True),
        Sign(
            chain=r"PREROUTING",
            table="mangle",
            rule=r"^-m conntrack --ctstate INVALID -j DROP",
            until="1.23",
            dates=True,
        ),
        Sign(chain=r"ISTIO_TPROXY", rule=r"--on-port 15001\b", until="1.6", dates=True),
        Sign(chain=r"OUTPUT", table="mangle", rule=r"--set-xmark 0x53a/", since="1.11", dates=True),
        Sign(chain=r".+", table=r"inet istio-proxy-(?:nat|mangle|raw)", since="1.27"),
    ),
    chains={
        "ISTIO_INBOUND": (
            "ISTIO_INBOUND is where Istio picks the arriving connections that Envoy is to see.",
            "Istio 在 ISTIO_INBOUND 里挑出要交给 Envoy 的入站连接。",
        ),
        "ISTIO_IN_REDIRECT": (
            "ISTIO_IN_REDIRECT hands connections to Envoy's inbound port.",
            "ISTIO_IN_REDIRECT 把连接交给 Envoy 的入站端口。",
        ),
        "ISTIO_OUTPUT": (
            "ISTIO_OUTPUT is where Istio picks the outgoing connections that Envoy is to see.",
            "Istio 在 ISTIO_OUTPUT 里挑出要交给 Envoy 的出站连接。",
        ),
        "ISTIO_REDIRECT": (
            "ISTIO_REDIRECT hands connections to Envoy's outbound port.",
            "ISTIO_REDIRECT 把连接交给 Envoy 的出站端口。",
        ),
        "ISTIO_DIVERT": (
            "ISTIO_DIVERT keeps packets of connections that Envoy already holds with Envoy.",
            "ISTIO_DIVERT 让 Envoy 已持有的连接的包仍归 Envoy。",
        ),
        "ISTIO_TPROXY": (
            "ISTIO_TPROXY hands packets to Envoy without rewriting their addresses.",
            "ISTIO_TPROXY 不改地址，直接把包交给 Envoy。",
        ),
        "ISTIO_OUTPUT_DNS": (
            "ISTIO_OUTPUT_DNS sends DNS questions to the sidecar's own DNS proxy.",
            "ISTIO_OUTPUT_DNS 把 DNS 查询送到 sidecar 自己的 DNS 代理。",
        ),
        "ISTIO_DROP": (
            "ISTIO_DROP drops packets that belong to no valid connection.",
            "ISTIO_DROP 丢弃不属于任何有效连接的包。",
        ),
    },
    ports={
        15001: (
            "Port 15001 is where Envoy listens; {asked} reaches it as the original destination.",
            "端口 15001 是 Envoy 监听的端口；{asked}由 Envoy 通过原始目的地址（SO_ORIGINAL_DST）取得。",
        ),
        15006: (
            "Port 15006 is where Envoy listens for connections that arrive; {asked} reaches it as the original destination.",
            "端口 15006 是 Envoy 监听入站连接的端口；{asked}由 Envoy 从原始目的地址取得。",
        ),
        15008: (
            "Port 15008 is the mesh's mutual TLS tunnel (HBONE).",
            "端口 15008 是网格的双向 TLS 隧道（HBONE）。",
        ),
        15053: (
            "Port 15053 is the sidecar agent's DNS proxy.",
            "端口 15053 是 sidecar 的 DNS 代理。",
        ),
        15020: (
            "Port 15020 is the sidecar agent's health and merged metrics.",
            "15020 是 sidecar agent 的健康检查与合并指标端口。",
        ),
        15021: ("Port 15021 is Envoy's health check.", "15021 是 Envoy 的健康检查端口。"),
        15090: (
            "Port 15090 is where Envoy offers its metrics to Prometheus.",
            "15090 是 Envoy 向 Prometheus 提供指标的端口。",
        ),
    },
    users={
        1337: (
            "User and group 1337 run Envoy itself, whose own traffic must not be caught again.",
            "用户和用户组 1337 是 Envoy 自己，它自身的流量不能再被拦截。",
        )
    },
    marks={
        "0x539": (
            "Mark 0x539 (1337) is on packets that Envoy handles in TPROXY mode.",
            "标记 0x539（1337）表示由 Envoy 以 TPROXY 模式处理的包。",
        ),
        "0x539/0xffffffff": (
            "Mark 0x539 (1337) has packets routed to Envoy on this host (table 133).",
            "标记 0x539（1337）使包经路由表 133 送到本机的 Envoy。",
        ),
        "0x53a/0xffffffff": (
            "Mark 0x53a (1338) is on what the pod sends to itself through Envoy.",
            "标记 0x53a（1338）表示 Pod 经 Envoy 发给自己的包。",
        ),
    },
    rules=(
        Purpose(
            chain=_IN,
            rule=r"--dport 15008 -j RETURN",
            said=(
                "The mesh's tunnel (HBONE, port 15008) is Envoy's own port: it needs no redirection.",
                "网格隧道（HBONE，端口 15008）本来就是 Envoy 的端口，无需重定向。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"--dport (?P<port>15020|15021|15090) -j RETURN",
            said=(
                "Port {port} belongs to the sidecar itself (health, metrics): it is left alone.",
                "端口 {port} 属于 sidecar 自身（健康检查、指标），不拦截。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"--dport 22 -j RETURN",
            said=(
                "SSH is left alone, as Istio did up to 1.12.",
                "不拦截 SSH（Istio 1.12 及以前的做法）。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"--dport (?P<port>\d+) -j RETURN",
            said=(
                "Port {port} is excluded from capture (excludeInboundPorts): it reaches the application without Envoy.",
                "端口 {port} 被排除在拦截之外（excludeInboundPorts），不经过 Envoy 直达应用。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"--dport (?P<port>[\d:]+) -j ISTIO_(?:IN_REDIRECT|TPROXY)",
            said=(
                "Port {port} is one of the listed inbound ports (includeInboundPorts, or containerPorts up to 1.2): Envoy gets it.",
                "端口 {port} 在入站端口列表中（includeInboundPorts；1.2 及以前为 containerPort），交给 Envoy。",
            ),
        ),
        Purpose(
            chain=_IN,
            rule=r"^(?:-p tcp )?-j ISTIO_(?:IN_REDIRECT|TPROXY)",
            said=(
                "Every other inbound port goes to Envoy (includeInboundPorts: `*`).",
                "其余所有入站端口都交给 Envoy（includeInboundPorts 为 `*`）。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_IN_REDIRECT",
            rule=r"--to-ports 15001$",
            said=(
                "Here inbound connections go to 15001, just as outbound ones by ISTIO_REDIRECT. Where all ports are captured Istio takes 15006 for them since 1.3, always since 1.6: then the two chains differ.",
                "这里入站连接也重定向到 15001，与 ISTIO_REDIRECT 相同。拦截所有端口时 Istio 从 1.3 起改用 15006，1.6 起一律用 15006，此后两条链不再相同。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_IN_REDIRECT",
            rule=r"--to-ports 15006$",
            said=(
                "15006 is Envoy's inbound port (since Istio 1.3); outbound connections go to 15001 by ISTIO_REDIRECT.",
                "15006 是 Envoy 的入站端口（Istio 1.3 起）；出站连接由 ISTIO_REDIRECT 重定向到 15001。",
            ),
        ),
        Purpose(
            chain=r"ISTIO_REDIRECT",
            rule=r"--to-ports 15001$",
            said=(
                "15001 is Envoy's outbound port.",
                "15001 是 Envoy 的出站端口。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-s (?:127\.0\.0\.6/32|::6/128) ",
            said=(
                "What Envoy passes on to the pod's own application has this source: it is not caught again.",
                "Envoy 转交给本 Pod 应用的流量使用这个源地址，不再拦截。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=rf"^! -d {_HERE} .*--[ug]id-owner \S+ -j ISTIO_(?:IN_)?REDIRECT",
            said=(
                "Envoy calling its own pod by the pod's or a service's address: it goes through Envoy's inbound side, too.",
                "Envoy 以 Pod 或 Service 地址访问本 Pod 自己：同样要经过 Envoy 的入站侧。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=rf"^! -d {_HERE} (?:-o lo )?-j ISTIO_(?:IN_)?REDIRECT",
            said=(
                "A pod that calls itself by another address than 127.0.0.1 goes through Envoy.",
                "Pod 用 127.0.0.1 以外的地址访问自己时，要经过 Envoy。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"-m owner ! --[ug]id-owner \S+ -j RETURN",
            said=(
                "The application talking to itself by localhost is left alone.",
                "应用通过 localhost 访问自己，不拦截。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-m owner --(?P<kind>[ug]id)-owner (?P<id>\S+) -j RETURN",
            said=(
                "Envoy's own traffic ({kind} {id}) leaves without being caught again; an application that runs as {kind} {id} bypasses Envoy, too.",
                "Envoy 自身（{kind} {id}）发出的流量不再拦截；以 {kind} {id} 运行的应用也会绕过 Envoy。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=rf"^-d {_HERE} -j RETURN",
            said=("Loopback is left alone.", "环回地址不拦截。"),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-d (?P<to>\S+) -j RETURN",
            said=(
                "{to} is excluded from capture (excludeOutboundIPRanges).",
                "{to} 被排除在拦截之外（excludeOutboundIPRanges）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"--dport (?!15020 )(?P<port>\d+) -j RETURN",
            said=(
                "Outbound port {port} is excluded from capture (excludeOutboundPorts).",
                "出站端口 {port} 被排除在拦截之外（excludeOutboundPorts）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-d (?P<to>\S+) -j ISTIO_REDIRECT",
            said=(
                "{to} is one of the listed outbound ranges (includeOutboundIPRanges): Envoy gets it.",
                "{to} 在出站地址列表中（includeOutboundIPRanges），交给 Envoy。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"--dport (?P<port>\d+) -j ISTIO_REDIRECT",
            said=(
                "Outbound port {port} is listed (includeOutboundPorts): Envoy gets it wherever it leads.",
                "出站端口 {port} 在列表中（includeOutboundPorts），无论去往哪里都交给 Envoy。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-j ISTIO_REDIRECT",
            said=(
                "All other outbound TCP goes to Envoy (includeOutboundIPRanges: `*`).",
                "其余所有出站 TCP 都交给 Envoy（includeOutboundIPRanges 为 `*`）。",
            ),
        ),
        Purpose(
            chain=_OUT,
            rule=r"^-m owner ! --gid-owner ",
            said=(
                "Only the listed groups are captured (ISTIO_OUTBOUND_OWNER_GROUPS).",
                "只拦截列出的用户组（ISTIO_OUTBOUND_OWNER_GROUPS）。",
            ),
        ),
        Purpose(
            chain=r"(?:ISTIO_)?OUTPUT(?:_DNS)?|ISTIO_REDIRECT",
            rule=r"15053",
            said=(
                "DNS questions go to the sidecar agent's DNS proxy (ISTIO_META_DNS_CAPTURE).",
                "DNS 查询交给 sidecar agent 的 DNS 代理（ISTIO_META_DNS_CAPTURE）。",
            ),
        ),
        Purpose(
            chain=r"(?:ISTIO_)?(?:OUTPUT|OUTPUT_DNS|INBOUND)|PREROUTING",
            rule=r"--(?:dport|sport) (?:53|15053) .*-j CT --zone",
            said=(
                "Puts the sidecar's DNS into connection tracking zones of its own, so that its ports don't clash with the application's.",
                "把 sidecar 的 DNS 放进单独的连接跟踪区域（zone），避免与应用的端口冲突。",
            ),
        ),
        Purpose(
            chain=r"OUTPUT",
            rule=r"--dport 53 -m owner --[ug]id-owner \S+ -j RETURN",
            said=(
                "DNS questions of the sidecar itself are left alone.",
                "sidecar 自身的 DNS 查询不拦截。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING|ISTIO_DROP",
            rule=r"--ctstate INVALID -j DROP",
            said=(
                "Drops packets of no valid connection (INVALID_DROP), so that the pod doesn't reset its own connections.",
                "丢弃无效连接的包（INVALID_DROP），以免 Pod 误发 RST 断开自己的连接。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING",
            rule=r"^-i (?P<by>\S+) .*-j ISTIO_REDIRECT",
            said=(
                "What arrives by {by} (kubevirtInterfaces, reroute-virtual-interfaces) is the guest's outbound traffic: Envoy's outbound port gets it.",
                "从 {by} 进入的（kubevirtInterfaces、reroute-virtual-interfaces）是虚拟机的出站流量，交给 Envoy 的出站端口。",
            ),
        ),
    ),
    limits=tuple(Limit(chain="ISTIO_OUTPUT", text=text) for text in _LO),
    # Each uid and each gid gets the same rules in turn.
    keeper=Keeper(name="istio", chains=r"ISTIO_.+", last=_OWNER, by=_OWNER),
)
