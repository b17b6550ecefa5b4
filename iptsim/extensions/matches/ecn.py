"""ecn: the congestion bits of the IP and the TCP header.

Sources: iptables-extensions(8), ecn; extensions/libxt_ecn.c; net/netfilter/xt_ecn.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import TCP, Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.packet import ECN_FLAGS
from iptsim.predicate import Predicate, all_of, bits, equals, negate_if

_OPTIONS = (
    Opt(name="--ecn-tcp-ece", negatable=True),
    Opt(name="--ecn-tcp-cwr", negatable=True),
    Opt(name="--ecn-ip-ect", value=Number(bits=2), negatable=True),
)
_PARTS = (
    Part("--ecn-tcp-ece", "{!}ECE"),
    Part("--ecn-tcp-cwr", "{!}CWR"),
    Part("--ecn-ip-ect", "{!}ECT={}"),
)


_FLAGS = {"--ecn-tcp-ece": ECN_FLAGS["ECE"], "--ecn-tcp-cwr": ECN_FLAGS["CWR"]}
# The rule asks for -p tcp already (ecn_mt_check4); flags are in the first fragment only.
_TCP = all_of((equals("proto", 6), equals("fragment", 0)))


def _lower(match: Match, _where: Context) -> Predicate:
    tcp = (_TCP,) if any(option.name in _FLAGS for option in match.options) else ()
    return all_of((*tcp, *(_asks(option) for option in match.options)))


def _asks(option: Option) -> Predicate:
    if option.name in _FLAGS:
        flag = _FLAGS[option.name]
        return negate_if(option.negate, bits("tcp_flags", flag, flag))
    return negate_if(option.negate, bits("tos", value_of(option.value, int), 0x03))


EXTENSIONS = (
    MatchExtension(
        name="ecn",
        demands=Demands(
            any_option=True, option_protocols={"--ecn-tcp-ece": TCP, "--ecn-tcp-cwr": TCP}
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ECN match", parts=_PARTS),
        lower=_lower,
    ),
)
