"""Cilium's agent: what it leaves to iptables beside its eBPF programs.

Sources: cilium/cilium, pkg/datapath/iptables/iptables.go (commits d7be95528252, 00035a78a438),
pkg/datapath/linux/linux_defaults (marks). The rules' comments tell what they are for.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="cilium",
    title="Cilium",
    signs=(
        Sign(chain=r"(?:OLD_)?CILIUM_.+"),
        Sign(
            chain=r"INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING",
            rule=r'--comment "?cilium(?:-feeder|-xfrm-notrack)?: ',
        ),
    ),
    chains={
        "CILIUM_INPUT": (
            "CILIUM_INPUT lets Cilium's proxies get their packets.",
            "CILIUM_INPUT 放行送给 Cilium 代理的包。",
        ),
        "CILIUM_OUTPUT": (
            "CILIUM_OUTPUT marks what this host and Cilium's proxies send.",
            "CILIUM_OUTPUT 给本机与 Cilium 代理发出的包打标记。",
        ),
        "CILIUM_FORWARD": (
            "CILIUM_FORWARD lets packets from and to Cilium's interfaces pass.",
            "CILIUM_FORWARD 放行进出 Cilium 接口的包。",
        ),
        "CILIUM_PRE_mangle": (
            "CILIUM_PRE_mangle hands packets that a policy of layer 7 is for to Cilium's proxy.",
            "CILIUM_PRE_mangle 把需要七层策略的包交给 Cilium 代理。",
        ),
        "CILIUM_POST_mangle": (
            "CILIUM_POST_mangle changes packets that leave.",
            "CILIUM_POST_mangle 修改离开的包。",
        ),
        "CILIUM_PRE_nat": (
            "CILIUM_PRE_nat translates destinations for Cilium.",
            "CILIUM_PRE_nat 为 Cilium 转换目的地址。",
        ),
        "CILIUM_OUTPUT_nat": (
            "CILIUM_OUTPUT_nat translates destinations of what this host sends.",
            "CILIUM_OUTPUT_nat 转换本机发出的包的目的地址。",
        ),
        "CILIUM_POST_nat": (
            "CILIUM_POST_nat gives what pods send out of the cluster this node's address.",
            "CILIUM_POST_nat 把 Pod 发往集群外的包换成本节点源地址。",
        ),
        "CILIUM_PRE_raw": (
            "CILIUM_PRE_raw keeps the proxies' packets from being tracked.",
            "CILIUM_PRE_raw 让代理的包不被连接跟踪。",
        ),
        "CILIUM_OUTPUT_raw": (
            "CILIUM_OUTPUT_raw keeps the proxies' packets from being tracked.",
            "CILIUM_OUTPUT_raw 让代理的包不被连接跟踪。",
        ),
        "OLD_CILIUM_*": (
            "An OLD_CILIUM chain is left of the agent's last start, until its new rules stand.",
            "OLD_CILIUM 链是 agent 上次启动留下的，新规则就绪后会删除。",
        ),
        "CILIUM_TRANSIENT_FORWARD": (
            "CILIUM_TRANSIENT_FORWARD lets packets pass while the agent exchanges its rules.",
            "CILIUM_TRANSIENT_FORWARD 在 agent 更换规则期间放行转发的包。",
        ),
        "CILIUM_POST_KUBE": (
            "CILIUM_POST_KUBE translates sources after kube-proxy.",
            "CILIUM_POST_KUBE 在 kube-proxy 之后转换源地址。",
        ),
    },
    marks={
        "0x200/0xf00": (
            "Mark 0x200 is on packets that go to Cilium's proxy.",
            "标记 0x200 表示要送往 Cilium 代理的包。",
        ),
        "0xa00/0xe00": (
            "Mark 0xa00 or 0xb00 is on packets that Cilium's proxy sent.",
            "标记 0xa00 或 0xb00 表示 Cilium 代理发出的包。",
        ),
        "0xc00/0xf00": (
            "Mark 0xc00 is on packets of this host itself.",
            "标记 0xc00 表示本机自己的包。",
        ),
        "0xd00/0xf00": ("Mark 0xd00 is on packets to decrypt.", "标记 0xd00 表示待解密的包。"),
        "0xe00/0xf00": ("Mark 0xe00 is on packets to encrypt.", "标记 0xe00 表示待加密的包。"),
    },
    rules=(
        Purpose(
            chain=r"CILIUM_.+", rule=r'--comment "cilium:? (?P<own>[^"]+)"', said=("{own}", "{own}")
        ),
    ),
    keeper=Keeper(
        name="cilium",
        chains=r"(?:OLD_)?CILIUM_.+",
        rules=r'.* --comment "cilium(?:-feeder)?: .*" .*',
    ),
)
