"""rpfilter: whether an answer would leave by the interface that the packet came in by.

Sources: iptables-extensions(8), rpfilter; extensions/libxt_rpfilter.c;
net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c.
"""

from __future__ import annotations

from dataclasses import replace

from iptsim.extensions.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate, negate_if

_FLAGS = ("loose", "validmark", "accept-local", "invert")
_OPTIONS = tuple(Opt(name=f"--{flag}") for flag in _FLAGS)
_PARTS = tuple(Part(f"--{flag}", flag) for flag in _FLAGS)


def _opaque(match: Match, where: Context) -> Predicate:
    """An ordinary packet passes, so with --invert it does not match."""
    reads = ("src", "in", "mark") if match.has("--validmark") else ("src", "in")
    fact = Fact(key="", code="IPT0439", reads=reads, usually=True)
    upright = tuple(option for option in match.options if option.name != "--invert")
    passes = about(replace(match, options=upright), where, fact)
    return negate_if(match.has("--invert"), passes)


EXTENSIONS = (
    MatchExtension(
        name="rpfilter",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="rpfilter", parts=_PARTS),
        opaque_of=_opaque,
    ),
)
