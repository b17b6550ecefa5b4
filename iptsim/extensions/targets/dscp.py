"""DSCP: set the upper six bits of the TOS (traffic class) byte.

Sources: iptables-extensions(8), DSCP; extensions/libxt_DSCP.c, dscp_helper.c;
net/netfilter/xt_DSCP.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Continue, Forget, SetBits
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Symbol
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target

_CLASSES = {
    **{f"CS{n}": n << 3 for n in range(8)},
    **{f"AF{n}{m}": n << 3 | m << 1 for n in range(1, 5) for m in range(1, 4)},
    "BE": 0x00,
    "EF": 0x2E,
}
_OPTIONS = (
    Opt(name="--set-dscp", value=Number(bits=6, form="#04x")),
    Opt(name="--set-dscp-class", value=Symbol(bits=6, form="#04x", names=_CLASSES)),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(Option(name="--set-dscp", value=option.value) for option in options)


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    value = target.value("--set-dscp", int)
    if value is None:
        return (Forget(field="tos", detail=target.name), Continue())
    return (SetBits(field="tos", value=value << 2, mask=0xFC), Continue())


EXTENSIONS = (
    TargetExtension(
        name="DSCP",
        demands=Demands(tables=("mangle",), one_of=(("--set-dscp",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--set-dscp", "DSCP set {}"),)),
        normalize=_normalize,
        lower=_lower,
    ),
)
