"""CT: settings for the connection of a packet that is not tracked yet, or no tracking at all.

Sources: iptables-extensions(8), CT; extensions/libxt_CT.c; net/netfilter/xt_CT.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Continue, Template, Untrack
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import OneOrNumber, Word
from iptsim.extensions.values.value_types import Choices
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target

_EVENTS = (
    "new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark",
    "natseqinfo", "secmark",
)  # fmt: skip
_ZONE = OneOrNumber(name="mark", bits=16, expected="a zone's number or «mark»")
_OPTIONS = (
    Opt(name="--notrack"),
    Opt(name="--helper", value=Word()),
    Opt(name="--timeout", value=Word()),
    Opt(name="--ctevents", value=Choices(names=_EVENTS)),
    Opt(name="--expevents", value=Choices(names=("new",))),
    Opt(name="--zone-orig", value=_ZONE),
    Opt(name="--zone-reply", value=_ZONE),
    Opt(name="--zone", value=_ZONE),
)
_PARTS = tuple(
    Part(option.name, option.name[2:] + (" {}" if option.value else "")) for option in _OPTIONS
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(o for o in options if not (o.name.startswith("--zone") and o.value == 0))


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    return (Untrack() if target.has("--notrack") else _template(target), Continue())


def _template(target: Target) -> Template:
    for name, direction in (("--zone", ""), ("--zone-orig", "ORIGINAL"), ("--zone-reply", "REPLY")):
        option = target.option(name)
        if option is not None and isinstance(option.value, int | str):
            return Template(zone=option.value, direction=direction)
    return Template()


EXTENSIONS = (
    TargetExtension(
        name="CT",
        demands=Demands(tables=("raw",)),
        tracks=("--notrack",),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="CT", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
