"""The catalogue of a packet's fields, and a packet as far as it is given."""

from __future__ import annotations

from enum import Enum
from operator import attrgetter
from types import MappingProxyType

from iptsim.dataclass import dataclass, fields, replace
from iptsim.values import IntSet

CT_STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
ADDRESS_TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE",
    "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE",
)  # fmt: skip
PACKET_TYPES = ("unicast", "broadcast", "multicast")
HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
DEVICE_HOOKS = ("INGRESS", "EGRESS")
"""Where a packet comes from a device, and is handed to one: chains of nftables alone are there."""
TCP_FLAGS = MappingProxyType(
    {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "PSH": 0x08, "ACK": 0x10, "URG": 0x20}
)
# The rest of the flags byte; iptables has no names for them in --tcp-flags.
ECN_FLAGS = MappingProxyType({"ECE": 0x40, "CWR": 0x80})
# The bits of `ext_headers` (include/uapi/linux/netfilter_ipv6/ip6t_ipv6header.h, MASK_HOPOPTS …).
EXT_HEADERS = MappingProxyType({"hop": 0x80, "dst": 0x40, "route": 0x20, "frag": 0x10})
# The protocol numbers of IPv6 extension headers that no packet has for its protocol.
SKIPPED = frozenset({0, 43, 44, 60})


NOBODY = "none"
"""The user or group of a packet that no socket sent, as its option takes it."""


def flag_names(flags: int) -> str:
    """The TCP flags that are set, by name: `SYN,ECE`; `NONE` where none is."""
    every = {**TCP_FLAGS, **ECN_FLAGS}
    return ",".join(name for name, bit in every.items() if flags & bit) or "NONE"


BIT_FIELDS = frozenset({"tcp_flags", "tcp_options", "ext_headers"})
"""The fields whose bits have names of their own, see `bit_names`."""


def bit_names(field: str, bits: int) -> str:
    """The bits of a field of `BIT_FIELDS` as its option takes them: `SYN,ECE`, `2,8`, `hop,dst`."""
    if field == "tcp_flags":
        return flag_names(bits)
    if field == "tcp_options":
        return ",".join(str(n) for n in range(bits.bit_length()) if bits >> n & 1) or "none"
    return ",".join(name for name, bit in EXT_HEADERS.items() if bits & bit) or "none"


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
    # Bit n is set when TCP option n is present; `tcp_mss` is what option 2 says.
    _number("tcp_options", 256),
    _number("tcp_mss", 16),
    _number("icmp_type", 8),
    _number("icmp_code", 8),
    _number("dccp_type", 4),
    # The security parameter index of AH or ESP, the compression parameter index of IPComp.
    _number("spi", 32),
    _number("cpi", 16),
    # IPv6 only. The extension headers before AH (51), ESP (50), «none» (59) or a transport header,
    # which are the packet's `proto`. Lengths are in bytes, of the whole header.
    _number("ext_headers", 8),
    # What an AH is followed by.
    _name("ah_next", "esp", "none", "other"),
    _number("ah_length", 11),
    _number("ah_reserved", 16),
    _number("frag_id", 32),
    _number("frag_more", 1),
    _number("frag_reserved", 10),
    _number("rt_type", 8),
    _number("rt_segsleft", 8),
    _number("rt_length", 12),
    _number("hbh_length", 12),
    _number("dst_length", 12),
    _number("mh_type", 8),
    # Whether the last 64 bits of the source are made of the MAC address of the sender.
    _name("eui64", "yes", "no"),
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
    # Whether it came over an Ethernet link: only then has it a MAC address that rules see.
    _name("ethernet", "yes", "no"),
    _name("pkttype", *PACKET_TYPES),
    Field(name="physdev_in", kind=Kind.INTERFACE),
    Field(name="physdev_out", kind=Kind.INTERFACE),
    _name("bridged", "yes", "no"),
)
FIELDS = MappingProxyType({field.name: field for field in _CATALOGUE})


IN_FIRST_FRAGMENT = frozenset(
    {
        "sport", "dport", "tcp_flags", "tcp_options", "tcp_mss", "icmp_type", "icmp_code",
        "dccp_type", "spi", "cpi", "mh_type", "ah_next", "ah_length", "ah_reserved",
    }
)  # fmt: skip
"""The fields of the transport header, which second and later fragments have not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet as far as it is given; None is «not told», never «zero».

    Addresses are integers of the width of `family` (4: 32 bits, 6: 128 bits); ports, marks, users,
    TTL (hop limit), TOS (traffic class) and `length` (bytes of the whole IP packet) are integers;
    `mac_src` is an integer of 48 bits. `tcp_options` has bit n set for option n, `ext_headers` the
    bits of `EXT_HEADERS`. `fragment` is 1 for a second or later one. `in_` and `out` are interface
    names. `payload` is what comes after the transport header; it is no field, for a condition on it
    is decided beforehand. `names` are fields that are told by a name whose value nobody told, with
    the name: `("dst", "web.example")`. `sets` are fields of which only a set is told. `socket` is
    `no` for a packet that no socket sent, and so nobody.
    """

    family: int = 4
    proto: int | None = None
    src: int | None = None
    dst: int | None = None
    sport: int | None = None
    dport: int | None = None
    in_: str | None = None
    out: str | None = None
    fragment: int | None = None
    tcp_flags: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    tcp_options: int | None = None
    tcp_mss: int | None = None
    dccp_type: int | None = None
    spi: int | None = None
    cpi: int | None = None
    ext_headers: int | None = None
    ah_next: str | None = None
    ah_length: int | None = None
    ah_reserved: int | None = None
    frag_id: int | None = None
    frag_more: int | None = None
    frag_reserved: int | None = None
    rt_type: int | None = None
    rt_segsleft: int | None = None
    rt_length: int | None = None
    hbh_length: int | None = None
    dst_length: int | None = None
    mh_type: int | None = None
    mark: int | None = None
    socket: str | None = None
    uid: int | None = None
    gid: int | None = None
    ctstate: str | None = None
    ttl: int | None = None
    tos: int | None = None
    length: int | None = None
    mac_src: int | None = None
    payload: bytes | None = None
    names: tuple[tuple[str, str], ...] = ()
    sets: tuple[tuple[str, IntSet], ...] = ()

    def given(self) -> dict[str, int | str]:
        """What is told of the fields, by the names of `FIELDS`."""
        values = zip(_SHOWN, _of_fields(self), strict=True)
        return {name: value for name, value in values if value is not None}

    def tells(self, *fields_: str) -> bool:
        """Whether one of these fields is given, be it by a name or as a set."""
        named = {name for name, _told in (*self.names, *self.sets)}
        return any(each in named or getattr(self, each) is not None for each in fields_)

    def with_(self, **values: int | str | bytes | tuple[tuple[str, str], ...] | None) -> Packet:
        """The same packet with some fields told otherwise."""
        return replace(self, **values)  # type: ignore[arg-type]  # names are checked by replace


def option_of(key: str) -> str:
    """The option that a key of a JSON packet stands for: `icmp_type` is `--icmp-type`."""
    return "--" + key.replace("_", "-")


_TOLD = [f.name for f in fields(Packet) if f.name not in ("family", "payload", "names", "sets")]
_SHOWN = tuple(name.rstrip("_") for name in _TOLD)
_of_fields = attrgetter(*_TOLD)
