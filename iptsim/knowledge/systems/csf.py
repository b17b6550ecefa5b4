"""ConfigServer Security & Firewall (csf, lfd).

Sources: cpanel/cpanel-csf (16.07, configserver's csf), csf.pl and lfd.pl at afd6012.
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
        "GALLOWOUT": (
            "GALLOWOUT holds addresses that a shared list lets be reached.",
            "GALLOWOUT 存放共享名单允许访问的地址。",
        ),
        "GDENYOUT": (
            "GDENYOUT holds addresses that a shared list bans from being reached.",
            "GDENYOUT 存放共享名单禁止访问的地址。",
        ),
        "GDYNIN": (
            "GDYNIN holds addresses of names of a shared list that may come in.",
            "GDYNIN 存放共享名单中域名的允许来源地址。",
        ),
        "GDYNOUT": (
            "GDYNOUT holds addresses of names of a shared list that may be reached.",
            "GDYNOUT 存放共享名单中域名的允许访问地址。",
        ),
        "ALLOWDYNIN": (
            "ALLOWDYNIN holds addresses of names that may come in (csf.dyndns).",
            "ALLOWDYNIN 存放允许进入的域名地址（csf.dyndns）。",
        ),
        "ALLOWDYNOUT": (
            "ALLOWDYNOUT holds addresses of names that may be reached (csf.dyndns).",
            "ALLOWDYNOUT 存放允许访问的域名地址（csf.dyndns）。",
        ),
        "LOGACCEPT": ("LOGACCEPT accepts.", "LOGACCEPT 放行。"),
        "UDPFLOOD": (
            "UDPFLOOD drops UDP that this host's own users send too fast.",
            "UDPFLOOD 丢弃本机用户发送过快的 UDP。",
        ),
        "CONNLIMIT": (
            "CONNLIMIT refuses who has too many connections to a port.",
            "CONNLIMIT 拒绝到某端口连接数过多的来源。",
        ),
        "CCDROP": (
            "CCDROP drops (and logs) what comes from banned countries.",
            "CCDROP 丢弃（并记录）来自禁止国家的包。",
        ),
        "BLOCKDROP": (
            "BLOCKDROP drops (and logs) what blocklists name.",
            "BLOCKDROP 丢弃（并记录）黑名单中的地址。",
        ),
        "CC_DENY*": (
            "A CC_DENY chain drops what comes from banned countries.",
            "CC_DENY 链丢弃来自禁止国家的包。",
        ),
        "CC_ALLOW*": (
            "A CC_ALLOW chain lets in what comes from allowed countries.",
            "CC_ALLOW 链放行来自允许国家的包。",
        ),
        "CC_ALLOWF": (
            "CC_ALLOWF lets what comes from allowed countries go on, and drops the rest.",
            "CC_ALLOWF 让来自允许国家的包继续，丢弃其余。",
        ),
        "CC_ALLOWP*": (
            "A CC_ALLOWP chain opens ports to allowed countries alone.",
            "CC_ALLOWP 链只对允许的国家开放端口。",
        ),
        "CC_DENYP*": (
            "A CC_DENYP chain closes ports to banned countries.",
            "CC_DENYP 链对禁止的国家关闭端口。",
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
        Purpose(
            chain=r"LOGDROP(?:IN|OUT)|INVDROP|PORTFLOOD|CCDROP|BLOCKDROP|SYNFLOOD",
            rule=r'--log-prefix "Firewall: \*(?P<what>[^*]+)\*',
            said=(
                "Writes to the log what is about to be dropped ({what}).",
                "记录即将丢弃的包（{what}）。",
            ),
        ),
        Purpose(
            chain=r"INPUT|OUTPUT",
            rule=r"^(?:! )?-[io] lo .*--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Answers on open connections go on.", "放行已建立连接的应答。"),
        ),
        Purpose(
            chain=r"INPUT|OUTPUT",
            rule=r"^-[io] lo -j ACCEPT",
            said=("Loopback is never filtered.", "环回流量不过滤。"),
        ),
        Purpose(
            chain=r"ALLOW(?:IN|OUT)",
            rule=r"^-[sd] (?P<who>\S+) .*-j ACCEPT",
            said=("{who} is always allowed (csf.allow).", "{who} 始终允许（csf.allow）。"),
        ),
        Purpose(
            chain=r"INVDROP|LOGDROP(?:IN|OUT)|CCDROP|BLOCKDROP",
            rule=r"-j (?:DROP|REJECT)",
            said=("Stops what csf does not allow.", "拦下 csf 不允许的包。"),
        ),
    ),
    keeper=Keeper(
        name="csf",
        marks=r"LOCALINPUT",
        chains=r"LOCAL(?:IN|OUT)PUT|G?(?:ALLOW|DENY)(?:IN|OUT)|LOGDROP(?:IN|OUT)|INVDROP|INVALID|SYNFLOOD|PORTFLOOD|SMTPOUTPUT|UDPFLOOD|CONNLIMIT|LOGACCEPT|CCDROP|BLOCKDROP|GDYN(?:IN|OUT)|ALLOWDYN(?:IN|OUT)|CC_\w+",
    ),
)
