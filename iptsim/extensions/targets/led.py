"""LED: blink.

Sources: iptables-extensions(8), LED; extensions/libxt_LED.c; net/netfilter/xt_LED.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import OneOrNumber, Quoted
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option

_OPTIONS = (
    Opt(name="--led-trigger-id", value=Quoted(always=True)),
    Opt(name="--led-delay", value=OneOrNumber(name="inf", listing=r"(?:inf|\d+)")),
    Opt(name="--led-always-blink"),
)
_PARTS = (
    Part("--led-trigger-id", "led-trigger-id:{}", required=True),
    Part("--led-delay", "led-delay:{}(?:ms)?"),
    Part("--led-always-blink", "led-always-blink"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(o for o in options if (o.name, o.value) != ("--led-delay", 0))


EXTENSIONS = (
    TargetExtension(
        name="LED",
        demands=Demands(one_of=(("--led-trigger-id",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        normalize=_normalize,
        lower=go_on,
    ),
)
