"""fail2ban's jails.

Sources: fail2ban/fail2ban, config/action.d/{iptables,iptables-ipset,nftables}.conf, read at 0.8.14 to 1.1.0 (chains
`fail2ban-` up to 0.8, `f2b-` from 0.9); the rules that 1.0.2 made (fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="fail2ban",
    title="fail2ban",
    signs=(
        Sign(chain=r"f2b-.+", since="0.9"),
        Sign(chain=r"fail2ban-.+", until="0.8"),
        Sign(chain=r".+", table=r"inet f2b-table", since="0.11"),
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
        Purpose(
            chain=r"INPUT|FORWARD|DOCKER-USER",
            rule=r"--dports (?P<ports>\S+) .*-j (?:f2b|fail2ban)-(?P<jail>\S+)",
            said=(
                "Connections to ports {ports} pass the jail {jail} first.",
                "到端口 {ports} 的连接先经过 jail {jail}。",
            ),
        ),
        Purpose(
            chain=r"(?:f2b|fail2ban)-.+",
            rule=r"--match-set (?P<set>\S+) src .*-j (?:REJECT|DROP)",
            said=(
                "The jail's banned addresses are in the set {set}.",
                "此 jail 封禁的地址在集合 {set} 中。",
            ),
        ),
    ),
    keeper=Keeper(name="fail2ban", chains=r"(?:f2b|fail2ban)-.+"),
)
