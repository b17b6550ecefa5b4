"""ufw, Ubuntu's firewall.

Sources: ufw, src/backend_iptables.py, src/ufw-init-functions, conf/before.rules, conf/after.rules.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

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
    ),
    keeper=Keeper(
        name="ufw",
        chains=r"ufw6?-.+",
        spare=r"ufw6?-(?:logging-(?:allow|deny)|skip-to-policy-\w+|user-(?:limit|logging)\S*)",
        users=r"ufw6?-user-(?:input|output|forward)",
    ),
)
