"""icmp: type and code of an ICMP message.

Sources: iptables-extensions(8), icmp; extensions/libxt_icmp.h, libipt_icmp.c;
net/ipv4/netfilter/ip_tables.c (icmp_match), since 6.4 net/netfilter/xt_tcpudp.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.icmp_types import ANY, ICMP, IcmpType, IcmpTypeValue, wording
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, InSet, Predicate, all_of, equals, negate_if

_TYPE = Opt(
    name="--icmp-type",
    value=IcmpTypeValue(table=ICMP, wildcard=ANY.type),
    negatable=True,
)


def _any_type(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """Without --icmp-type the match stands for any type (libipt_icmp.c, icmp_init)."""
    return options or (Option(name=_TYPE.name, value=ANY),)


def _lower(match: Match, _where: Context) -> Predicate:
    option = match.option(_TYPE.name)
    if option is None or not isinstance(option.value, IcmpType):
        return all_of((equals("proto", 1), first_fragment()))
    asked = negate_if(option.negate, _is(option.value))
    return all_of((equals("proto", 1), first_fragment(), asked))


def _is(wanted: IcmpType) -> Predicate:
    if wanted.type == ANY.type:
        return ALWAYS
    code = ALWAYS if wanted.code is None else InSet(field="icmp_code", values=wanted.codes)
    return all_of((equals("icmp_type", wanted.type), code))


EXTENSIONS = (
    MatchExtension(
        name="icmp",
        independent=True,
        demands=Demands(protocols=(1,), one_of=(("--icmp-type",),)),
        options=(_TYPE,),
        wording=wording("icmp", _TYPE),
        families=(4,),
        normalize=_any_type,
        lower=_lower,
        implied_by=1,
    ),
)
