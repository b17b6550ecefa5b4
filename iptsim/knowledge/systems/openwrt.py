"""OpenWrt's firewall: fw3 (13 to 21) and the shell scripts before it.

Sources: openwrt/firewall3 at 3a65fde (zones.c, rules.c, defaults.c, iptables.c; the comments «!fw3» since 2016-11, thus 17.01;
the delegate chains until 2016-01, thus 15.05); openwrt/openwrt, package/network/config/firewall/files/lib of 10.03 to 12.09.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="openwrt",
    title="OpenWrt",
    signs=(
        Sign(chain=r".+", rule=r'--comment "?!fw3', asks="--comment", since="17.01", until="21.02"),
        Sign(
            chain=r"delegate_(?:input|output|forward|prerouting|postrouting|mssfix|notrack)",
            since="14.07",
            until="15.05",
        ),
        Sign(
            chain=r"zone_\w+_(?:ACCEPT|REJECT|DROP|forward|src_ACCEPT|dest_ACCEPT|src_REJECT|dest_REJECT)"
        ),
        Sign(chain=r"zone_\w+_(?:src|dest)_(?:ACCEPT|REJECT|DROP)", since="14.07", dates=True),
        Sign(chain=r"zone_(?:lan|wan)", until="12.09", dates=True),
        Sign(chain=r".+", table=r"inet fw4", since="22.03"),
    ),
    chains={
        "forward_*": (
            "Passing packets that came in by one zone.",
            "由某个区域进入的转发包。",
        ),
        "srcnat_*": (
            "Packets that leave by one zone may get another source here.",
            "经某个区域离开的包可能在这里改源地址。",
        ),
        "dstnat_*": (
            "Connections that came in by one zone may be sent elsewhere here (port forwards).",
            "由某个区域进入的连接可能在这里转向（端口转发）。",
        ),
        "handle_reject": (
            "handle_reject tells the sender that its packet is refused.",
            "handle_reject 告知发送方包被拒绝。",
        ),
        "delegate_*": (
            "A delegate chain leads to OpenWrt's rules, so that own rules may stand before it.",
            "delegate 链引向 OpenWrt 的规则，用户规则可以放在它之前。",
        ),
        "zone_*_input": (
            "A chain of this name judges what one zone sends to the router.",
            "这样命名的链裁决一个区域发往路由器的包。",
        ),
        "zone_*_output": (
            "A chain of this name judges what the router sends to one zone.",
            "这样命名的链裁决路由器发往一个区域的包。",
        ),
        "zone_*_forward": (
            "A chain of this name judges what passes through the router from one zone.",
            "这样命名的链裁决从一个区域转发的包。",
        ),
        "zone_*_ACCEPT": (
            "A chain of this name accepts what comes from or goes to one zone's interfaces.",
            "这样命名的链放行进出一个区域接口的包。",
        ),
        "zone_*_REJECT": (
            "A chain of this name refuses what comes from or goes to one zone's interfaces.",
            "这样命名的链拒绝进出一个区域接口的包。",
        ),
        "zone_*_DROP": (
            "A chain of this name drops what comes from or goes to one zone's interfaces.",
            "这样命名的链丢弃进出一个区域接口的包。",
        ),
        "zone_*_prerouting": (
            "A chain of this name holds one zone's port forwards.",
            "这样命名的链存放一个区域的端口转发。",
        ),
        "zone_*_postrouting": (
            "A chain of this name gives what leaves to one zone the router's address (masq).",
            "这样命名的链把去往一个区域的包换成路由器地址（masq）。",
        ),
        "zone_*": (
            "A chain of this name judges what one zone sends to the router.",
            "这样命名的链裁决一个区域发往路由器的包。",
        ),
        "input_*_rule": (
            "An input chain is left to the user's own rules (firewall.user).",
            "input 链留给用户自己的规则（firewall.user）。",
        ),
        "input_rule": (
            "An input chain is left to the user's own rules (firewall.user).",
            "input 链留给用户自己的规则（firewall.user）。",
        ),
        "input_*": (
            "Packets to this router that came in by one zone (fw4), or the user's own rules (before 14.07).",
            "由某个区域进入、发往本路由器的包（fw4），或用户自己的规则（14.07 之前）。",
        ),
        "output_*_rule": (
            "An output chain is left to the user's own rules (firewall.user).",
            "output 链留给用户自己的规则（firewall.user）。",
        ),
        "output_rule": (
            "An output chain is left to the user's own rules (firewall.user).",
            "output 链留给用户自己的规则（firewall.user）。",
        ),
        "output_*": (
            "Packets of this router that leave by one zone (fw4), or the user's own rules (before 14.07).",
            "经某个区域由本路由器发出的包（fw4），或用户自己的规则（14.07 之前）。",
        ),
        "forwarding_*": (
            "A forwarding chain is left to the user's own rules (firewall.user).",
            "forwarding 链留给用户自己的规则（firewall.user）。",
        ),
        "prerouting_*": (
            "A prerouting chain is left to the user's own rules (firewall.user).",
            "prerouting 链留给用户自己的规则（firewall.user）。",
        ),
        "postrouting_*": (
            "A postrouting chain is left to the user's own rules (firewall.user).",
            "postrouting 链留给用户自己的规则（firewall.user）。",
        ),
        "syn_flood": (
            "syn_flood drops new connections that come too fast.",
            "syn_flood 丢弃过快到来的新连接。",
        ),
        "reject": (
            "The reject chain refuses in the way that fits the protocol.",
            "reject 链按协议以合适的方式拒绝。",
        ),
        "zone_*_notrack": (
            "A chain of this name keeps one zone's packets from being tracked.",
            "这样命名的链让一个区域的包不被连接跟踪。",
        ),
        "zone_*_helper": (
            "A chain of this name gives one zone's connections their tracking helpers.",
            "这样命名的链为一个区域的连接指定跟踪助手（helper）。",
        ),
    },
    rules=(
        Purpose(
            chain=r".+",
            rule=r'--comment "!fw3: (?P<name>[^"]+)"',
            said=(
                "The rule «{name}» of /etc/config/firewall.",
                "/etc/config/firewall 中的规则“{name}”。",
            ),
        ),
        Purpose(
            chain=r".+",
            rule=r'--comment "!fw3: user chain|--comment "?(?:Custom|user) .*chain',
            said=("Leads to the user's own rules.", "引向用户自己的规则。"),
        ),
        Purpose(
            chain=r".+",
            rule=r"-j TCPMSS --clamp-mss-to-pmtu",
            said=(
                "Makes TCP's segments fit the line (mtu_fix).",
                "让 TCP 分段适应链路 MTU（mtu_fix）。",
            ),
        ),
        Purpose(
            chain=r"zone_\w+_postrouting",
            rule=r"-j MASQUERADE",
            said=(
                "What leaves to this zone gets the router's address (masq).",
                "去往此区域的包换成路由器地址（masq）。",
            ),
        ),
        Purpose(
            chain=r"reject",
            rule=r"-j REJECT",
            said=("Refuses in the way that fits the protocol.", "按协议以合适的方式拒绝。"),
        ),
        Purpose(
            chain=r"syn_flood",
            rule=r"-j RETURN",
            said=("New connections within the limit go on.", "未超过频率的新连接继续。"),
        ),
        Purpose(
            chain=r"syn_flood",
            rule=r"-j DROP",
            said=("New connections beyond the limit are dropped.", "丢弃超过频率的新连接。"),
        ),
        Purpose(
            chain=r"INPUT|FORWARD|OUTPUT",
            rule=r"--ctstate RELATED,ESTABLISHED .*-j ACCEPT",
            said=("Answers on open connections go on.", "放行已建立连接的应答。"),
        ),
        Purpose(
            chain=r"INPUT|OUTPUT",
            rule=r"^-[io] lo .*-j ACCEPT",
            said=("Loopback is never filtered.", "环回流量不过滤。"),
        ),
    ),
    keeper=Keeper(
        name="openwrt",
        marks=r"zone_\w+_(?:ACCEPT|REJECT|DROP|forward|src_\w+|dest_\w+)",
        chains=r"zone_\w+|delegate_\w+|(?:input|output|forwarding|prerouting|postrouting)_\w+|syn_flood|reject|MINIUPNPD|nat_reflection_\w+|input|output|forward",
        users=r"(?:input|output|forwarding|prerouting|postrouting)_\w*rule",
    ),
)
