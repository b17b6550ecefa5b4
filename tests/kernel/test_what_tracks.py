"""Which rules make the kernel track connections, asked in namespaces where nothing else does.

The judge's own table tracks, so it is not the judge that is asked here.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from iptsim.dialects import read_text
from iptsim.extensions.arming import tracks
from iptsim.kernel.host.namespaces import Namespace
from iptsim.kernel.host.tools import tool
from iptsim.model import BUILTIN_CHAINS
from iptsim.packet import Packet
from iptsim.tracer import trace

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]

COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"
TUN_SET, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001  # TUNSETIFF; IFF_TUN | IFF_NO_PI
RULES = {
    "filter": (
        "-m state --state NEW", "-m conntrack --ctproto 6", "-m connmark --mark 0x1",
        "-m connbytes --connbytes 1 --connbytes-mode bytes --connbytes-dir both",
        "-m connlabel --label 1", "-m connlimit --connlimit-above 3", "-m helper --helper ftp",
        "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x1",
        "-p tcp -m tcp -j SYNPROXY --mss 1460", "-m socket", "-m recent --set --name x",
        "-m limit --limit 1/sec", "-j REJECT", "-j LOG",
    ),
    "mangle": ("-j CONNMARK --save-mark", "-p tcp -j TPROXY --on-port 1"),
    "raw": ("-j CT --zone 1", "-j CT --notrack", "-j NOTRACK"),
    "nat": (
        "-j MASQUERADE", "-j SNAT --to-source 192.0.2.1", "-j DNAT --to-destination 192.0.2.1",
        "-p tcp -j REDIRECT", "-j NETMAP --to 192.0.2.0/24", "-j MARK --set-mark 1", "-j LOG",
    ),
}  # fmt: skip


def _dump(table: str, *rules: str) -> str:
    heads = [f":{chain} ACCEPT [0:0]" for chain in BUILTIN_CHAINS[table]]
    return "\n".join([f"*{table}", *heads, ":aside - [0:0]", *rules, "COMMIT", ""])


def _loaded(host: Namespace, text: str, backend: str) -> str:
    """What is saved of the rules in a namespace of its own, with lo up."""
    host.run("ip", "link", "set", "lo", "up")
    host.run(tool("iptables-restore", backend), stdin=text)
    return host.run(tool("iptables-save", backend), "-c")


def _send(host: Namespace) -> None:
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", 53))


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize(("table", "rule"), [(t, r) for t, rules in RULES.items() for r in rules])
def test_a_rule_that_no_packet_meets_tracks_or_not(table: str, rule: str, backend: str) -> None:
    with Namespace() as host:
        saved = _loaded(host, _dump(table, f"-A aside {rule}"), backend)
        _send(host)
        tracked = int(host.do(lambda: Path(COUNT).read_text(encoding="ascii"))) > 0
    assert tracks(read_text(saved, family=4).rulesets[0]) is tracked


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize("more", ["", "-A aside -m state --state NEW"])
def test_nat_is_asked_where_a_rule_tracks(more: str, backend: str) -> None:
    nat = _dump("nat", "-A OUTPUT -p udp -j MARK --set-xmark 0x9/0xffffffff")
    text = nat + _dump(
        "filter", "-A OUTPUT -m mark --mark 0x9 -j ACCEPT", *([more] if more else [])
    )
    with Namespace() as host:
        saved = _loaded(host, text, backend)
        _send(host)
        counted = host.run(tool("iptables-save", backend), "-c")
    packet = Packet(proto=17, src=0x7F000001, dst=0x7F000001, sport=9, dport=53, mark=0)
    (outcome,) = trace(read_text(saved, family=4).rulesets[0], packet, hook="OUTPUT").outcomes
    met = any(step.table == "filter" and step.rule == 1 for step in outcome.steps)
    assert f"[{int(met)}:{29 * met}] -A OUTPUT -m mark" in counted
    assert met is bool(more)


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_a_tunnel_has_no_mac_address(backend: str) -> None:
    rules = [
        f"-A INPUT -i tun7 -m mac {asked}"
        for asked in ("--mac-source 00:00:00:00:00:00", "! --mac-source 00:00:00:00:00:01")
    ]
    with Namespace() as host:
        link = host.do(_tunnel)
        try:
            host.run("ip", "addr", "add", "10.8.0.1/24", "dev", "tun7")
            host.run("ip", "link", "set", "tun7", "up")
            _loaded(host, _dump("filter", *rules, "-A INPUT -i tun7"), backend)
            os.write(link, _PIECE)
            counted = host.run(tool("iptables-save", backend), "-c")
        finally:
            os.close(link)
    assert counted.count("[0:0] -A INPUT -i tun7 -m mac") == len(rules)
    assert "[1:20] -A INPUT -i tun7\n" in counted


def _tunnel() -> int:
    from fcntl import ioctl  # noqa: PLC0415  # not every system has it

    link = os.open("/dev/net/tun", os.O_RDWR)
    ioctl(link, TUN_SET, b"tun7".ljust(16, b"\0") + TUN_WITHOUT_HEADER.to_bytes(2, "little"))
    return link


# An IPv4 packet without a body: protocol 253, of 10.8.0.2 to 10.8.0.1.
_HEADER = bytes.fromhex("4500 0014 0001 0000 40fd 0000 0a08 0002 0a08 0001".replace(" ", ""))


def _summed(header: bytes) -> bytes:
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, 20, 2))
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + (0xFFFF ^ total).to_bytes(2, "big") + header[12:]


_PIECE = _summed(_HEADER)
