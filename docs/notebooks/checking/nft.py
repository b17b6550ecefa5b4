"""Checks of lesson 7: the same host in nftables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import EllipsisType

import iptsim
from checking.replies import Reply, language, no, no_packet, unanswered, yes
from iptsim import IptsimError, Rules, Walk

OLD_FIREWALL = """\
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,8088 -j ACCEPT
COMMIT
"""

MIGRATIONS: Mapping[str, str] = {
    "A": """\
table ip firewall {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state { established, related } accept
		tcp dport { 22, 8088 } accept
	}
}
""",
    "B": """\
table ip firewall {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state { established, related } accept
		iifname "lo" accept
		tcp dport 22 accept
	}
}
table ip web {
	chain input {
		type filter hook input priority filter - 10; policy accept;
		tcp dport 8088 accept
	}
}
""",
    "C": """\
table ip firewall {
	map services {
		type inet_service : verdict
		elements = { 22 : accept, 8088 : jump web }
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state vmap { established : accept, related : accept, invalid : drop }
		iifname "lo" accept
		tcp dport vmap @services
	}

	chain web {
		accept
	}
}
""",
    "D": """\
table ip firewall {
	map services {
		type inet_service : verdict
		elements = { 22 : accept, 8088 : jump web }
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state vmap { established : accept, related : accept }
		iifname "lo" accept
		tcp dport vmap @services
	}

	chain web {
		accept
	}
}
""",
}
"""The old firewall as four people wrote it anew."""

_NO_RULES = "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n"


def one_rule(listed: str, answer: str | EllipsisType) -> Reply:
    """One rule in place of all those of istio-inbound, with the same effect."""
    if answer is ...:
        return unanswered()
    line = answer.strip() if isinstance(answer, str) else ""
    if not line or "\n" in line or line.count("{") != line.count("}"):
        return no(
            'Give one rule as text: "tcp dport 22 accept".',
            '请以文本给出一条规则："tcp dport 22 accept"。',
        )
    text = re.sub(
        r"(chain istio-inbound \{\n).*?(\t\})",
        rf"\1\t\t{_literal(line)}\n\2",
        listed,
        flags=re.DOTALL,
    )
    try:
        mine = iptsim.read(text=text, lang=language())
        if _untold(mine):
            return _no_rule()
        found = iptsim.diff(iptsim.read(text=listed, lang=language()), mine)
    except IptsimError as error:
        return no(f"nft would not take this ({error}).", f"nft 不接受这条规则（{error}）。")
    if found.same_effect:
        return yes("One look into a set or a map, and every packet fares as before.",
                   "只查一次集合或映射，所有包的结果都不变。")  # fmt: skip
    return _otherwise(found)


def migrations(answer: Iterable[str] | EllipsisType) -> Reply:
    """Which of the new rule sets do the same as the old one."""
    if answer is ...:
        return unanswered()
    given = set(answer) if isinstance(answer, Iterable) else set()
    if not given or not given <= MIGRATIONS.keys():
        return no('Give letters: {"A", "B"}.', '请给出字母：{"A", "B"}。')
    old = iptsim.read(text=OLD_FIREWALL, family=4, lang=language())
    for name in sorted(given):
        found = iptsim.diff(old, iptsim.read(text=MIGRATIONS[name], lang=language()))
        if not found.same_effect:
            return no(f"At least one of them is not the old one: is there a packet that {name} treats otherwise?",
                      f"其中至少有一个与旧规则不同：有没有哪个包在 {name} 里的结果不一样？")  # fmt: skip
    if given < _same(old):
        return no("So far so good, but that is not all.", "到目前为止都对，但还不全。")
    return yes("They look unlike, and no packet can tell.", "写法不同，但任何包都看不出区别。")


def elsewhere(old: Rules, new: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """A packet from the network to port 8088 that fares otherwise under the new rules."""
    if answer is ...:
        return unanswered()
    try:
        after = new.trace(**answer)  # type: ignore[arg-type]
        before = _under_the_old(old, after).trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return no_packet(error)
    if after.trace.packet.dport != 8088 or after.trace.hook != "PREROUTING":
        return no("It should arrive from the network, for port 8088: `dport=8088`.",
                  "它应当来自网络，目的端口是 8088：`dport=8088`。")  # fmt: skip
    fates = [
        {(one.verdict, dict(one.packet).get("dport")) for one in walk.outcomes}
        for walk in (before, after)
    ]
    if fates[0] & fates[1]:
        return no("Both rule sets do the same to this one. Which packets did the proof leave out?",
                  "两套规则对这个包的处理相同。刚才的证明没有包括哪些包？")  # fmt: skip
    return yes("The old rules never saw it; the new ones hand it to Envoy.",
               "旧规则根本看不到它，新规则把它交给 Envoy。")  # fmt: skip


def _same(old: Rules) -> set[str]:
    told = ((name, iptsim.read(text=text)) for name, text in MIGRATIONS.items())
    return {name for name, mine in told if iptsim.diff(old, mine).same_effect}


def _under_the_old(old: Rules, after: Walk) -> Rules:
    """The rules that the packet met before: iptables has a table of its own for each family."""
    return iptsim.read(text=_NO_RULES, family=6) if after.trace.packet.family == 6 else old


def _untold(mine: Rules) -> bool:
    """Whether it hangs on what is no rule of nft: soon told, where a comparison takes long."""
    ways = [way for one in mine.trace(hook="prerouting").outcomes for way in one.when]
    return any(fact.code == "IPT0470" for way in ways for fact, _ in way.facts)


def _no_rule() -> Reply:
    return no("Part of that is no rule of nft, so nobody can tell what it does.",
              "其中有一部分不是 nft 规则，无法判断它的作用。")  # fmt: skip


def _otherwise(found: iptsim.Comparison) -> Reply:
    if not all(effect.certain for effect in found.effects):
        return _no_rule()
    told = found.json()["effect"][0]["explanation"]  # type: ignore[index]  # as the schema says
    return no(f"Some packets fare otherwise. {told}", f"有些包的结果变了。{told}")


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")
