"""The translation that a connection has, where nat asks no rule any more."""

from __future__ import annotations

from iptsim.actions import Side
from iptsim.dataclass import replace
from iptsim.netfilter.hooks import SIDE_AT
from iptsim.predicate import named
from iptsim.tracer.conntrack.tuples import has_ports, translated_half
from iptsim.tracer.host.routing import address_type
from iptsim.worlds.connection import Followed
from iptsim.worlds.outcome import Carried, Rewrite
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known, Term, value_of
from iptsim.worlds.world import SENT_ELSEWHERE, Setting, World, altered


def unbound(world: World, table: str, hook: str) -> World:
    """A queue that is bypassed binds no translation (nf_nat_core.c, nf_nat_inet_fn: not accepted).

    So the same side is asked again, at INPUT for a packet that went out by lo.
    """
    return altered(world, settled=world.settled - {SIDE_AT[hook]}) if table == "nat" else world


def carried(world: World, hook: str, setting: Setting) -> list[World]:
    """The connection's translation, carried out at a hook of nat, which asks no rule for it.

    Source: net/netfilter/nf_nat_core.c (nf_nat_packet): in the reply direction the destination
    gets back what the source translation took, and the source what the destination's took.
    """
    if world.text("ctstate") == "UNTRACKED":
        return [world]
    if setting.followed is None or world.strayed:
        return _once_more(world, hook, setting)
    return [_followed(world, hook, setting, setting.followed)]


def _once_more(world: World, hook: str, setting: Setting) -> list[World]:
    """By lo the first packet comes to a side again: what a rule wrote there since is undone."""
    side = SIDE_AT[hook]
    if side not in world.settled:
        return [world]
    held = translated_half(world, side).items()
    changed = [(name, term) for name, term in held if world.fields[name] != term]
    if not changed:
        return [world]
    status = "ct_snat" if side is Side.SOURCE else "ct_dnat"
    yes, no = part(world, named(status, "yes"), setting)
    done = [] if yes is None else [_typed(_noted(yes, changed, hook, setting), changed, setting)]
    return done if no is None else [*done, no]


def sent_back(world: World) -> bool:
    """Whether nat gave what came by lo another destination: then it is routed once more.

    Source: net/netfilter/nf_nat_proto.c (nf_nat_ipv4_pre_routing, nf_nat_ipv6_in: skb_dst_drop).
    """
    if SENT_ELSEWHERE in world.gone:
        return True
    again = (one for one in world.carried if one.hook == "PREROUTING")
    return any(rewrite.field == "dst" for one in again for rewrite in one.rewrites)


def _typed(world: World, changed: list[tuple[str, Term]], setting: Setting) -> World:
    if "dst" not in dict(changed):
        return world
    kind = address_type(world.fields["dst"], setting)
    return world if kind is None else world.holding(dst_type=Known(value=kind))


def _followed(world: World, hook: str, setting: Setting, followed: Followed) -> World:
    source = SIDE_AT[hook] is Side.SOURCE
    if value_of(world.fields["ct_snat" if source is not followed.reply else "ct_dnat"]) == "no":
        return world
    ours = "src" if source else "dst"
    theirs = {
        (True, True): "ctorigdst", (True, False): "ctorigsrc",
        (False, True): "ctrepldst", (False, False): "ctreplsrc",
    }[followed.reply, source]  # fmt: skip
    pairs = [(ours, theirs)]
    if has_ports(world):
        pairs.append(("sport" if source else "dport", f"{theirs}port"))
    changed = [(a, world.fields[b]) for a, b in pairs if world.fields[a] != world.fields[b]]
    if not changed:
        return world
    done = _noted(world, changed, hook, setting)
    if source or "dst" not in dict(changed):
        return done
    done = altered(done, to_host=followed.to_host and not _strays6(done, setting))
    kind = "LOCAL" if done.to_host else address_type(done.fields["dst"], setting)
    return done.holding(dst_type=Known(value=kind or "UNICAST"))


def _strays6(world: World, setting: Setting) -> bool:
    """Whether it came by a wire for ::1, which told routes look for there (see `ON_LINK`)."""
    came = world.text("in")
    by_wire = setting.width == 128 and came is not None and came != "lo"
    return by_wire and value_of(world.fields["dst"]) == 1 and setting.host.tells_routes(128)


def _noted(world: World, changed: list[tuple[str, Term]], hook: str, setting: Setting) -> World:
    rewrites = tuple(_rewrite(name, world.fields[name], term, setting) for name, term in changed)
    entry = Carried(before=len(world.steps), hook=hook, rewrites=rewrites)
    gone = {name: f"{name} as its connection has it" for name, _term in changed}
    return replace(
        world.holding(**dict(changed)),
        rewrites=(*world.rewrites, *rewrites),
        told=len(world.rewrites) + len(rewrites),
        carried=(*world.carried, entry),
        gone={**world.gone, **gone},
    )


def _rewrite(name: str, before: Term, after: Term, setting: Setting) -> Rewrite:
    old, new = value_of(before), value_of(after)
    return Rewrite(
        field=name,
        before=None if old is None else setting.show(name, old),
        after="unknown" if new is None else setting.show(name, new),
        table="nat",
        chain=None,
        rule=None,
    )
