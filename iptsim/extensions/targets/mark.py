"""MARK: change bits of the packet's mark.

Sources: iptables-extensions(8), MARK; extensions/libxt_MARK.c; net/netfilter/xt_mark.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Continue, Forget
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.mark_operations import MARK_OPTIONS, MARK_PARTS, as_xmark, set_bits
from iptsim.extensions.spec import Context, TargetExtension
from iptsim.extensions.wordings.wording import Parts
from iptsim.model import Option, Target


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(as_xmark(options, "--set-xmark"))


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    told = tuple(set_bits(target, "--set-xmark", "mark"))
    return (*(told or (Forget(field="mark", detail=target.name),)), Continue())


EXTENSIONS = (
    TargetExtension(
        name="MARK",
        demands=Demands(any_option=True),
        options=MARK_OPTIONS,
        wording=Parts(options=MARK_OPTIONS, lead="MARK", parts=MARK_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
