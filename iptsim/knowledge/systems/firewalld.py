"""firewalld's zones and policies, by its iptables backend.

Sources: firewalld/firewalld, src/firewall/core/{ipXtables,nftables,fw_zone,fw_policy}.py, read at v0.5.0 to v2.5.0
(nftables from 0.6, policies from 0.9; the ZONES_SOURCE, FWDI and FWDO chains went with 1.0; from 2.5 on zones are
dispatched in one POLICIES chain); the rules that 1.3.3 made with either backend (fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="firewalld",
    title="firewalld",
    signs=(
        Sign(
            chain=r"(?:INPUT|FORWARD_IN|FORWARD_OUT|FORWARD|PREROUTING|POSTROUTING)_ZONES(?:_SOURCE)?|INPUT_direct|FORWARD_direct"
        ),
        Sign(chain=r"INPUT_ZONES_SOURCE", until="0.9", dates=True),
        Sign(chain=r"INPUT_POLICIES_(?:pre|post)", since="0.9", dates=True),
        Sign(chain=r"FWDI_\w+", until="0.9", dates=True),
        Sign(chain=r"FWD_\w+", since="0.9", dates=True),
        Sign(chain=r".+", table=r"(?:ip6?|inet) firewalld", since="0.6"),
        Sign(chain=r"(?:INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_POLICIES", since="2.5"),
    ),
    chains={
        "INPUT_ZONES*": (
            "INPUT_ZONES finds the zone that a packet to this host came in by.",
            "INPUT_ZONES 找到发往本机的包所属的区域（zone）。",
        ),
        "FORWARD_IN_ZONES*": (
            "FORWARD_IN_ZONES finds the zone that a passing packet came in by.",
            "FORWARD_IN_ZONES 找到转发包进入的区域（zone）。",
        ),
        "FORWARD_OUT_ZONES*": (
            "FORWARD_OUT_ZONES finds the zone that a passing packet leaves by.",
            "FORWARD_OUT_ZONES 找到转发包离开的区域（zone）。",
        ),
        "FORWARD_ZONES*": (
            "FORWARD_ZONES finds the zone that a passing packet came in by.",
            "FORWARD_ZONES 找到转发包进入的区域（zone）。",
        ),
        "PREROUTING_ZONES*": (
            "PREROUTING_ZONES finds the zone of a packet that arrives.",
            "PREROUTING_ZONES 找到到达的包所属的区域（zone）。",
        ),
        "POSTROUTING_ZONES*": (
            "POSTROUTING_ZONES finds the zone of a packet that leaves.",
            "POSTROUTING_ZONES 找到离开的包所属的区域（zone）。",
        ),
        "INPUT_direct": (
            "INPUT_direct holds direct rules, asked before all zones.",
            "INPUT_direct 存放 direct 规则，先于所有区域。",
        ),
        "OUTPUT_direct": (
            "OUTPUT_direct holds direct rules for what this host sends.",
            "OUTPUT_direct 存放本机发出流量的 direct 规则。",
        ),
        "FORWARD_direct": (
            "FORWARD_direct holds direct rules, asked before all zones.",
            "FORWARD_direct 存放 direct 规则，先于所有区域。",
        ),
        "PREROUTING_direct": (
            "PREROUTING_direct holds direct rules, asked before all zones.",
            "PREROUTING_direct 存放 direct 规则，先于所有区域。",
        ),
        "POSTROUTING_direct": (
            "POSTROUTING_direct holds direct rules, asked before all zones.",
            "POSTROUTING_direct 存放 direct 规则，先于所有区域。",
        ),
        "*_POLICIES_pre": (
            "A POLICIES_pre chain asks the policies that come before zones.",
            "POLICIES_pre 链执行先于区域的策略（policy）。",
        ),
        "*_POLICIES_post": (
            "A POLICIES_post chain asks the policies that come after zones.",
            "POLICIES_post 链执行区域之后的策略（policy）。",
        ),
        "IN_*": (
            "An IN chain holds what one zone allows to this host.",
            "IN 链是一个区域对发往本机流量的规则。",
        ),
        "OUT_*": (
            "An OUT chain holds what one policy allows this host to send.",
            "OUT 链是一个策略对本机发出流量的规则。",
        ),
        "PRE_*": (
            "A PRE chain holds what one zone does with packets that arrive (forwarded ports).",
            "PRE 链是一个区域对到达包的处理（端口转发）。",
        ),
        "POST_*": (
            "A POST chain holds what one zone does with packets that leave (masquerade).",
            "POST 链是一个区域对离开包的处理（masquerade）。",
        ),
        "FWDI_*": (
            "A FWDI chain holds what one zone allows to pass that came in by it.",
            "FWDI 链是从一个区域进入的转发包的规则。",
        ),
        "FWDO_*": (
            "A FWDO chain holds what one zone allows to pass that leaves by it.",
            "FWDO 链是从一个区域离开的转发包的规则。",
        ),
        "FWD_*": (
            "A FWD chain holds what one zone allows to pass.",
            "FWD 链是一个区域对转发包的规则。",
        ),
        "*_log": (
            "A log chain of a zone writes to the log before it allows or denies.",
            "区域的 log 链在放行或拒绝之前记录日志。",
        ),
        "*_deny": (
            "A deny chain of a zone holds what it refuses, asked before what it allows.",
            "区域的 deny 链存放拒绝规则，先于放行规则。",
        ),
        "*_allow": (
            "An allow chain of a zone holds the services and ports that it opens.",
            "区域的 allow 链存放所开放的服务与端口。",
        ),
        "filter_INPUT": (
            "filter_INPUT judges what comes to this host.",
            "filter_INPUT 裁决发往本机的包。",
        ),
        "filter_FORWARD": (
            "filter_FORWARD judges what passes through this host.",
            "filter_FORWARD 裁决经过本机的包。",
        ),
        "filter_OUTPUT": (
            "filter_OUTPUT judges what this host sends.",
            "filter_OUTPUT 裁决本机发出的包。",
        ),
        "filter_PREROUTING": (
            "filter_PREROUTING drops IPv6 packets that come from elsewhere than routing says (IPv6_rpfilter).",
            "filter_PREROUTING 丢弃不符合反向路径的 IPv6 包（IPv6_rpfilter）。",
        ),
        "nat_PREROUTING": (
            "nat_PREROUTING sends connections that arrive elsewhere.",
            "nat_PREROUTING 对到达的连接做目的转换。",
        ),
        "nat_POSTROUTING": (
            "nat_POSTROUTING gives connections that leave another source.",
            "nat_POSTROUTING 对离开的连接做源转换。",
        ),
        "nat_OUTPUT": (
            "nat_OUTPUT sends this host's own connections elsewhere.",
            "nat_OUTPUT 对本机发起的连接做目的转换。",
        ),
        "mangle_PREROUTING": (
            "mangle_PREROUTING marks what arrives, as zones say.",
            "mangle_PREROUTING 按区域给到达的包打标记。",
        ),
        "*_pre": (
            "A pre chain of a zone holds rich rules of negative priority, asked first.",
            "区域的 pre 链存放优先级为负的富规则（rich rule），最先执行。",
        ),
        "*_post": (
            "A post chain of a zone holds rich rules of positive priority, asked last.",
            "区域的 post 链存放优先级为正的富规则（rich rule），最后执行。",
        ),
        "*_POLICIES": (
            "A POLICIES chain finds the zone or policy that a packet is for.",
            "POLICIES 链找到包所属的区域或策略。",
        ),
    },
    rules=(
        Purpose(
            chain=r"(?:filter_)?(?:INPUT|FORWARD|OUTPUT)",
            rule=r"RELATED,ESTABLISHED|ct state \{ established, related \}|ct status dnat",
            said=(
                "Open connections go on without asking the zones, and so do those to forwarded ports.",
                "已建立的连接与端口转发的连接不再经过区域。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_)?(?:INPUT|FORWARD|OUTPUT)",
            rule=r'^(?:-[io] lo |[io]ifname "lo" )',
            said=("Loopback is never filtered.", "环回流量不过滤。"),
        ),
        Purpose(
            chain=r"(?:filter_)?(?:INPUT|FORWARD)",
            rule=r"INVALID -j DROP|ct state invalid drop",
            said=("Packets of no connection are dropped.", "丢弃不属于任何连接的包。"),
        ),
        Purpose(
            chain=r"(?:filter_)?(?:INPUT|FORWARD)",
            rule=r"reject with icmpx admin-prohibited",
            said=("What no zone allowed is refused.", "没有区域放行的包在此拒绝。"),
        ),
        Purpose(
            chain=r"(?:\w+_)?(?:INPUT|FORWARD(?:_IN|_OUT)?|PREROUTING|POSTROUTING)_ZONES",
            rule=r'^(?:-[io] |[io]ifname ")(?P<by>[^ "]+)"? (?:-[gj]|goto) (?:\w+_)?(?:IN|FWDI|FWDO|FWD|PRE|POST)_(?P<zone>\S+)',
            said=("The interface {by} is of the zone {zone}.", "接口 {by} 属于区域 {zone}。"),
        ),
        Purpose(
            chain=r"(?:\w+_)?(?:INPUT|FORWARD(?:_IN|_OUT)?|PREROUTING|POSTROUTING)_ZONES(?:_SOURCE)?",
            rule=r"^(?:-[sd] |ip6? [sd]addr )(?P<net>\S+) (?:-[gj]|goto) (?:\w+_)?(?:IN|FWDI|FWDO|FWD|PRE|POST)_(?P<zone>\S+)",
            said=("The source {net} is of the zone {zone}.", "来源 {net} 属于区域 {zone}。"),
        ),
        Purpose(
            chain=r"(?:\w+_)?(?:INPUT|FORWARD(?:_IN|_OUT)?|PREROUTING|POSTROUTING)_ZONES",
            rule=r"^(?:-[gj]|goto) (?:\w+_)?(?:IN|FWDI|FWDO|FWD|PRE|POST)_(?P<zone>\S+)",
            said=(
                "All other interfaces are of the default zone, {zone}.",
                "其余接口属于默认区域 {zone}。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_)?FWD_\S+_allow",
            rule=r'^(?:-o (?P<by>\S+) -j ACCEPT|oifname "(?P<by2>\S+)" accept)',
            said=(
                "Hosts of one zone may reach each other through this host (`--add-forward`).",
                "同一区域的主机可经本机互访（`--add-forward`）。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_)?IN_\S+",
            rule=r"^-p (?:icmp|ipv6-icmp) -j ACCEPT|^meta l4proto \{ icmp, ipv6-icmp \} accept",
            said=(
                "ICMP is answered, but for types that the zone blocks.",
                "响应 ICMP（区域禁止的类型除外）。",
            ),
        ),
        Purpose(
            chain=r"(?:nat_)?POST_\S+_allow",
            rule=r"-j MASQUERADE|masquerade$",
            said=(
                "What leaves by this zone gets this host's address (`--add-masquerade`).",
                "经此区域离开的包换成本机源地址（`--add-masquerade`）。",
            ),
        ),
        Purpose(
            chain=r"(?:nat_)?PRE_\S+_allow",
            rule=r"--dport (?P<port>\S+) .*-j (?:DNAT --to-destination|REDIRECT --to-ports) (?P<to>\S+)",
            said=(
                "Port {port} of the zone leads to {to} (`--add-forward-port`).",
                "区域的端口 {port} 转到 {to}（`--add-forward-port`）。",
            ),
        ),
        Purpose(
            chain=r"(?:nat_)?PRE_\S+_allow",
            rule=r"dport (?P<port>\S+) (?:dnat ip6? to|redirect to) (?P<to>\S+)",
            said=(
                "Port {port} of the zone leads to {to} (`--add-forward-port`).",
                "区域的端口 {port} 转到 {to}（`--add-forward-port`）。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_)?IN_\S+_deny",
            rule=r"^(?:-s |ip6? saddr )(?P<who>\S+) .*(?:REJECT|DROP|reject|drop)",
            said=("{who} is refused by a rich rule.", "富规则（rich rule）拒绝 {who}。"),
        ),
        Purpose(
            chain=r"(?:filter_)?IN_\S+_allow",
            rule=r"^(?!.*(?:--dport)).*dport (?P<port>\S+) accept",
            said=(
                "A service or port that the zone opens: {port}.",
                "区域开放的服务或端口：{port}。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_|raw_)?(?:IN|PRE)_\S+_allow",
            rule=r"-j CT --helper|ct helper set",
            said=(
                "A service of the zone needs a tracking helper.",
                "区域的某项服务需要跟踪助手（helper）。",
            ),
        ),
        Purpose(
            chain=r"(?:filter_)?(?P<kind>IN|FWD)_(?P<zone>\S+)",
            rule=r"^(?:-j (?P<does>ACCEPT|DROP|REJECT)|(?P<also>accept|drop|reject)\b)",
            said=(
                "What the zone {zone} does with everything else (its target).",
                "区域 {zone} 对其余流量的处理（其 target）。",
            ),
        ),
        Purpose(
            chain=r"IN_\S+_allow",
            rule=r"--dport (?P<port>\S+) (?:.* )?-j ACCEPT",
            said=(
                "A service or port that the zone opens: {port}.",
                "区域开放的服务或端口：{port}。",
            ),
        ),
        Purpose(
            chain=r"(?:INPUT|FORWARD)",
            rule=r"-j REJECT --reject-with icmp6?-(?:host|adm)-prohibited",
            said=("What no zone allowed is refused.", "没有区域放行的包在此拒绝。"),
        ),
    ),
    before=r"(?:filter|nat|mangle|raw)_",
    keeper=Keeper(
        name="firewalld",
        marks=r"INPUT_ZONES|INPUT_direct",
        chains=(
            r"(?:INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)_"
            r"(?:direct|POLICIES_(?:pre|post)|(?:IN_|OUT_)?ZONES(?:_SOURCE)?)"
            r"|(?:IN|OUT|PRE|POST|FWD|FWDI|FWDO)_\S+"
        ),
        users=r"\S+_direct",
        rules=r"-A OUTPUT -o lo -j ACCEPT",
        # The zone of all other interfaces decides.
        last=(
            r"-A (?:INPUT|FORWARD) (?:-j (?:INPUT|FORWARD)_\w+"
            r"|-m conntrack --ctstate INVALID -j DROP|-j REJECT --reject-with icmp\S+-prohibited)"
        ),
        by=r"-A (?:INPUT|FORWARD) -j (?:INPUT|FORWARD_IN|FORWARD_OUT)_ZONES",
    ),
)
