"""ecn: the congestion bits of the IP and the TCP header.

Sources: iptables-extensions(8), ecn; extensions/libxt_ecn.c; net/netfilter/xt_ecn.c.
"""

from __future__ import annotations

from dataclasses import replace

from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.types import Number
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, all_of

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


def _opaque(match: Match, where: Context) -> Predicate:
    return all_of(_one(replace(match, options=(o,)), o, where) for o in match.options)


def _one(match: Match, option: Option, where: Context) -> Predicate:
    """Few packets speak of congestion."""
    reads = ("tos",) if option.name == "--ecn-ip-ect" else ("proto", "tcp_flags")
    fact = Fact(key="", code="IPT0420", reads=reads, usually=option.value == 0)
    return unless_negated(option.name, fact)(match, where)


EXTENSIONS = (
    MatchExtension(
        name="ecn",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ECN match", parts=_PARTS),
        opaque_of=_opaque,
    ),
)
