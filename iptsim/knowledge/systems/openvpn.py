"""OpenVPN: the Access Server's chains, and what usual set-ups write for its default network.

OpenVPN itself writes no rules. Sources: OpenVPN Access Server's documents («AS0_» chains); OpenVPN's
HOWTO and sample server.conf (10.8.0.0/24, tun0, port 1194). The network alone tells nothing: wg-easy of WireGuard
masquerades 10.8.0.0/24, too.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="openvpn",
    title="OpenVPN",
    signs=(
        Sign(chain=r"AS0_.+"),
        Sign(chain=r"INPUT", rule=r"--dport 1194 (?:.* )?-j ACCEPT"),
    ),
    chains={
        "AS0_*": (
            "An AS0 chain is of the OpenVPN Access Server.",
            "AS0 链属于 OpenVPN Access Server。",
        ),
        "AS0_ACCEPT": (
            "AS0_ACCEPT accepts connections that are open already.",
            "AS0_ACCEPT 放行已建立的连接。",
        ),
        "AS0_IN*": (
            "An AS0_IN chain judges what VPN clients send.",
            "AS0_IN 链裁决 VPN 客户端发来的包。",
        ),
        "AS0_OUT*": (
            "An AS0_OUT chain judges what goes to VPN clients.",
            "AS0_OUT 链裁决发往 VPN 客户端的包。",
        ),
        "AS0_NAT*": (
            "An AS0_NAT chain gives what VPN clients send out this host's address.",
            "AS0_NAT 链把 VPN 客户端外发的包换成本机源地址。",
        ),
        "AS0_WEBACCEPT": (
            "AS0_WEBACCEPT opens the Access Server's web port.",
            "AS0_WEBACCEPT 开放 Access Server 的 Web 端口。",
        ),
    },
    ports={
        1194: ("Port 1194 is OpenVPN's.", "端口 1194 是 OpenVPN 的端口。"),
    },
    addresses={
        "10.8.0.0/24": (
            "10.8.0.0/24 is OpenVPN's usual network.",
            "10.8.0.0/24 是 OpenVPN 的默认网段。",
        )
    },
    rules=(
        Purpose(
            chain=r"POSTROUTING",
            rule=r"^-s 10\.8\.0\.0/24 .*-j (?:MASQUERADE|SNAT)",
            said=(
                "VPN clients (10.8.0.0/24) reach the outside with this host's address.",
                "VPN 客户端（10.8.0.0/24）以本机地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"INPUT|FORWARD",
            rule=r"-[io] tun\d+ .*-j ACCEPT",
            said=(
                "What VPN clients send and get by the tunnel may pass.",
                "放行 VPN 客户端经隧道收发的包。",
            ),
        ),
    ),
    keeper=Keeper(name="openvpn", chains=r"AS0_.+"),
)
