"""What targets do to a packet, but for NAT: marks, TOS, TTL, tracking."""

from __future__ import annotations

from dataclasses import dataclass, replace

from iptsim.actions import (
    Action,
    Add,
    CopyBits,
    Deliver,
    Forget,
    SetBits,
    Untrack,
)
from iptsim.model import Note
from iptsim.packet import FIELDS
from iptsim.tracer.outcome import Rewrite
from iptsim.tracer.sets import NumberSet
from iptsim.tracer.terms import Known, Term, add, copy_bits, set_bits, value_of
from iptsim.tracer.world import Setting, World

REPORTED = frozenset({"src", "dst", "sport", "dport", "mark", "tos", "ttl"})
"""The fields whose rewrite is part of a packet's fate; connmark is of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a rule acts: hook, table, chain, its number."""

    hook: str
    table: str
    chain: str
    rule: int

    def __str__(self) -> str:
        return f"{self.table} {self.chain} {self.rule}"


def act(world: World, action: Action, spot: Spot, setting: Setting) -> World:
    """Carry out one action that rewrites something; endings are the walker's business."""
    match action:
        case SetBits(field=name, value=value, mask=mask):
            term = set_bits(world.fields[name], value, mask, _full(name))
            return rewrite(world, name, term, spot, setting)
        case CopyBits():
            return _copy(world, action, spot, setting)
        case Add(field=name, delta=delta):
            return rewrite(world, name, add(world.fields[name], delta), spot, setting)
        case Forget(field=name, detail=detail):
            return _forget(world, name, detail, spot, setting)
        case Untrack():
            return _untrack(world)
        case Deliver(port=port):
            return _deliver(world, port)
        case _:
            return world


def _full(name: str) -> int:
    return (1 << FIELDS[name].width) - 1


def _copy(world: World, action: CopyBits, spot: Spot, setting: Setting) -> World:
    to, source = world.fields[action.to], world.fields[action.source]
    term = copy_bits(to, action.to_mask, source, action.source_mask, _full(action.to))
    return rewrite(world, action.to, term, spot, setting)


def _forget(world: World, name: str, detail: str, spot: Spot, setting: Setting) -> World:
    width = setting.width if name in ("src", "dst") else FIELDS[name].width
    variable = setting.fresh(f"{name} as {spot} chose ({detail})", NumberSet.full(width))
    return rewrite(world, name, variable, spot, setting, shown=detail)


def _untrack(world: World) -> World:
    """A connection that is tracked already stays so (xt_CT.c: `if (skb->_nfct != 0)`)."""
    if world.text("ctstate") != "INVALID":
        return world
    return world.holding(ctstate=Known(value="UNTRACKED"))


def _deliver(world: World, port: int) -> World:
    note = Note(code="IPT0315", facts=(("port", str(port or world.known("dport") or "?")),))
    return replace(world, to_host=True).assume(note)


def rewrite(
    world: World, name: str, term: Term, spot: Spot, setting: Setting, *, shown: str = ""
) -> World:
    """A field gets another value by a rule; nothing is told where it certainly stays the same."""
    before = world.fields[name]
    if before == term:
        return world
    value = value_of(term)
    after = setting.show(name, value) if value is not None else shown or _unknown(name, spot)
    world = replace(
        world.holding(**{name: term}), gone={**world.gone, name: f"{name} set by {spot}"}
    )
    if name not in REPORTED:
        return world
    old = value_of(before)
    entry = Rewrite(
        field=name,
        before=None if old is None else setting.show(name, old),
        after=after,
        table=spot.table,
        chain=spot.chain,
        rule=spot.rule,
    )
    return replace(world, rewrites=(*world.rewrites, entry))


def _unknown(name: str, spot: Spot) -> str:
    return f"changed by {spot}" if name in ("mark", "tos", "ttl") else "unknown"
