"""fail2ban's jails.

Sources: fail2ban, config/action.d/iptables.conf at its tags (chains `fail2ban-` up to 0.8, `f2b-` from 0.9).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="fail2ban",
    title="fail2ban",
    signs=(
        Sign(chain=r"f2b-.+", since="0.9"),
        Sign(chain=r"fail2ban-.+", until="0.8"),
    ),
    chains={
        "f2b-*": (
            "An f2b chain holds the addresses that one jail has banned.",
            "f2b 链存放一个 jail 封禁的地址。",
        ),
        "fail2ban-*": (
            "A fail2ban chain holds the addresses that one jail has banned.",
            "fail2ban 链存放一个 jail 封禁的地址。",
        ),
    },
    rules=(
        Purpose(
            chain=r"(?:f2b|fail2ban)-(?P<jail>.+)",
            rule=r"^-s (?P<who>\S+?)(?:/32|/128)? -j (?:REJECT|DROP)",
            said=("{who} is banned: it failed too often.", "{who} 已被封禁：失败次数过多。"),
        ),
        Purpose(
            chain=r"(?:f2b|fail2ban)-.+",
            rule=r"^-j RETURN",
            said=("Who is not banned goes on.", "未被封禁的继续往下走。"),
        ),
    ),
    keeper=Keeper(name="fail2ban", chains=r"(?:f2b|fail2ban)-.+"),
)
