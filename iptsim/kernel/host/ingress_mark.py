"""The mark of a packet that arrives, which no frame carries: it is set where the frame comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from iptsim import codes
from iptsim.kernel.host.namespaces import JudgeError, Namespace, ProgramError
from iptsim.packet import Packet

_TABLE = "iptsim_ingress"


@contextmanager
def arriving_mark(packet: Packet, hook: str, host: Namespace) -> Iterator[None]:
    """What comes in by the packet's interface has its mark, before any rule of iptables is asked.

    So tc or XDP does it on a real host (net/core/dev.c, __netif_receive_skb_core: nf_ingress comes
    before ip_rcv). A packet that the host sends takes its mark from its socket. Raises `JudgeError`
    (IPT0630) where this kernel has no ingress hook.
    """
    if hook != "PREROUTING" or not packet.mark:
        yield
        return
    try:
        host.run("nft", "-f", "-", stdin=_rules(str(packet.in_), packet.mark))
    except ProgramError as error:
        raise JudgeError(
            f"cannot judge --mark: this kernel gives arriving packets none ({error.words})",
            code=codes.MARK_NOT_GIVEN, words=error.words,
        ) from error  # fmt: skip
    try:
        yield
    finally:
        host.run("nft", "delete", "table", "netdev", _TABLE)


def _rules(interface: str, mark: int) -> str:
    return f"""
table netdev {_TABLE} {{
  chain marking {{
    type filter hook ingress device "{interface}" priority -1001; meta mark set {mark};
  }}
}}
"""
