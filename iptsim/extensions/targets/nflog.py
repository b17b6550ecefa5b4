"""NFLOG: hand a copy of the packet to programs that listen to a netlink group.

Sources: iptables-extensions(8), NFLOG; extensions/libxt_NFLOG.c; net/netfilter/xt_NFLOG.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Quoted
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Either, Nothing, Part, Parts
from iptsim.model import Option

_OPTIONS = (
    Opt(name="--nflog-prefix", value=Quoted()),
    Opt(name="--nflog-group", value=Number(bits=16)),
    Opt(name="--nflog-range", value=Number()),
    Opt(name="--nflog-size", value=Number()),
    Opt(name="--nflog-threshold", value=Number(bits=16)),
)
_PARTS = tuple(Part(option.name, f"{option.name[2:]} {{}}") for option in _OPTIONS)
_DROPPED_AT_ZERO = ("--nflog-group", "--nflog-range", "--nflog-threshold")


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    sized = any(option.name == "--nflog-size" for option in options)
    return tuple(
        option
        for option in options
        if not (option.value == 0 and option.name in _DROPPED_AT_ZERO)
        and not (sized and option.name == "--nflog-range")
    )


EXTENSIONS = (
    TargetExtension(
        name="NFLOG",
        demands=Demands(values={"--nflog-group": Limits(high=65535)}),
        options=_OPTIONS,
        wording=Either((Parts(options=_OPTIONS, parts=_PARTS), Nothing())),
        # nft's listing and save leave it out: it never had an effect.
        lossy=("--nflog-range",),
        normalize=_normalize,
        lower=go_on,
    ),
)
