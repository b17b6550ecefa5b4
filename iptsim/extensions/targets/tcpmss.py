"""TCPMSS: lower the maximum segment size that a SYN packet announces.

Sources: iptables-extensions(8), TCPMSS; extensions/libxt_TCPMSS.c; net/netfilter/xt_TCPMSS.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Continue, Forget
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.types import Number
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Target

_OPTIONS = (
    Opt(name="--set-mss", value=Number(bits=16)),
    Opt(name="--clamp-mss-to-pmtu"),
)
_PARTS = (Part("--set-mss", "set {}"), Part("--clamp-mss-to-pmtu", "clamp to PMTU"))


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    # The new size is the smaller of the present and the given one, or of the paths' MTUs; a packet
    # that announces none gets the option, with a smaller size still (tcpmss_mangle_packet).
    lost = (Forget(field=field, detail=target.name) for field in ("tcp_mss", "tcp_options"))
    return (*lost, Continue())


EXTENSIONS = (
    TargetExtension(
        name="TCPMSS",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="TCPMSS", parts=_PARTS),
        lower=_lower,
    ),
)
