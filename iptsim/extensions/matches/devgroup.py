"""devgroup: the group of the incoming or the outgoing device.

Sources: iptables-extensions(8), devgroup; extensions/libxt_devgroup.c; net/netfilter/xt_devgroup.c.
"""

from __future__ import annotations

from dataclasses import replace

from iptsim.extensions.named import NamedNumber
from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, all_of
from iptsim.values import Masked

_GROUP = NamedNumber(names=((0, "default"),), file="/etc/iproute2/group")
_SIDES = {"--src-group": "in", "--dst-group": "out"}
_OPTIONS = tuple(Opt(name=name, value=_GROUP, negatable=True) for name in _SIDES)
_PARTS = (Part("--src-group", "{!}src-group {}"), Part("--dst-group", "{!}dst-group {}"))


def _opaque(match: Match, where: Context) -> Predicate:
    return all_of(_side(replace(match, options=(o,)), o, where) for o in match.options)


def _side(match: Match, option: Option, where: Context) -> Predicate:
    """A device is in group 0 until somebody puts it elsewhere."""
    usual = isinstance(option.value, Masked) and 0 in option.value
    fact = Fact(key="", code="IPT0418", reads=(_SIDES[option.name],), usually=usual)
    return unless_negated(option.name, fact)(match, where)


EXTENSIONS = (
    MatchExtension(
        name="devgroup",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        opaque_of=_opaque,
    ),
)
