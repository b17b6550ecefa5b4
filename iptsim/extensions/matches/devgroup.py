"""devgroup: the group of the incoming or the outgoing device.

Sources: iptables-extensions(8), devgroup; extensions/libxt_devgroup.c; net/netfilter/xt_devgroup.c.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import ARRIVING, LEAVING, Demands
from iptsim.extensions.shared.opaque import about, unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.named_numbers import NamedNumber
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.host import Device
from iptsim.model import Match, Option
from iptsim.predicate import NEVER, Fact, Interface, Predicate, all_of, any_of, negate_if
from iptsim.values import InterfacePattern, Masked

_GROUP = NamedNumber(names=((0, "default"),), file="/etc/iproute2/group")
_SIDES = {"--src-group": "in", "--dst-group": "out"}
_OPTIONS = tuple(Opt(name=name, value=_GROUP, negatable=True) for name in _SIDES)
_PARTS = (Part("--src-group", "{!}src-group {}"), Part("--dst-group", "{!}dst-group {}"))


def _lower(match: Match, where: Context) -> Predicate:
    return all_of(_side(replace(match, options=(o,)), o, where) for o in match.options)


def _side(match: Match, option: Option, where: Context) -> Predicate:
    """A device is in group 0 until somebody puts it elsewhere."""
    usual = isinstance(option.value, Masked) and 0 in option.value
    field = _SIDES[option.name]
    pattern = Fact(key="", code=codes.INTERFACE_GROUP, reads=(field,), usually=usual)
    if where.host.devices is None:
        return unless_negated(option.name, pattern)(match, where)
    upright = replace(match, options=(replace(option, negate=False),))
    fact = about(upright, where, pattern)
    held = any_of(_of(device, option.value, field, fact) for device in where.host.devices)
    return negate_if(option.negate, held)


def _of(device: Device, wanted: Hashable, field: str, fact: Fact) -> Predicate:
    """The interface is that device, and in the group; a name of a group has one number only."""
    here = Interface(field=field, pattern=InterfacePattern(text=device.name))
    if isinstance(device.group, int) and isinstance(wanted, Masked):
        return here if device.group & wanted.mask == wanted.value else NEVER
    if isinstance(wanted, str) and device.group is not None:
        return here if device.group == wanted else NEVER
    return all_of((here, fact))


EXTENSIONS = (
    MatchExtension(
        name="devgroup",
        demands=Demands(
            one_of=(("--src-group", "--dst-group"),),
            option_hooks={"--src-group": ARRIVING, "--dst-group": LEAVING},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
