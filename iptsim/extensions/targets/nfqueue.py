"""NFQUEUE: hand the packet to a program, which decides.

Sources: iptables-extensions(8), NFQUEUE; extensions/libxt_NFQUEUE.c; net/netfilter/xt_NFQUEUE.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.actions import Action, Branch, Fate, Verdict
from iptsim.extensions.demands import Demands, Limits, Wrong, between
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number, NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option, Target
from iptsim.predicate import Fact
from iptsim.values import Range

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


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    """Where no program listens, --queue-bypass accepts (nf_queue.c; core.c, nf_hook_slow)."""
    queued: tuple[Action, ...] = (Verdict(fate=Fate.QUEUE),)
    if not target.has("--queue-bypass"):
        return queued
    accepted: tuple[Action, ...] = (Verdict(fate=Fate.ACCEPT, bypassed=True),)
    return (Branch(when=_listens(target), then=queued, otherwise=accepted),)


def _listens(target: Target) -> Fact:
    balance = target.value("--queue-balance", Range)
    queue = str(target.value("--queue-num", int) or 0)
    if balance is not None:
        queue = f"{balance.low}:{balance.high}"
    key = f"a program listens on queue {queue}"
    return Fact(key=key, code=codes.QUEUE_HEARD, detail=queue, usually=True)


def _all_queues(target: Match, _family: int) -> Iterator[Wrong]:
    """The kernel counts all 65,536 queues as none (xt_NFQUEUE.c, nfqueue_tg_check)."""
    if target.value("--queue-balance", Range) == Range(low=0, high=65535):
        yield from between("--queue-balance", 65536, 2, 65535)


EXTENSIONS = (
    TargetExtension(
        name="NFQUEUE",
        demands=Demands(
            further=_all_queues,
            exclusive=(("--queue-num", "--queue-balance"),),
            values={"--queue-balance": Limits(wider=True)},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="NFQUEUE", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
