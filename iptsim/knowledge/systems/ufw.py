"""ufw, Ubuntu's firewall.

Sources: ufw 0.36.2, src/backend_iptables.py, src/ufw-init-functions, conf/before.rules, conf/after.rules, and the rules
that it made (fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Limit, Purpose, Sign, System

SYSTEM = System(
    name="ufw",
    title="ufw",
    signs=(
        Sign(
            chain=r"ufw6?-(?:before|after|user|reject|track|logging|not-local|skip-to-policy)(?:-.+)?"
        ),
    ),
    chains={
        "ufw-before-*": (
            "A ufw-before chain holds what ufw allows whatever its user's rules say (before.rules).",
            "ufw-before 链存放先于用户规则的放行规则（before.rules）。",
        ),
        "ufw-after-*": (
            "A ufw-after chain holds what ufw drops quietly after its user's rules (after.rules).",
            "ufw-after 链存放用户规则之后静默丢弃的内容（after.rules）。",
        ),
        "ufw-before-logging-*": (
            "A ufw-before-logging chain writes to the log where the level asks for all packets.",
            "ufw-before-logging 链在日志级别要求时记录所有包。",
        ),
        "ufw-after-logging-*": (
            "A ufw-after-logging chain writes to the log what the policy is about to drop («[UFW BLOCK]»).",
            "ufw-after-logging 链记录即将被默认策略丢弃的包（“[UFW BLOCK]”）。",
        ),
        "ufw-user-*": (
            "A ufw-user chain holds the rules that `ufw allow` and `ufw deny` made.",
            "ufw-user 链存放 `ufw allow`、`ufw deny` 建立的规则。",
        ),
        "ufw-user-limit": (
            "ufw-user-limit refuses who connects too often (`ufw limit`).",
            "ufw-user-limit 拒绝连接过于频繁的来源（`ufw limit`）。",
        ),
        "ufw-user-limit-accept": (
            "ufw-user-limit-accept lets in who doesn't connect too often (`ufw limit`).",
            "ufw-user-limit-accept 放行未超过频率的来源（`ufw limit`）。",
        ),
        "ufw-reject-*": (
            "A ufw-reject chain refuses where ufw's default is reject.",
            "ufw-reject 链在 ufw 默认动作为 reject 时拒绝。",
        ),
        "ufw-track-*": (
            "A ufw-track chain lets new connections through where ufw's default is allow.",
            "ufw-track 链在 ufw 默认动作为 allow 时放行新连接。",
        ),
        "ufw-logging-allow": (
            "ufw-logging-allow writes what is allowed to the log («[UFW ALLOW]»).",
            "ufw-logging-allow 记录被放行的包（“[UFW ALLOW]”）。",
        ),
        "ufw-logging-deny": (
            "ufw-logging-deny writes what is refused to the log («[UFW BLOCK]»).",
            "ufw-logging-deny 记录被拒绝的包（“[UFW BLOCK]”）。",
        ),
        "ufw-not-local": (
            "ufw-not-local drops what arrives and is not for this host.",
            "ufw-not-local 丢弃到达但不属于本机的包。",
        ),
        "ufw-skip-to-policy-*": (
            "A ufw-skip-to-policy chain does what ufw's default says, without writing to the log.",
            "ufw-skip-to-policy 链按默认动作处理，不记录日志。",
        ),
        "ufw6-*": (
            "A ufw6 chain is what the ufw chain of that name is, for IPv6.",
            "ufw6 链与同名 ufw 链作用相同，用于 IPv6。",
        ),
    },
    rules=(
        Purpose(
            chain=r"ufw6?-user-.+",
            rule=r"--dport (?P<port>\S+) -j (?P<does>ACCEPT|DROP|REJECT)",
            said=(
                "A rule of ufw's user for port {port}: {does}.",
                "ufw 用户为端口 {port} 设置的规则：{does}。",
            ),
        ),
        Purpose(
            chain=r"ufw6?-user-.+",
            rule=r"-m recent .*--(?:set|update)",
            said=(
                "`ufw limit`: counts how often a source connects.",
                "`ufw limit`：统计来源的连接次数。",
            ),
        ),
        Purpose(
            chain=r"ufw6?-(?P<where>after-logging|logging|before-logging|user-limit|user-logging)\S*",
            rule=r'--log-prefix "\[UFW (?P<what>[A-Z ]+)\] "',
            said=("Writes «[UFW {what}]» to the log.", "写日志“[UFW {what}]”。"),
        ),
        Purpose(
            chain=r"ufw6?-before-(?:input|output|forward)",
            rule=r"--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Answers on open connections go on.", "放行已建立连接的应答。"),
        ),
        Purpose(
            chain=r"ufw6?-before-(?:input|output)",
            rule=r"^-[io] lo -j ACCEPT",
            said=("Loopback is never filtered.", "环回流量不过滤。"),
        ),
        Purpose(
            chain=r"ufw6?-before-input",
            rule=r"--ctstate INVALID -j (?:DROP|ufw6?-logging-deny)",
            said=("Packets of no connection are dropped.", "丢弃不属于任何连接的包。"),
        ),
        Purpose(
            chain=r"ufw6?-before-\S+",
            rule=r"-p (?:icmp|ipv6-icmp) .*-j ACCEPT",
            said=("ICMP that hosts need is let through.", "放行必需的 ICMP。"),
        ),
        Purpose(
            chain=r"ufw6?-before-input",
            rule=r"--sport (?:67|547) --dport (?:68|546) -j ACCEPT",
            said=("Answers of DHCP servers are let in.", "放行 DHCP 服务器的应答。"),
        ),
        Purpose(
            chain=r"ufw6?-before-input",
            rule=r"--dport (?:5353|1900) -j ACCEPT",
            said=("Service discovery (mDNS, UPnP) is let in.", "放行服务发现（mDNS、UPnP）。"),
        ),
        Purpose(
            chain=r"ufw6?-before-\S+",
            rule=r"-m rt --rt-type 0 .*-j DROP",
            said=("IPv6 source routing (type 0) is dropped.", "丢弃 IPv6 类型 0 源路由。"),
        ),
        Purpose(
            chain=r"ufw-not-local",
            rule=r"--dst-type (?:LOCAL|MULTICAST|BROADCAST) -j RETURN",
            said=("What is for this host goes on.", "发往本机的包继续。"),
        ),
        Purpose(
            chain=r"ufw6?-after-input",
            rule=r"-j ufw6?-skip-to-policy-input",
            said=(
                "Noise of a network (Windows names, DHCP, broadcasts) fares as the default says, without a line in the log.",
                "网络噪声（Windows 名称、DHCP、广播）按默认策略处理，不记日志。",
            ),
        ),
        Purpose(
            chain=r"ufw6?-(?:skip-to-policy|track|reject)-\S+|ufw6?-not-local",
            rule=r"-j (?:ACCEPT|DROP|REJECT)",
            said=("What ufw's default does (`ufw default`).", "ufw 的默认动作（`ufw default`）。"),
        ),
        Purpose(
            chain=r"ufw6?-user-limit",
            rule=r"-j REJECT",
            said=(
                "Who connects too often is refused (`ufw limit`).",
                "拒绝连接过于频繁的来源（`ufw limit`）。",
            ),
        ),
        Purpose(
            chain=r"ufw6?-user-limit-accept",
            rule=r"-j ACCEPT",
            said=(
                "Who doesn't connect too often is let in (`ufw limit`).",
                "放行未超过频率的来源（`ufw limit`）。",
            ),
        ),
        Purpose(
            chain=r"ufw6?-user-(?:input|output|forward)",
            rule=r"-j (?P<does>ACCEPT|DROP|REJECT)$",
            said=("A rule of ufw's user: {does}.", "ufw 用户设置的规则：{does}。"),
        ),
    ),
    limits=(
        Limit(chain=r"ufw6?-before-input", text="-j ACCEPT", written="-i lo"),
        Limit(chain=r"ufw6?-before-output", text="-j ACCEPT"),
    ),
    keeper=Keeper(
        name="ufw",
        chains=r"ufw6?-.+",
        spare=r"ufw6?-(?:logging-(?:allow|deny)|skip-to-policy-\w+|user-(?:limit|logging)\S*)",
        users=r"ufw6?-user-(?:input|output|forward)",
    ),
)
