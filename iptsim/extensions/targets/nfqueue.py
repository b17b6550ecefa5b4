"""NFQUEUE: hand the packet to a program, which decides.

Sources: iptables-extensions(8), NFQUEUE; extensions/libxt_NFQUEUE.c; net/netfilter/xt_NFQUEUE.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Fate, Verdict
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.types import Number, NumberRange
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Option, Target

_OPTIONS = (
    Opt(name="--queue-num", value=Number(bits=16)),
    Opt(name="--queue-balance", value=NumberRange()),
    Opt(name="--queue-bypass"),
    Opt(name="--queue-cpu-fanout"),
)
_PARTS = (
    Part("--queue-num", "num {}"),
    Part("--queue-balance", "balance {}"),
    Part("--queue-bypass", "bypass"),
    Part("--queue-cpu-fanout", "cpu-fanout"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    if {"--queue-num", "--queue-balance"} & {option.name for option in options}:
        return options
    return (Option(name="--queue-num", value=0), *options)


def _lower(_target: Target, _where: Context) -> tuple[Action, ...]:
    # Where no program listens, the packet is dropped, or with --queue-bypass accepted
    # (net/netfilter/core.c, nf_hook_slow; nf_queue.c).
    return (Verdict(fate=Fate.QUEUE),)


EXTENSIONS = (
    TargetExtension(
        name="NFQUEUE",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="NFQUEUE", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
