"""ULOG: the forerunner of NFLOG, until Linux 3.17.

Sources: iptables-extensions(8), ULOG; extensions/libipt_ULOG.c.
"""

from __future__ import annotations

from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.value_types import Number, Text
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option

_OPTIONS = (
    # Quotes within the prefix are not escaped in a listing.
    Opt(name="--ulog-prefix", value=Text(listing=".*")),
    Opt(name="--ulog-nlgroup", value=Number(bits=8)),
    Opt(name="--ulog-cprange", value=Number()),
    Opt(name="--ulog-qthreshold", value=Number(bits=16)),
)
_PARTS = (
    Part("--ulog-cprange", "copy_range {}"),
    Part("--ulog-nlgroup", "nlgroup {}"),
    Part("--ulog-prefix", 'prefix ["`]{}["\']'),
    Part("--ulog-qthreshold", "queue_threshold {}"),
)
_DEFAULTS = {("--ulog-nlgroup", 1), ("--ulog-cprange", 0), ("--ulog-qthreshold", 1)}


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(option for option in options if (option.name, option.value) not in _DEFAULTS)


EXTENSIONS = (
    TargetExtension(
        name="ULOG",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ULOG", parts=_PARTS),
        families=(4,),
        normalize=_normalize,
        lower=go_on,
    ),
)
