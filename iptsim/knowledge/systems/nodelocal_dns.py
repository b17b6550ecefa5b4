"""NodeLocal DNSCache: a resolver on each node, whose packets are not tracked.

Sources: kubernetes/dns, cmd/node-cache/app/cache_app.go, read at 1.15.0 to 1.26.7 (comments from 1.22.19 on). The rules are
for each address that the cache listens on: its own (169.254.20.10 in the documents) and the DNS service's.
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

_NOTE = r'--comment "?NodeLocal DNS Cache: '

SYSTEM = System(
    name="nodelocal-dns",
    title="NodeLocal DNS",
    signs=(
        Sign(chain=r"PREROUTING|OUTPUT|INPUT", rule=_NOTE, since="1.22.19"),
        Sign(
            chain=r"PREROUTING|OUTPUT",
            table="raw",
            rule=r"^-[ds] 169\.254\.(?:20\.10|25\.10)/32 .*-j (?:CT --notrack|NOTRACK)",
        ),
    ),
    addresses={
        "169.254.20.10/32": (
            "169.254.20.10 is the node's own DNS cache.",
            "169.254.20.10 是节点本地的 DNS 缓存。",
        )
    },
    rules=(
        Purpose(
            chain=r"PREROUTING|OUTPUT",
            rule=_NOTE
            + r'skip conntrack"?|^-[ds] 169\.254\.(?:20|25)\.10/32 .*-j (?:CT --notrack|NOTRACK)',
            said=(
                "Packets of the node's DNS cache are not tracked, so no translation (kube-proxy's) touches them.",
                "节点 DNS 缓存的包不被连接跟踪，因此不受任何 NAT（如 kube-proxy）影响。",
            ),
        ),
        Purpose(
            chain=r"INPUT|OUTPUT",
            rule=_NOTE + r'allow DNS traffic"?',
            said=("DNS to the node's cache is allowed.", "放行访问节点 DNS 缓存的流量。"),
        ),
    ),
)
