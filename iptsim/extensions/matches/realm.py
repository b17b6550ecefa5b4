"""realm: the routing realm of the packet's route.

Sources: iptables-extensions(8), realm; extensions/libipt_realm.c; net/netfilter/xt_realm.c.
"""

from __future__ import annotations

from iptsim.extensions.named import NamedNumber
from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate
from iptsim.values import Masked

_REALM = NamedNumber(names=((0, "cosmos"),), file="/etc/iproute2/rt_realms")
_OPTIONS = (Opt(name="--realm", value=_REALM, negatable=True),)


def _opaque(match: Match, where: Context) -> Predicate:
    """A route is in realm 0 unless somebody gave it another."""
    option = match.option("--realm")
    usual = option is not None and isinstance(option.value, Masked) and 0 in option.value
    fact = Fact(key="", code="IPT0437", reads=("src", "dst"), usually=usual)
    return unless_negated("--realm", fact)(match, where)


EXTENSIONS = (
    MatchExtension(
        name="realm",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--realm", "{!}realm {}"),)),
        families=(4,),
        opaque_of=_opaque,
    ),
)
