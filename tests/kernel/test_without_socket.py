"""What a packet that no socket sent meets of `-m owner`, beside the kernel's counters.

A REJECT's reset is such a packet (net/ipv4/netfilter/nf_reject_ipv4.c); that of a closed port has a
socket of the kernel's own, which nobody owns, and differs in `--socket-exists` alone.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from iptsim.dialects import read_text
from iptsim.questions import read_packet
from iptsim.tracer import trace

pytestmark = pytest.mark.kernel

REJECTED, CLOSED = 99, 98
ASKED = (
    "--socket-exists", "! --socket-exists", "--uid-owner 0-4294967294", "! --uid-owner 5",
    "--gid-owner 0", "! --gid-owner 0", "--uid-owner 0 --gid-owner 0",
    "! --uid-owner 0 ! --gid-owner 5", "--uid-owner 0 ! --gid-owner 5",
    "! --uid-owner 5 ! --socket-exists", "--gid-owner 0 --suppl-groups",
    "! --gid-owner 0 --suppl-groups",
)  # fmt: skip
RESET = "-A OUTPUT -p tcp -m tcp --tcp-flags RST RST -m owner"
SAVED = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    f"-A INPUT -p tcp -m tcp --dport {REJECTED} -j REJECT --reject-with tcp-reset\n"
    + "".join(f"{RESET} {asked}\n" for asked in ASKED)
    + "COMMIT\n"
)
CONNECT = "import socket; socket.socket().connect_ex(('127.0.0.1', {port}))"


def counted(port: int, backend: str) -> list[bool]:
    """Which of the rules a reset from a port met, in a network of its own."""
    connect = f'python3 -c "{CONNECT.format(port=port)}"'
    tool = f"iptables-{backend}"
    script = f"ip link set lo up && {tool}-restore && {connect} && {tool} -nvxL OUTPUT"
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script],
        input=SAVED, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    packets = [int(line.split()[0]) for line in done.stdout.splitlines() if " owner " in line]
    assert len(packets) == len(ASKED)
    return [count > 0 for count in packets]


def traced() -> list[bool]:
    here = {"src": "127.0.0.1", "dst": "127.0.0.1", "sport": REJECTED, "dport": 40000}
    question = read_packet({"tcp_flags": "RST,ACK", "out": "lo", "uid": "none", **here})
    (outcome,) = trace(read_text(SAVED).rulesets[0], question.packet, hook="OUTPUT").outcomes
    met = {step.rule for step in outcome.steps if step.chain == "OUTPUT"}
    return [number in met for number, _asked in enumerate(ASKED, 1)]


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_a_packet_without_a_socket_meets_what_the_kernel_says(
    real_kernel: None, backend: str
) -> None:
    assert counted(REJECTED, backend) == traced()


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_the_kernels_own_socket_differs_in_its_existence_alone(
    real_kernel: None, backend: str
) -> None:
    differ = zip(ASKED, counted(CLOSED, backend), traced(), strict=True)
    found = [asked for asked, kernel, ours in differ if kernel != ours]
    assert found
    assert all(re.search(r"socket-exists|suppl-groups", asked) for asked in found)
