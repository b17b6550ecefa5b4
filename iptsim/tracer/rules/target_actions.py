"""What targets do to a packet, but for NAT: marks, TOS, TTL, tracking."""

from __future__ import annotations

from iptsim import codes
from iptsim.actions import (
    Action,
    Add,
    CopyBits,
    Deliver,
    Forget,
    SetBits,
    Template,
    Touch,
    Untrack,
)
from iptsim.dataclass import dataclass, replace
from iptsim.model import Note
from iptsim.netfilter.new_connections import CONFIRMED, TEMPLATE
from iptsim.packet import FIELDS
from iptsim.tracer.rules.ready import Ready, deed_text
from iptsim.worlds.connection import KEPT
from iptsim.worlds.domains import domain_of
from iptsim.worlds.outcome import Rewrite
from iptsim.worlds.terms import (
    PERHAPS,
    Known,
    Term,
    add,
    copy_bits,
    set_bits,
    shift,
    short,
    told,
    value_of,
)
from iptsim.worlds.variables import ARRIVING, Chosen, Origin, Variable
from iptsim.worlds.visits import again
from iptsim.worlds.world import MARKED_ELSEWHERE, Setting, World, altered

REPORTED = frozenset({"src", "dst", "sport", "dport", "mark", "tos", "ttl"})
"""The fields whose rewrite is part of a packet's fate; connmark is of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a rule acts: the hook, and the rule."""

    hook: str
    ready: Ready

    @property
    def table(self) -> str:
        """The rule's table."""
        return self.ready.where.table

    @property
    def chain(self) -> str:
        """The rule's chain."""
        return self.ready.where.chain

    @property
    def rule(self) -> int:
        """The rule's number in its chain."""
        return self.ready.number

    @property
    def place(self) -> str:
        """Where to find the rule: table, chain, number."""
        return f"{self.table} {self.chain} {self.rule}"

    @property
    def deed(self) -> str:
        """What the rule does, as iptables-save writes its target; the whole rule without one."""
        return deed_text(self.ready)

    def __str__(self) -> str:
        """What is chosen here goes by what the rule does, wherever it stands in its chain.

        So that the same rule chooses the same in both sides of a diff. A packet is translated once
        in a table's hook: where rules that no text has may do that, which of them did is a fact,
        and what they chose is one variable. So their packets hold the same from there on.
        """
        if not self.rule:
            return f"{self.table} {self.hook}, not told,"
        return f"{self.table} {self.hook} «{self.deed}»"


def act(  # noqa: PLR0911  # one return for each action
    world: World, action: Action, spot: Spot, setting: Setting
) -> World:
    """Carry out one action that changes something; endings are the walker's business."""
    match action:
        case SetBits(field=name) if _reachable(world, name):
            term = set_bits(world.fields[name], action.value, action.mask, _full(name))
            return rewrite(world, name, term, spot, setting)
        case CopyBits(to=to, source=source) if _reachable(world, to, source):
            return _copy(world, action, spot, setting)
        case Add(field=name, delta=delta):
            return _add(world, name, delta, spot, setting)
        case Forget(field=name, detail=detail, told=is_told) if _reachable(world, name):
            if is_told:
                return _forget(world, name, detail, spot, setting)
            return _perhaps_changed(world, name, detail, spot, setting)
        case Untrack() | Template():
            return _tracking(world, action)
        case Touch(name=name, by=by) if by:
            return altered(world, gone={**world.gone, name: again(world.gone.get(name, ""), by)})
        case Touch(name=name):
            return altered(world, gone={**world.gone, name: _history(world, name, spot.deed)})
        case Deliver():
            return _deliver(world, action, spot)
        case _:
            return world


def _reachable(world: World, *names: str) -> bool:
    """A packet without a connection has no connmark to set or to copy (xt_connmark.c)."""
    return "connmark" not in names or world.connected


def _full(name: str) -> int:
    return (1 << FIELDS[name].width) - 1


def _copy(world: World, action: CopyBits, spot: Spot, setting: Setting) -> World:
    to, source = world.fields[action.to], world.fields[action.source]
    full = _full(action.to)
    brought = shift(set_bits(source, 0, full ^ action.source_mask, full), action.shift, full)
    if brought is None:
        return _forget(world, action.to, "shifted from an unknown mark", spot, setting)
    term = copy_bits(to, action.to_mask, brought, full, full)
    return rewrite(world, action.to, term, spot, setting)


def _add(world: World, name: str, delta: int, spot: Spot, setting: Setting) -> World:
    """A byte is known by its table of values; of a wider field only a told value is."""
    term = world.fields[name]
    if FIELDS[name].width <= 8:
        return rewrite(world, name, add(term, delta), spot, setting)
    value = value_of(term)
    if not isinstance(value, int):
        return _forget(world, name, f"{delta:+d}", spot, setting)
    return rewrite(world, name, Known(value=(value + delta) & _full(name)), spot, setting)


def _forget(world: World, name: str, detail: str, spot: Spot, setting: Setting) -> World:
    """The same deed makes the same of the same value."""
    before = world.fields[name]
    made = "" if before == ARRIVING[name] else short(told(before))
    choice = Chosen(by=str(spot), detail=detail, made_of=made)
    term = _fresh(name, choice, setting)
    return rewrite(world, name, term, spot, setting, shown=detail)


def _perhaps_changed(world: World, name: str, where: str, spot: Spot, setting: Setting) -> World:
    """Nobody knows whether it is changed, so it is no rewrite; but it may hold anything now."""
    before, choice = world.fields[name], Chosen(by=where)
    if isinstance(before, Variable) and before.field == name:
        choice = _again(before.origin, choice)
    term = _fresh(name, choice, setting)
    done = rewrite(world, name, term, spot, setting)
    return altered(
        done, rewrites=world.rewrites, gone={**done.gone, name: f"{PERHAPS}{name} by {where}"}
    )


def _again(before: Origin, choice: Chosen) -> Chosen:
    if isinstance(before, Chosen) and before.by == choice.by:
        return replace(before, again=before.again + 1)
    return choice


def _fresh(name: str, choice: Chosen, setting: Setting) -> Term:
    domain = domain_of(name, setting.family)
    return setting.domains.fresh(Variable(field=name, origin=choice), domain)


def _history(world: World, name: str, deed: str) -> str:
    """What changed that state so far, in order."""
    before = world.gone.get(name)
    if before is None:
        return f"{name} changed by {deed}"
    return before if before.endswith(f" {deed}") else f"{short(before)}, then {deed}"


def _tracking(world: World, action: Untrack | Template) -> World:
    """CT and NOTRACK act once, and not on a packet that has its connection (xt_CT.c)."""
    state = world.text("ctstate")
    late = isinstance(action, Template) and action.late and state == "UNTRACKED"
    again = isinstance(action, Template) and action.late and state == "INVALID"
    if not (late or again) and (world.decided_tracking or state != "INVALID"):
        return world
    world = altered(world, decided_tracking=True)
    if isinstance(action, Template):
        return _templated(altered(world, template=action))
    return world.holding(ctstate=Known(value="UNTRACKED"))


def _templated(world: World) -> World:
    """Until it is tracked, the packet has the template for its connection, which is all zeros."""
    return world.holding(
        **dict.fromkeys(KEPT, Known(value=0)),
        ctstate=Known(value="NEW"),
        ctdir=Known(value="ORIGINAL"),
        ctstatus=Known(value=CONFIRMED | TEMPLATE),
    ).holding(ct_snat=Known(value="no"), ct_dnat=Known(value="no"))


def _deliver(world: World, action: Deliver, spot: Spot) -> World:
    """It has that socket from now on; whether its route leads to it is seen after PREROUTING."""
    facts = (("port", str(action.port or world.known("dport") or "?")),)
    if action.listens is False:
        return world.note(Note(code=codes.NO_TRANSPARENT_SOCKET, facts=facts))
    sent = altered(world, taken=spot.table)
    return sent if action.listens else sent.assume(Note(code=codes.SOCKET_LISTENS, facts=facts))


def rewrite(
    world: World, name: str, term: Term, spot: Spot, setting: Setting, *, shown: str = ""
) -> World:
    """A field gets another value by a rule; nothing is told where it certainly stays the same."""
    before = world.fields[name]
    if before == term:
        return world
    value = value_of(term)
    after = setting.show(name, value) if value is not None else shown or _unknown(name, spot)
    now = f"{name} set to {told(term) if value is None else setting.show(name, value)}"
    world = altered(world.holding(**{name: term}), gone={**world.gone, name: short(now)})
    if world.taken and name == "mark" and spot.table != world.taken:
        world = altered(world, taken=MARKED_ELSEWHERE)
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
    return altered(world, rewrites=(*world.rewrites, entry))


def _unknown(name: str, spot: Spot) -> str:
    return f"changed by {spot.place}" if name in ("mark", "tos", "ttl") else "unknown"
