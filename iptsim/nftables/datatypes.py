"""The type that nft gives to what an expression holds (`nft describe`), by its name in sets.

Sources: nftables, src/proto.c, meta.c, ct.c, exthdr.c, tcpopt.c, rt.c, fib.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from iptsim.nftables.expressions import (
    Binary,
    Concatenation,
    Ct,
    Expression,
    ExtensionHeader,
    Fib,
    Hash,
    HeaderOption,
    Ipsec,
    Meta,
    Numgen,
    Osf,
    Payload,
    RawPayload,
    RawTcpOption,
    Rt,
    Socket,
)

INTEGER = "integer"
"""The type of what is but a number."""


def _fields(text: str) -> Mapping[str, str]:
    """`saddr:ipv4_addr ttl`: fields and their types; a plus parts words of one field."""
    words = (word.partition(":") for word in text.split())
    return MappingProxyType({name.replace("+", " "): kind or INTEGER for name, _, kind in words})


_PORTS = "sport:inet_service dport:inet_service"
HEADERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ether": _fields("daddr:ether_addr saddr:ether_addr type:ether_type"),
        "vlan": _fields("id cfi dei pcp type:ether_type"),
        "arp": _fields("""
            htype ptype:ether_type hlen plen operation:arp_op saddr+ether:ether_addr
            saddr+ip:ipv4_addr daddr+ether:ether_addr daddr+ip:ipv4_addr"""),
        "ip": _fields("""
            version hdrlength dscp:dscp ecn:ecn length id frag-off ttl protocol:inet_proto checksum
            saddr:ipv4_addr daddr:ipv4_addr"""),
        "icmp": _fields("type:icmp_type code:icmp_code checksum id sequence mtu gateway"),
        "igmp": _fields("type:igmp_type mrt checksum group:ipv4_addr"),
        "ip6": _fields("""
            version dscp:dscp ecn:ecn flowlabel length nexthdr:inet_proto hoplimit saddr:ipv6_addr
            daddr:ipv6_addr"""),
        "icmpv6": _fields("""
            type:icmpv6_type code:icmpv6_code checksum parameter-problem packet-too-big mtu id
            sequence max-delay taddr:ipv6_addr daddr:ipv6_addr"""),
        "ah": _fields("nexthdr:inet_proto hdrlength reserved spi sequence"),
        "esp": _fields("spi sequence"),
        "comp": _fields("nexthdr:inet_proto flags cpi"),
        "udp": _fields(f"{_PORTS} length checksum"),
        "udplite": _fields(f"{_PORTS} csumcov checksum"),
        "tcp": _fields(
            f"{_PORTS} sequence ackseq doff reserved flags:tcp_flag window checksum urgptr"
        ),
        "dccp": _fields(f"{_PORTS} type:dccp_pkttype"),
        "sctp": _fields(f"{_PORTS} vtag checksum"),
        "th": _fields(_PORTS),
        "gre": _fields("hdrlength flags version protocol:ether_type"),
        "vxlan": _fields("flags vni"),
    }
)
"""The fields of each header."""
EXTENSION_HEADERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "hbh": _fields("nexthdr:inet_proto hdrlength"),
        "rt": _fields("nexthdr:inet_proto hdrlength type seg-left"),
        "frag": _fields("nexthdr:inet_proto reserved frag-off reserved2 more-fragments id"),
        "dst": _fields("nexthdr:inet_proto hdrlength"),
        "mh": _fields("nexthdr:inet_proto hdrlength type:mh_type reserved checksum"),
        "rt0": _fields("addr:ipv6_addr"),
        "srh": _fields("flags tag sid:ipv6_addr seg-left last-entry"),
    }
)
"""The fields of each extension header of IPv6."""
META: Mapping[str, str] = _fields("""
    length protocol:ether_type priority:classid mark:mark iif:iface_index oif:iface_index
    iifname:ifname oifname:ifname iiftype:iface_type oiftype:iface_type skuid:uid skgid:gid nftrace
    rtclassid:realm secmark nfproto:nf_proto l4proto:inet_proto ibriport:ifname obriport:ifname
    ibrname:ifname obrname:ifname ibrpvid ibrvproto:ether_type pkttype:pkt_type cpu
    iifgroup:devgroup oifgroup:devgroup cgroup random ipsec:boolean iifkind:ifname oifkind:ifname
    time:time day:day hour:hour sdif:iface_index sdifname:ifname broute ibrhwaddr:ether_addr""")
"""The keys of `meta`."""
UNQUALIFIED = (
    frozenset(META)
    - _fields("""
    length protocol priority secmark nfproto l4proto ibrpvid ibrvproto random iifkind oifkind sdif
    sdifname broute ibrhwaddr""").keys()
)
"""Keys of `meta` that may stand alone."""
CT: Mapping[str, str] = _fields("""
    state:ct_state direction:ct_dir status:ct_status mark:mark secmark expiration:seconds
    helper:string l3proto:nf_proto protocol:inet_proto saddr daddr src dst
    proto-src:inet_service proto-dst:inet_service label:ct_label packets bytes avgpkt zone
    event:ct_event id count""")
"""The keys of `ct`."""
_FIB = {"type": "fib_addrtype", "oif": "iface_index", "oifname": "ifname", "check": "boolean"}
_RT = {"classid": "realm", "ipsec": "boolean"}
_ADDRESSES = {"ip": "ipv4_addr", "ip6": "ipv6_addr"}
_SOCKET = {"mark": "mark", "transparent": INTEGER, "wildcard": INTEGER, "cgroupv2": "cgroupsv2"}


def type_of(of: Expression) -> str:
    """The type of what a field holds; '' where it is none, or nothing tells."""
    if isinstance(of, Payload):
        return HEADERS.get(of.protocol, {}).get(of.field, INTEGER)
    if isinstance(of, Meta):
        return META.get(of.key, INTEGER)
    if isinstance(of, Ct):
        addressed = of.key in ("saddr", "daddr", "src", "dst")
        return _ADDRESSES.get(of.family or "", "") if addressed else CT.get(of.key, INTEGER)
    if isinstance(of, Binary):
        return type_of(of.left)
    if isinstance(of, Fib):
        return _FIB.get(of.result, INTEGER)
    return _rare_type(of)


def _rare_type(of: Expression) -> str:
    if isinstance(of, ExtensionHeader):
        fields = EXTENSION_HEADERS.get(of.header, {})
        named = (of.field or "").partition("[")[0]
        return "boolean" if of.field is None else fields.get(named, INTEGER)
    if isinstance(of, HeaderOption):
        return "boolean" if of.field is None else INTEGER
    if isinstance(of, Socket):
        return _SOCKET.get(of.key, INTEGER)
    if isinstance(of, Rt):
        nexthop = _ADDRESSES.get(of.family or "", "")
        return nexthop if of.key == "nexthop" else _RT.get(of.key, INTEGER)
    if isinstance(of, Osf):
        return "string"
    if isinstance(of, Ipsec):
        return _ADDRESSES.get(of.family or "", INTEGER)
    return INTEGER if isinstance(of, RawPayload | RawTcpOption | Numgen | Hash) else ""


def types_of(of: Expression) -> tuple[str, ...]:
    """The type of each part of a concatenation, or of what is one part."""
    parts = of.parts if isinstance(of, Concatenation) else (of,)
    return tuple(type_of(part) for part in parts)
