"""dscp: the upper six bits of the TOS byte or traffic class.

Sources: iptables-extensions(8), dscp; extensions/libxt_dscp.c; net/netfilter/xt_dscp.c.
"""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, value_of
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.traffic_class import DscpClass
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option
from iptsim.predicate import bits

_OPTIONS = (
    Opt(name="--dscp", value=Number(bits=6, form="#04x"), negatable=True),
    Opt(name="--dscp-class", value=DscpClass(), negatable=True),
)


def _by_number(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """A class is another spelling of its number."""
    return tuple(replace(option, name="--dscp") for option in options)


EXTENSIONS = (
    MatchExtension(
        name="dscp",
        independent=True,
        demands=Demands(one_of=(("--dscp", "--dscp-class"),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--dscp", "DSCP match {!}{}"),)),
        normalize=_by_number,
        lower=each({"--dscp": lambda value: bits("tos", value_of(value, int) << 2, 0xFC)}),
    ),
)
