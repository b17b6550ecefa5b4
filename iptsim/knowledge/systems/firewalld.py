"""firewalld's zones and policies, by its iptables backend.

Sources: firewalld, src/firewall/core/ipXtables.py, src/firewall/core/fw_zone.py, fw_policy.py; its
releases (policies: 0.9; the FWDI and FWDO chains went with 1.0's zone drifting).
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
    ),
    chains={
        "filter_IN_*": (
            "Packets to this host that came in by one zone.",
            "由某个区域（zone）进入、发往本机的包。",
        ),
        "filter_FWD_*": (
            "Passing packets of one zone or policy.",
            "某个区域（zone）或策略的转发包。",
        ),
        "nat_PRE_*": (
            "Connections that arrive by one zone may be sent elsewhere here.",
            "由某个区域（zone）到达的连接可能在这里转向。",
        ),
        "nat_POST_*": (
            "Connections that leave by one zone may get another source here.",
            "经某个区域（zone）离开的连接可能在这里改源地址。",
        ),
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
    },
    rules=(
        Purpose(
            chain=r"IN_\w+_allow",
            rule=r"--dport (?P<port>\S+) .*-j ACCEPT",
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
