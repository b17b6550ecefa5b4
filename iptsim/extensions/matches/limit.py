"""limit: a rate that all packets of a rule share.

Sources: iptables-extensions(8), limit; extensions/libxt_limit.c; net/netfilter/xt_limit.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.normal_options import adding
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.packet_rates import Rate, printed, read_rate
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option
from iptsim.predicate import Fact

_SCALE = 10_000  # XT_LIMIT_SCALE: ticks in a second
_USUAL = Option(name="--limit", value=Rate(count=3, unit="hour"))


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    told = (o for o in options if o != Option(name="--limit-burst", value=5))
    return tuple(_settled(option) for option in adding(tuple(told), _USUAL))


def _settled(option: Option) -> Option:
    if not isinstance(option.value, Rate):
        return option
    return replace(option, value=printed(option.value.ticks(_SCALE), _SCALE))


_OPTIONS = (
    Opt(
        name="--limit",
        value=Codec(
            parse=lambda text, _family: read_rate(text, _SCALE),
            show=lambda value, _family: str(value),
            expected="a rate, such as 10/sec or 3/hour",
        ),
    ),
    Opt(name="--limit-burst", value=Number()),
)
_PARTS = (Part("--limit", "avg {}", required=True), Part("--limit-burst", "burst {}"))

EXTENSIONS = (
    MatchExtension(
        name="limit",
        demands=Demands(values={"--limit-burst": Limits(high=10_000)}),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="limit:", parts=_PARTS),
        normalize=_normalize,
        opaque=Fact(key="", code=codes.RATE, each_time=True, usually=True),
    ),
)
