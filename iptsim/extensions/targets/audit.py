"""AUDIT: write a record to the audit log.

Sources: iptables-extensions(8), AUDIT; extensions/libxt_AUDIT.c; net/netfilter/xt_AUDIT.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.value_types import Choice
from iptsim.extensions.wordings.wording import Part, Parts

_TYPES = ("accept", "drop", "reject")
_OPTIONS = (
    Opt(name="--type", value=Choice(names=_TYPES, also={name.upper(): name for name in _TYPES})),
)

EXTENSIONS = (
    TargetExtension(
        name="AUDIT",
        demands=Demands(one_of=(("--type",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--type", "AUDIT {}"),)),
        lower=go_on,
    ),
)
