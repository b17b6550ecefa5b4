"""libvirt's virtual networks.

Sources: libvirt/libvirt, src/network/network_{iptables,nftables}.c (commits 01fd85fed930, 06e7fee707d3); the rules that
libvirt 9.0.0 made for its network «default» (fixtures/systems). Chains are from 5.1 on, nftables from 10.4 (its NEWS).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="libvirt",
    title="libvirt",
    signs=(
        Sign(chain=r"LIBVIRT_(?:INP|OUT|FWI|FWO|FWX|PRT)", since="5.1"),
        Sign(
            chain=r"INPUT|FORWARD",
            table="filter",
            rule=r"^(?:-[sd] \S+ )?-[io] virbr\d+ .*-j (?:ACCEPT|REJECT)",
            until="5.0",
        ),
        Sign(chain=r".+", table=r"ip6? libvirt_network", since="10.4"),
    ),
    chains={
        "guest_output": (
            "guest_output judges what guests send out of their network.",
            "guest_output 裁决虚拟机发往网络外的包。",
        ),
        "guest_input": (
            "guest_input judges what comes into guests' networks.",
            "guest_input 裁决进入虚拟机网络的包。",
        ),
        "guest_cross": (
            "guest_cross lets guests of one network reach each other.",
            "guest_cross 允许同一网络的虚拟机互通。",
        ),
        "guest_nat": (
            "guest_nat gives guests' packets this host's address.",
            "guest_nat 把虚拟机的包改为本机地址。",
        ),
        "LIBVIRT_INP": (
            "LIBVIRT_INP lets guests ask this host for addresses and names (DHCP, DNS).",
            "LIBVIRT_INP 让虚拟机向本机请求地址与域名（DHCP、DNS）。",
        ),
        "LIBVIRT_OUT": (
            "LIBVIRT_OUT lets this host answer its guests (DHCP, DNS).",
            "LIBVIRT_OUT 让本机应答虚拟机（DHCP、DNS）。",
        ),
        "LIBVIRT_FWI": (
            "LIBVIRT_FWI judges what goes into libvirt's networks.",
            "LIBVIRT_FWI 裁决进入 libvirt 网络的包。",
        ),
        "LIBVIRT_FWO": (
            "LIBVIRT_FWO judges what leaves libvirt's networks.",
            "LIBVIRT_FWO 裁决离开 libvirt 网络的包。",
        ),
        "LIBVIRT_FWX": (
            "LIBVIRT_FWX lets guests of one network reach each other.",
            "LIBVIRT_FWX 让同一网络的虚拟机互访。",
        ),
        "LIBVIRT_PRT": (
            "LIBVIRT_PRT gives what guests send out this host's address.",
            "LIBVIRT_PRT 把虚拟机外发的包换成本机源地址。",
        ),
    },
    rules=(
        Purpose(
            chain=r"LIBVIRT_PRT|POSTROUTING",
            rule=r"-d 224\.0\.0\.0/24 .*-j RETURN|-d 255\.255\.255\.255/32 .*-j RETURN",
            said=("Multicast and broadcast keep their source.", "组播与广播保留源地址。"),
        ),
        Purpose(
            chain=r"LIBVIRT_FWI",
            rule=r"-j REJECT",
            said=(
                "Nobody outside begins a connection to guests of this network (NAT).",
                "外部不能主动连接此网络的虚拟机（NAT）。",
            ),
        ),
        Purpose(
            chain=r"LIBVIRT_PRT",
            rule=r"^-s (?P<net>\S+) .*-j MASQUERADE",
            said=(
                "Guests of {net} reach the outside with this host's address.",
                "{net} 的虚拟机以本机地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"LIBVIRT_FWO",
            rule=r"-j REJECT",
            said=(
                "What guests of this network may not reach is refused.",
                "拒绝此网络的虚拟机访问不允许的目的地。",
            ),
        ),
        Purpose(
            chain=r"LIBVIRT_FWO",
            rule=r"^-s (?P<net>\S+) .*-j ACCEPT",
            said=("Guests of {net} may reach the outside.", "{net} 的虚拟机可以访问外部。"),
        ),
        Purpose(
            chain=r"LIBVIRT_FWI",
            rule=r"--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=("Answers to what guests began come back.", "放行虚拟机所发起连接的应答。"),
        ),
        Purpose(
            chain=r"LIBVIRT_FWX",
            rule=r"-j ACCEPT",
            said=("Guests of one network reach each other.", "同一网络的虚拟机可以互访。"),
        ),
        Purpose(
            chain=r"LIBVIRT_(?:INP|OUT)",
            rule=r"--dport (?:53|67|68|69|547|546) -j ACCEPT",
            said=(
                "Guests and this host exchange DHCP and DNS (dnsmasq).",
                "虚拟机与本机之间的 DHCP 与 DNS（dnsmasq）。",
            ),
        ),
        Purpose(
            chain=r"LIBVIRT_PRT",
            rule=r"-j CHECKSUM",
            said=(
                "Fills in checksums of DHCP answers, which some old clients insist on.",
                "填写 DHCP 应答的校验和，兼容部分老客户端。",
            ),
        ),
    ),
    keeper=Keeper(
        name="libvirt",
        chains=r"LIBVIRT_\w+",
        rules=(
            r"-A FORWARD (?=.*virbr)(?:-[sd] \S+ )?(?:-i virbr\d+ )?(?:-o virbr\d+ )?"
            r"(?:-m conntrack --ctstate RELATED,ESTABLISHED )?-j ACCEPT"
            r"|-A (?:INPUT|OUTPUT) -[io] virbr\d+ -p (tcp|udp) -m \1 --dport (?:53|67|68) -j ACCEPT"
        ),
    ),
)
