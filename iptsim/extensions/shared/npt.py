"""What DNPT and SNPT share: the mapping of RFC 6296."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim.actions import Action, Continue, Forget
from iptsim.extensions.demands import FIRST, LAST, Demands, Wrong, between
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import NetworkValue
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Target
from iptsim.values import Network

_OPTIONS = (
    Opt(name="--src-pfx", value=NetworkValue(bare=False)),
    Opt(name="--dst-pfx", value=NetworkValue(bare=False)),
)
_PARTS = (
    Part("--src-pfx", "src-pfx {}", required=True),
    Part("--dst-pfx", "dst-pfx {}", required=True),
)


def _short(target: Match, _family: int) -> Iterator[Wrong]:
    """No prefix is longer than 64 bits (ip6t_NPT.c, ip6t_npt_checkentry)."""
    for name in ("--src-pfx", "--dst-pfx"):
        prefix = target.value(name, Network)
        if prefix is not None and prefix.prefix_length is not None:
            yield from between(name, prefix.prefix_length, 0, 64)


def npt_extension(name: str, field: str) -> TargetExtension:
    """The target `name`, which maps the address in `field`."""
    return TargetExtension(
        name=name,
        demands=Demands(
            tables=("mangle",),
            further=_short,
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
