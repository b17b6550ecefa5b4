"""What TTL and HL share: the same operations on the same byte, in IPv4 and in IPv6."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim.actions import Action, Add, Continue, Forget, SetBits
from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Target


def hops_extension(name: str, prefix: str, *, family: int) -> TargetExtension:
    """The target `name`, whose options begin with `--prefix-`."""
    verbs = {"set": "set to {}", "dec": "decrement by {}", "inc": "increment by {}"}
    options = tuple(Opt(name=f"--{prefix}-{verb}", value=Number(bits=8)) for verb in verbs)
    parts = tuple(Part(f"--{prefix}-{verb}", text) for verb, text in verbs.items())
    names = tuple(option.name for option in options)
    by = {f"--{prefix}-{verb}": Limits(low=1, high=255) for verb in ("dec", "inc")}
    return TargetExtension(
        name=name,
        demands=Demands(tables=("mangle",), one_of=(names,), exclusive=(names,), values=by),
        options=options,
        wording=Parts(options=options, lead=name, parts=parts),
        families=(family,),
        lower=partial(_lower, prefix),
    )


def _lower(prefix: str, target: Target, _where: Context) -> tuple[Action, ...]:
    told = tuple(_told(prefix, target))
    return (*(told or (Forget(field="ttl", detail=target.name),)), Continue())


def _told(prefix: str, target: Target) -> Iterator[Action]:
    fixed = target.value(f"--{prefix}-set", int)
    if fixed is not None:
        yield SetBits(field="ttl", value=fixed, mask=0xFF)
    for verb, sign in (("inc", 1), ("dec", -1)):
        delta = target.value(f"--{prefix}-{verb}", int)
        if delta is not None:
            yield Add(field="ttl", delta=sign * delta)
