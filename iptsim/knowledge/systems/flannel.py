"""flannel's masquerading and forwarding.

Sources: flannel-io/flannel, pkg/trafficmngr/iptables/iptables.go and pkg/trafficmngr/nftables/nftables.go at v0.28.9
(network/iptables.go up to v0.20; the chains FLANNEL-* are from v0.20 on, nftables from v0.25).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="flannel",
    title="flannel",
    signs=(
        Sign(chain=r"FLANNEL-(?:POSTRTG|FWD)"),
        Sign(chain=r"FORWARD|POSTROUTING", rule=r'--comment "flanneld '),
        Sign(chain=r"FLANNEL-POSTRTG|FLANNEL-FWD", since="0.20", dates=True),
        Sign(chain=r".+", table=r"ip6? flannel-ipv[46]", since="0.25"),
    ),
    chains={
        "FLANNEL-POSTRTG": (
            "FLANNEL-POSTRTG gives what pods send out of the pod network this node's address.",
            "FLANNEL-POSTRTG 把 Pod 发往 Pod 网络之外的包换成本节点源地址。",
        ),
        "FLANNEL-FWD": (
            "FLANNEL-FWD lets the pod network's packets pass through this node.",
            "FLANNEL-FWD 放行经过本节点的 Pod 网络流量。",
        ),
        "postrtg": (
            "postrtg gives what pods send out of the pod network this node's address.",
            "postrtg 把 Pod 发往 Pod 网络之外的包换成本节点源地址。",
        ),
        "forward": (
            "forward lets the pod network's packets pass through this node.",
            "forward 放行经过本节点的 Pod 网络流量。",
        ),
    },
    rules=(
        Purpose(
            chain=r"FLANNEL-POSTRTG|POSTROUTING",
            rule=r'^-m mark --mark 0x4000/0x4000 .*"flanneld masq" -j RETURN',
            said=(
                "What kube-proxy marked is left to kube-proxy's own rules.",
                "kube-proxy 打过标记的包交给 kube-proxy 自己的规则处理。",
            ),
        ),
        Purpose(
            chain=r"FLANNEL-POSTRTG|POSTROUTING",
            rule=r'^-s (?P<net>\S+) -d (?P<to>\S+) .*"flanneld masq" -j (?:RETURN|ACCEPT)',
            said=(
                "Pods among each other ({net} to {to}) keep their addresses.",
                "Pod 之间（{net} 到 {to}）保留源地址。",
            ),
        ),
        Purpose(
            chain=r"FLANNEL-POSTRTG|POSTROUTING",
            rule=r'^-s (?P<net>\S+) ! -d \S+ .*"flanneld masq" -j MASQUERADE',
            said=(
                "Pods ({net}) reach the outside with this node's address.",
                "Pod（{net}）以本节点地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"FLANNEL-POSTRTG|POSTROUTING",
            rule=r'"flanneld masq" -j RETURN',
            said=(
                "Pods of this node see the true source of what comes to them.",
                "本节点的 Pod 能看到来访者的真实源地址。",
            ),
        ),
        Purpose(
            chain=r"FLANNEL-POSTRTG|POSTROUTING",
            rule=r'"flanneld masq" -j MASQUERADE',
            said=(
                "What comes from outside to pods of other nodes gets this node's address.",
                "从外部经本节点去往其他节点 Pod 的包换成本节点源地址。",
            ),
        ),
        Purpose(
            chain=r"FLANNEL-FWD|FORWARD",
            rule=r'"flanneld forward"',
            said=(
                "The pod network's packets pass through this node.",
                "Pod 网络的包可以经过本节点。",
            ),
        ),
    ),
    keeper=Keeper(name="flannel", chains=r"FLANNEL-.+", rules=r'.* --comment "flanneld .*" .*'),
)
