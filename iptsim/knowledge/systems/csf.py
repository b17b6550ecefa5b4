"""ConfigServer Security & Firewall (csf, lfd).

Sources: Aetherinox/csf-firewall (configserver's csf), src/csf.pl and src/lfd.pl.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="csf",
    title="CSF",
    signs=(
        Sign(chain=r"LOCALINPUT|LOCALOUTPUT"),
        Sign(chain=r"DENYIN|DENYOUT|ALLOWIN|ALLOWOUT|LOGDROPIN|LOGDROPOUT|INVDROP"),
    ),
    chains={
        "LOCALINPUT": (
            "LOCALINPUT judges what arrives by lists of addresses.",
            "LOCALINPUT 按地址名单裁决到达的包。",
        ),
        "LOCALOUTPUT": (
            "LOCALOUTPUT judges what leaves by lists of addresses.",
            "LOCALOUTPUT 按地址名单裁决离开的包。",
        ),
        "ALLOWIN": (
            "ALLOWIN holds addresses that may come in (csf.allow).",
            "ALLOWIN 存放允许进入的地址（csf.allow）。",
        ),
        "ALLOWOUT": (
            "ALLOWOUT holds addresses that may be reached (csf.allow).",
            "ALLOWOUT 存放允许访问的地址（csf.allow）。",
        ),
        "DENYIN": (
            "DENYIN holds addresses that are banned (csf.deny, lfd).",
            "DENYIN 存放封禁的来源地址（csf.deny、lfd）。",
        ),
        "DENYOUT": (
            "DENYOUT holds addresses that must not be reached (csf.deny, lfd).",
            "DENYOUT 存放禁止访问的地址（csf.deny、lfd）。",
        ),
        "LOGDROPIN": (
            "LOGDROPIN writes what arrives and is not allowed to the log, and drops it.",
            "LOGDROPIN 记录并丢弃未放行的入站包。",
        ),
        "LOGDROPOUT": (
            "LOGDROPOUT writes what leaves and is not allowed to the log, and refuses it.",
            "LOGDROPOUT 记录并拒绝未放行的出站包。",
        ),
        "INVALID": (
            "INVALID finds packets that no connection can hold.",
            "INVALID 找出不属于任何连接的异常包。",
        ),
        "INVDROP": (
            "INVDROP drops packets that no connection can hold.",
            "INVDROP 丢弃不属于任何连接的异常包。",
        ),
        "GALLOWIN": (
            "GALLOWIN holds addresses that a shared list allows.",
            "GALLOWIN 存放共享名单允许的地址。",
        ),
        "GDENYIN": (
            "GDENYIN holds addresses that a shared list bans.",
            "GDENYIN 存放共享名单封禁的地址。",
        ),
        "SYNFLOOD": (
            "SYNFLOOD drops new connections that come too fast.",
            "SYNFLOOD 丢弃过快到来的新连接。",
        ),
        "PORTFLOOD": (
            "PORTFLOOD drops who connects to a port too often.",
            "PORTFLOOD 丢弃连接某端口过于频繁的来源。",
        ),
        "SMTPOUTPUT": (
            "SMTPOUTPUT lets only the mail server itself send mail (SMTP_BLOCK).",
            "SMTPOUTPUT 只允许邮件服务器发信（SMTP_BLOCK）。",
        ),
    },
    rules=(
        Purpose(
            chain=r"DENY(?:IN|OUT)",
            rule=r"^-[sd] (?P<who>\S+) ",
            said=("{who} is banned.", "{who} 已被封禁。"),
        ),
        Purpose(
            chain=r"INPUT",
            rule=r"--dport (?P<port>\S+) -j ACCEPT",
            said=("Port {port} is open (TCP_IN, UDP_IN).", "端口 {port} 开放（TCP_IN、UDP_IN）。"),
        ),
    ),
    keeper=Keeper(
        name="csf",
        marks=r"LOCALINPUT",
        chains=r"LOCAL(?:IN|OUT)PUT|G?(?:ALLOW|DENY)(?:IN|OUT)|LOGDROP(?:IN|OUT)|INVDROP|INVALID|SYNFLOOD|PORTFLOOD|SMTPOUTPUT|UDPFLOOD|CC_\w+",
    ),
)
