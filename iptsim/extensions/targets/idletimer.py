"""IDLETIMER: restart a timer that tells a program how long no packet came.

Sources: iptables-extensions(8), IDLETIMER; extensions/libxt_IDLETIMER.c;
net/netfilter/xt_IDLETIMER.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts

_OPTIONS = (
    Opt(name="--timeout", value=Number()),
    Opt(name="--label", value=Word()),
    Opt(name="--alarm"),
)
_PARTS = (
    Part("--timeout", "timeout:{}", required=True),
    Part("--label", "label:{}"),
    Part("--alarm", "alarm"),
)

EXTENSIONS = (
    TargetExtension(
        name="IDLETIMER",
        demands=Demands(
            values={"--timeout": Limits(low=1, high=2_147_482)},
            one_of=(
                ("--timeout",),
                ("--label",),
            ),
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=go_on,
    ),
)
