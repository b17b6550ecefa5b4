"""What connection tracking makes of a packet that belongs to no known connection, and its answer.

Sources: net/netfilter/nf_conntrack_proto_tcp.c (tcp_valid_flags, tcp_conntracks, tcp_new),
nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c (invmap, valid_new, noct_valid_new),
nf_conntrack_core.c (resolve_normal_ct); the tables hold for kernel 6.18, asked packet by packet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from iptsim.packet import TCP_FLAGS

# The kernel has given up tracking DCCP's ports (6.18 knows of none).
WITH_PORTS = frozenset({6, 17, 132, 136})
"""Protocols whose connections have ports."""

ICMP, TCP, UDP, GRE, ICMP6, NO_NEXT_HEADER = 1, 6, 17, 47, 58, 59
_FIN, _SYN, _RST, ACK = (TCP_FLAGS[name] for name in ("FIN", "SYN", "RST", "ACK"))
SYN_ACK = _SYN | ACK

ANSWERS: Mapping[int, Mapping[int, int]] = MappingProxyType(
    {
        # Echo, timestamp, information, address mask.
        ICMP: MappingProxyType({8: 0, 13: 14, 15: 16, 17: 18}),
        # Echo, node information.
        ICMP6: MappingProxyType({128: 129, 139: 140}),
    }
)
"""By protocol, the ICMP types that open a connection, and the type that answers each."""

UNTRACKED_TYPES = frozenset({*range(130, 137), 143, 151, 152})
"""ICMPv6 that is never tracked: multicast listeners and routers, neighbour discovery."""


def first_state(
    family: int,
    proto: int | None,
    *,
    flags: int | None = None,
    icmp_type: int | None = None,
    loose: bool = True,
) -> str:
    """NEW, INVALID or UNTRACKED: the state of a packet that no known connection has.

    What is not told is taken to open a connection. PSH, URG, ECE and CWR count for nothing; an ACK
    alone is picked up where `loose` (nf_conntrack_tcp_loose, 1 unless somebody set it).
    """
    if proto == TCP and flags is not None:
        opens = (_SYN, ACK) if loose else (_SYN,)
        return "NEW" if flags & (_FIN | _SYN | _RST | ACK) in opens else "INVALID"
    answers = ANSWERS.get(proto or 0)
    if answers is not None and icmp_type is not None:
        if proto == ICMP6 and icmp_type in UNTRACKED_TYPES:
            return "UNTRACKED"
        return "NEW" if icmp_type in answers else "INVALID"
    return "INVALID" if (family, proto) == (6, NO_NEXT_HEADER) else "NEW"


def picked_up(flags: int | None) -> bool:
    """Whether a TCP packet with these flags takes a connection up in its middle."""
    return flags is not None and flags & SYN_ACK == ACK


def answer_flags(flags: int | None) -> int:
    """The TCP flags of an ordinary answer: SYN,ACK to what opens a connection, else ACK."""
    return ACK if picked_up(flags) else SYN_ACK


EXPECTED, SEEN_REPLY, ASSURED, CONFIRMED = 1, 2, 4, 8
EVERY_STATUS = EXPECTED | SEEN_REPLY | ASSURED | CONFIRMED
"""Bits of `ctstatus`."""
TEMPLATE = 0x800
"""IPS_TEMPLATE: what a packet has until it is tracked, where a rule gave it a zone or such."""


def next_status(proto: int | None) -> tuple[int, int]:
    """The status bits that are certainly set after an answer, and those that may be.

    TCP is assured by the ACK that ends its handshake, GRE by what follows an answer; UDP by a
    packet more than two seconds after its first (nf_conntrack_proto_udp.c, stream_ts), the others
    are not. Of SCTP and DCCP the packet does not tell how far they are.
    """
    both = SEEN_REPLY | CONFIRMED
    if proto in (TCP, GRE):
        return both | ASSURED, 0
    if proto in (ICMP, ICMP6):
        return both, 0
    return both, ASSURED
