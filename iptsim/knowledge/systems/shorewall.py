"""Shorewall's zones: a chain for each pair of zones.

Sources: Shorewall 5.2.8 (Debian), Shorewall/{Chains,Rules,Misc,Config}.pm, and the rules that it made of its
two-interfaces example (fixtures/systems). The chains of pairs are called `net-fw` or `net2fw` (ZONE_SEPARATOR); log
prefixes are `net-fw DROP ` or, of older LOGFORMATs, `Shorewall:net-fw:DROP:`.
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

_LOGGED = r'--(?:log|nflog|ulog)-prefix "?Shorewall:'

SYSTEM = System(
    name="shorewall",
    title="Shorewall",
    signs=(
        Sign(chain=r".+", rule=_LOGGED, asks="-prefix"),
        Sign(
            chain=r"(?:INPUT|FORWARD|OUTPUT)",
            table="filter",
            rule=r"-[jg] (?:net2fw|fw2net|loc2fw|fw2loc|net2all|all2all)\b",
        ),
        Sign(chain=r"shorewall|shorewall6"),
        Sign(chain=r"sha-[lr]h-[0-9a-f]{20}"),
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
        "sha-*": (
            "A sha chain holds no rules: its name is a part of the checksum of these rules, by which Shorewall knows them again.",
            "sha 链没有规则：名称是这套规则校验和的一部分，供 Shorewall 辨认。",
        ),
        "logreject": ("logreject writes to the log, then refuses.", "logreject 先记录日志再拒绝。"),
        "smurflog": (
            "smurflog writes to the log, then drops what claims to come from a broadcast address.",
            "smurflog 记录并丢弃源地址为广播地址的包。",
        ),
        "*-*": (
            "A chain of this name holds what one zone may send to another.",
            "这样命名的链是一个区域发往另一个区域的规则。",
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
        Purpose(
            chain=r"\S+",
            rule=r'--log-prefix "(?P<chain>\S+) (?P<does>REJECT|DROP|ACCEPT) "',
            said=(
                "Writes to the log what {chain} is about to {does}.",
                "记录 {chain} 即将 {does} 的包。",
            ),
        ),
        Purpose(
            chain=r"\S+-\S+|\S+2\S+",
            rule=r"--ctstate (?:RELATED,)?ESTABLISHED -j ACCEPT",
            said=("Answers on open connections go on.", "放行已建立连接的应答。"),
        ),
        Purpose(
            chain=r"(?!sha-)\S+-\S+|INPUT|FORWARD|OUTPUT",
            rule=r"--dst-type (?:BROADCAST|ANYCAST|MULTICAST) -j DROP",
            said=(
                "Broadcasts and multicasts are dropped before the policy, so that they fill no log.",
                "在默认策略之前静默丢弃广播与组播，避免占满日志。",
            ),
        ),
        Purpose(
            chain=r"(?!sha-)\S+-\S+|INPUT|FORWARD|OUTPUT",
            rule=r"^-[gj] (?:reject|DROP|ACCEPT)$",
            said=(
                "The policy of these zones, for what no rule decided.",
                "这些区域的默认策略，处理没有规则裁决的包。",
            ),
        ),
        Purpose(
            chain=r"(?!sha-)\S+-\S+",
            rule=r"--ctstate INVALID(?:,UNTRACKED)? -j DROP",
            said=("Packets of no connection are dropped.", "丢弃不属于任何连接的包。"),
        ),
        Purpose(
            chain=r"(?!sha-)\S+-\S+",
            rule=r'--comment "?(?P<macro>\w+)"? -j (?P<does>ACCEPT|DROP|REJECT)',
            said=(
                "A rule of /etc/shorewall/rules, by the macro {macro}: {does}.",
                "/etc/shorewall/rules 中的规则，宏 {macro}：{does}。",
            ),
        ),
        Purpose(
            chain=r"reject",
            rule=r"-j (?:REJECT|DROP)",
            said=(
                "Refuses in the way that fits the protocol; broadcasts are not answered.",
                "按协议以合适的方式拒绝；广播不应答。",
            ),
        ),
        Purpose(
            chain=r"\S+_masq",
            rule=r"^-s (?P<net>\S+) -j (?:MASQUERADE|SNAT)",
            said=(
                "What {net} sends out gets this host's address.",
                "{net} 外发的包换成本机源地址。",
            ),
        ),
        Purpose(
            chain=r"smurfs",
            rule=r"^-s 0\.0\.0\.0/32 -j RETURN",
            said=(
                "DHCP clients have no address yet: they are no smurfs.",
                "DHCP 客户端尚无地址，不算 smurf。",
            ),
        ),
        Purpose(
            chain=r"shorewall",
            rule=r"--name %CURRENTTIME",
            said=(
                "Does nothing to packets; it tells when Shorewall was started.",
                "对包不起作用，仅记录 Shorewall 的启动时间。",
            ),
        ),
        Purpose(
            chain=r"log(?:drop|flags)|smurflog",
            rule=r"^-j DROP",
            said=("Drops what was logged.", "丢弃已记录的包。"),
        ),
        Purpose(
            chain=r"FORWARD",
            rule=r"-j TCPMSS",
            said=(
                "Makes TCP's segments fit the line (CLAMPMSS).",
                "让 TCP 分段适应链路 MTU（CLAMPMSS）。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING|OUTPUT",
            rule=r"-j CT --helper (?P<helper>\S+)",
            said=(
                "Connections to this port get the tracking helper {helper} (AUTOHELPERS).",
                "到此端口的连接使用跟踪助手 {helper}（AUTOHELPERS）。",
            ),
        ),
    ),
)
