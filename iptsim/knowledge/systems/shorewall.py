"""Shorewall's zones: a chain for each pair of zones.

Sources: shorewall/code, Shorewall/Perl/Shorewall/{Chains,Rules,Misc,Config}.pm: the chains of
pairs are called `net-fw` or `net2fw` (ZONE_SEPARATOR).
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

_LOGGED = r'--(?:log|nflog|ulog)-prefix "?Shorewall:'

SYSTEM = System(
    name="shorewall",
    title="Shorewall",
    signs=(
        Sign(chain=r".+", rule=_LOGGED),
        Sign(
            chain=r"(?:INPUT|FORWARD|OUTPUT)",
            table="filter",
            rule=r"-[jg] (?:net2fw|fw2net|loc2fw|fw2loc|net2all|all2all)\b",
        ),
        Sign(chain=r"shorewall|shorewall6"),
    ),
    chains={
        "shorewall": (
            "The shorewall chain only tells that Shorewall is started.",
            "shorewall 链仅表示 Shorewall 已启动。",
        ),
        "dynamic": (
            "The dynamic chain holds addresses that were refused while running (`shorewall drop`).",
            "dynamic 链存放运行时封禁的地址（`shorewall drop`）。",
        ),
        "Drop": (
            "Drop is Shorewall's default action before a policy DROP: it drops quietly what isn't worth a log line.",
            "Drop 是 DROP 策略之前的默认动作：静默丢弃不值得记录的包。",
        ),
        "Reject": (
            "Reject is Shorewall's default action before a policy REJECT: it drops quietly what isn't worth a log line.",
            "Reject 是 REJECT 策略之前的默认动作：静默丢弃不值得记录的包。",
        ),
        "Broadcast": (
            "Broadcast drops broadcasts and multicasts quietly.",
            "Broadcast 静默丢弃广播与组播。",
        ),
        "reject": (
            "The reject chain refuses in the way that fits the protocol.",
            "reject 链按协议以合适的方式拒绝。",
        ),
        "logdrop": ("logdrop writes to the log, then drops.", "logdrop 先记录日志再丢弃。"),
        "logflags": (
            "logflags writes packets with impossible TCP flags to the log.",
            "logflags 记录 TCP 标志异常的包。",
        ),
        "tcpflags": ("tcpflags refuses impossible TCP flags.", "tcpflags 拒绝异常的 TCP 标志。"),
        "smurfs": (
            "smurfs drops packets that claim to come from a broadcast address.",
            "smurfs 丢弃源地址为广播地址的包。",
        ),
        "sfilter": (
            "sfilter drops packets that would go back where they came from.",
            "sfilter 丢弃会原路返回的包。",
        ),
        "*2fw": (
            "A chain of this name holds what one zone may send to this host.",
            "这样命名的链是一个区域发往本机的规则。",
        ),
        "fw2*": (
            "A chain of this name holds what this host may send to one zone.",
            "这样命名的链是本机发往一个区域的规则。",
        ),
        "*-fw": (
            "A chain of this name holds what one zone may send to this host.",
            "这样命名的链是一个区域发往本机的规则。",
        ),
        "fw-*": (
            "A chain of this name holds what this host may send to one zone.",
            "这样命名的链是本机发往一个区域的规则。",
        ),
        "*_fwd": (
            "A chain of this name parts what came in by one interface by where it goes.",
            "这样命名的链按去向区分从一个接口进入的转发包。",
        ),
        "*_frwd": (
            "A chain of this name parts what came from one zone by the zone that it goes to.",
            "这样命名的链按去往的区域区分来自一个区域的转发包。",
        ),
        "*_in": (
            "A chain of this name judges what comes to this host by one interface.",
            "这样命名的链裁决从一个接口发往本机的包。",
        ),
        "*_out": (
            "A chain of this name judges what this host sends by one interface.",
            "这样命名的链裁决本机从一个接口发出的包。",
        ),
        "*_masq": (
            "A chain of this name translates the source of what leaves by one interface.",
            "这样命名的链为从一个接口离开的包转换源地址。",
        ),
        "tcpre": (
            "tcpre holds marks for traffic shaping (PREROUTING).",
            "tcpre 存放流量整形的标记（PREROUTING）。",
        ),
        "tcfor": (
            "tcfor holds marks for traffic shaping (FORWARD).",
            "tcfor 存放流量整形的标记（FORWARD）。",
        ),
        "tcpost": (
            "tcpost holds marks for traffic shaping (POSTROUTING).",
            "tcpost 存放流量整形的标记（POSTROUTING）。",
        ),
    },
    rules=(
        Purpose(
            chain=r".+",
            rule=_LOGGED + r"(?P<chain>[^:]+):(?P<does>\w+):",
            said=(
                "Writes to the log what {chain} is about to {does}.",
                "记录 {chain} 即将 {does} 的包。",
            ),
        ),
    ),
)
