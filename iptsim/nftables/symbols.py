"""The names that nft has for numbers, by the type of what is compared (`nft describe`).

Protocols and services are those of the host's files; see `iptsim.dialects.nft`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _names(text: str) -> Mapping[str, int]:
    pairs = (word.rsplit("=", 1) for word in text.split())
    return MappingProxyType({name: int(number, 0) for name, number in pairs})


_ETHER_TYPE = _names("ip=0x0800 arp=0x0806 ip6=0x86dd 8021q=0x8100 8021ad=0x88a8 vlan=0x8100")

NAMES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "icmp_type": _names("""
            echo-reply=0 destination-unreachable=3 source-quench=4 redirect=5 echo-request=8
            router-advertisement=9 router-solicitation=10 time-exceeded=11 parameter-problem=12
            timestamp-request=13 timestamp-reply=14 info-request=15 info-reply=16
            address-mask-request=17 address-mask-reply=18"""),
        "icmp_code": _names("""
            net-unreachable=0 host-unreachable=1 prot-unreachable=2 port-unreachable=3
            frag-needed=4 net-prohibited=9 host-prohibited=10 admin-prohibited=13"""),
        "icmpv6_type": _names("""
            destination-unreachable=1 packet-too-big=2 time-exceeded=3 parameter-problem=4
            echo-request=128 echo-reply=129 mld-listener-query=130 mld-listener-report=131
            mld-listener-done=132 mld-listener-reduction=132 nd-router-solicit=133
            nd-router-advert=134 nd-neighbor-solicit=135 nd-neighbor-advert=136 nd-redirect=137
            router-renumbering=138 ind-neighbor-solicit=141 ind-neighbor-advert=142
            mld2-listener-report=143"""),
        "icmpv6_code": _names("""
            no-route=0 admin-prohibited=1 addr-unreachable=3 port-unreachable=4 policy-fail=5
            reject-route=6"""),
        "icmpx_code": _names("no-route=0 port-unreachable=1 host-unreachable=2 admin-prohibited=3"),
        "igmp_type": _names("""
            membership-query=17 membership-report-v1=18 membership-report-v2=22
            membership-report-v3=34 leave-group=23"""),
        "ct_state": _names("invalid=1 established=2 related=4 new=8 untracked=64"),
        "ct_status": _names("""
            expected=1 seen-reply=2 assured=4 confirmed=8 snat=16 dnat=32 dying=512"""),
        "ct_event": _names("""
            new=1 related=2 destroy=4 reply=8 assured=16 protoinfo=32 helper=64 mark=128
            seqadj=256 secmark=512 label=1024"""),
        "ct_dir": _names("original=0 reply=1"),
        "tcp_flag": _names("fin=1 syn=2 rst=4 psh=8 ack=16 urg=32 ecn=64 cwr=128"),
        "pkt_type": _names("host=0 unicast=0 broadcast=1 multicast=2 other=3"),
        "fib_addrtype": _names("""
            unspec=0 unicast=1 local=2 broadcast=3 anycast=4 multicast=5 blackhole=6 unreachable=7
            prohibit=8"""),
        "ether_type": _ETHER_TYPE,
        "nf_proto": _names("ipv4=2 ipv6=10"),
        "dscp": _names("""
            cs0=0 cs1=8 cs2=16 cs3=24 cs4=32 cs5=40 cs6=48 cs7=56 df=0 be=0 lephb=1 af11=10 af12=12
            af13=14 af21=18 af22=20 af23=22 af31=26 af32=28 af33=30 af41=34 af42=36 af43=38 va=44
            ef=46"""),
        "ecn": _names("not-ect=0 ect1=1 ect0=2 ce=3"),
        "day": _names("""
            Sunday=0 Monday=1 Tuesday=2 Wednesday=3 Thursday=4 Friday=5 Saturday=6"""),
        "arp_op": _names("request=1 reply=2 rrequest=3 rreply=4 inrequest=8 inreply=9 nak=10"),
        "dccp_pkttype": _names("""
            request=0 response=1 data=2 ack=3 dataack=4 closereq=5 close=6 reset=7 sync=8
            syncack=9"""),
        "mh_type": _names("""
            binding-refresh-request=0 home-test-init=1 careof-test-init=2 home-test=3
            careof-test=4 binding-update=5 binding-acknowledgement=6 binding-error=7
            fast-binding-update=8 fast-binding-acknowledgement=9 fast-binding-advertisement=10
            experimental-mobility-header=11 home-agent-switch-message=12"""),
        "iface_type": _names("""
            ether=1 ppp=0x0200 ipip=0x0300 ipip6=0x0301 loopback=0x0304 sit=0x0308
            ipgre=0x030a"""),
        "boolean": _names("exists=1 missing=0 true=1 false=0"),
        "devgroup": _names("default=0"),
        "classid": _names("none=0 root=0xffffffff"),
    }
)
"""By the name of the type; of two names for a number the first is what nft prints."""

BITMASKS = frozenset({"ct_state", "ct_status", "ct_event", "ct_label", "tcp_flag"})
"""Types of which a value without an operator asks for any of its bits (`ct state new`)."""
