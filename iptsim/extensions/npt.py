"""What DNPT and SNPT share: the mapping of RFC 6296."""

from __future__ import annotations

from functools import partial

from iptsim.actions import Action, Continue, Forget
from iptsim.extensions.demands import FIRST, LAST, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.types import NetworkValue
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Target

_OPTIONS = (
    Opt(name="--src-pfx", value=NetworkValue(bare=False)),
    Opt(name="--dst-pfx", value=NetworkValue(bare=False)),
)
_PARTS = (
    Part("--src-pfx", "src-pfx {}", required=True),
    Part("--dst-pfx", "dst-pfx {}", required=True),
)


def npt_extension(name: str, field: str) -> TargetExtension:
    """The target `name`, which maps the address in `field`."""
    return TargetExtension(
        name=name,
        demands=Demands(
            tables=("mangle",),
            hooks=FIRST if field == "dst" else LAST,
            one_of=(("--src-pfx",), ("--dst-pfx",)),
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead=name, parts=_PARTS),
        families=(6,),
        lower=partial(_lower, field),
    )


def _lower(field: str, target: Target, _where: Context) -> tuple[Action, ...]:
    # The prefix is the new one and the host part keeps its checksum: sixteen bits of the address
    # change with all others (ip6t_NPT.c, ip6t_npt_map_pfx).
    return (Forget(field=field, detail=target.name), Continue())
