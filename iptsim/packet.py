"""The catalogue of a packet's fields, and a packet as far as it is given."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

CT_STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
ADDRESS_TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE",
    "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE",
)  # fmt: skip
PACKET_TYPES = ("unicast", "broadcast", "multicast")
HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
TCP_FLAGS = MappingProxyType(
    {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "PSH": 0x08, "ACK": 0x10, "URG": 0x20}
)


class Kind(Enum):
    """What values a field has."""

    NUMBER = "number"
    INTERFACE = "interface"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that conditions may ask for.

    `width` is in bits for numbers (addresses: 128, of which IPv4 uses 32); `names` are the values
    of a NAME field. A field may be of the packet, of its socket or of its connection.
    """

    name: str
    kind: Kind
    width: int = 0
    names: tuple[str, ...] = ()


def _number(name: str, width: int) -> Field:
    return Field(name=name, kind=Kind.NUMBER, width=width)


def _name(name: str, *names: str) -> Field:
    return Field(name=name, kind=Kind.NAME, names=names)


_CATALOGUE = (
    _number("proto", 8),
    _number("src", 128),
    _number("dst", 128),
    _number("sport", 16),
    _number("dport", 16),
    Field(name="in", kind=Kind.INTERFACE),
    Field(name="out", kind=Kind.INTERFACE),
    # 1 for the second and later fragments of a packet; ports and flags are not in those.
    _number("fragment", 1),
    _number("tcp_flags", 8),
    # Bit n is set when TCP option n is present. Not given on the command line.
    _number("tcp_options", 256),
    _number("tcp_mss", 16),
    _number("icmp_type", 8),
    _number("icmp_code", 8),
    _number("dccp_type", 4),
    _number("mark", 32),
    _number("connmark", 32),
    # `socket` says whether a local socket sent the packet; without one uid and gid do not exist.
    _name("socket", "yes", "no"),
    _number("uid", 32),
    _number("gid", 32),
    _name("ctstate", *CT_STATES),
    _name("ctdir", "ORIGINAL", "REPLY"),
    _name("ct_snat", "yes", "no"),
    _name("ct_dnat", "yes", "no"),
    # struct nf_conn status bits that xt_conntrack reads (IPS_EXPECTED 1, SEEN_REPLY 2, ASSURED 4,
    # CONFIRMED 8; include/uapi/linux/netfilter/nf_conntrack_common.h).
    _number("ctstatus", 4),
    _number("ctexpire", 32),
    _number("ctproto", 8),
    _number("ctorigsrc", 128),
    _number("ctorigdst", 128),
    _number("ctreplsrc", 128),
    _number("ctrepldst", 128),
    _number("ctorigsrcport", 16),
    _number("ctorigdstport", 16),
    _number("ctreplsrcport", 16),
    _number("ctrepldstport", 16),
    _name("src_type", *ADDRESS_TYPES),
    _name("dst_type", *ADDRESS_TYPES),
    _number("ttl", 8),
    _number("tos", 8),
    # The whole IP packet in bytes (IPv4 total length; IPv6 payload length plus 40).
    _number("length", 32),
    _number("mac_src", 48),
    _name("pkttype", *PACKET_TYPES),
    Field(name="physdev_in", kind=Kind.INTERFACE),
    Field(name="physdev_out", kind=Kind.INTERFACE),
    _name("bridged", "yes", "no"),
)
FIELDS = MappingProxyType({field.name: field for field in _CATALOGUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet as far as it is given; None is «not told», never «zero».

    Addresses are integers of the width of `family` (4: 32 bits, 6: 128 bits); ports, marks, users,
    TTL (hop limit), TOS (traffic class) and `length` (bytes of the whole IP packet) are integers;
    `mac_src` is an integer of 48 bits. `in_` and `out` are interface names. `payload` is what comes
    after the transport header; it is no field, for a condition on it is decided beforehand.
    """

    family: int = 4
    proto: int | None = None
    src: int | None = None
    dst: int | None = None
    sport: int | None = None
    dport: int | None = None
    in_: str | None = None
    out: str | None = None
    tcp_flags: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    mark: int | None = None
    uid: int | None = None
    gid: int | None = None
    ctstate: str | None = None
    ttl: int | None = None
    tos: int | None = None
    length: int | None = None
    mac_src: int | None = None
    payload: bytes | None = None

    def given(self) -> dict[str, int | str]:
        """What is told of the fields, by the names of `FIELDS`."""
        values: dict[str, Any] = {f.name.rstrip("_"): getattr(self, f.name) for f in fields(self)}
        del values["family"], values["payload"]
        return {name: value for name, value in values.items() if value is not None}

    def with_(self, **values: int | str | None) -> Packet:
        """The same packet with some fields told otherwise."""
        return replace(self, **values)  # type: ignore[arg-type]  # names are checked by replace
