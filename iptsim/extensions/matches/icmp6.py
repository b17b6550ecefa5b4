"""icmp6: type and code of an ICMPv6 message.

Sources: iptables-extensions(8), icmp6; extensions/libxt_icmp.h, libip6t_icmp6.c;
net/ipv6/netfilter/ip6_tables.c (icmp6_match): unlike in IPv4, 255 is a type as any other.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.icmp_types import ICMP6, IcmpType, IcmpTypeValue, wording
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.model import Match
from iptsim.predicate import ALWAYS, InSet, Predicate, all_of, equals, negate_if

_TYPE = Opt(name="--icmpv6-type", value=IcmpTypeValue(table=ICMP6), negatable=True)


def _lower(match: Match, _where: Context) -> Predicate:
    asked = (negate_if(option.negate, _is(option.value)) for option in match.options)
    return all_of((equals("proto", 58), first_fragment(), *asked))


def _is(wanted: object) -> Predicate:
    assert isinstance(wanted, IcmpType)
    code = ALWAYS if wanted.code is None else InSet(field="icmp_code", values=wanted.codes)
    return all_of((equals("icmp_type", wanted.type), code))


EXTENSIONS = (
    MatchExtension(
        name="icmp6",
        independent=True,
        demands=Demands(protocols=(58,), one_of=(("--icmpv6-type",),)),
        aliases=("icmpv6", "ipv6-icmp"),
        options=(_TYPE,),
        wording=wording("ipv6-icmp", _TYPE),
        families=(6,),
        lower=_lower,
        implied_by=58,
    ),
)
