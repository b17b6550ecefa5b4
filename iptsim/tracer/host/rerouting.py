"""In OUTPUT: what rules changed is routed again (net/ipv4/netfilter.c, ip_route_me_harder)."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.predicate import InSet
from iptsim.tracer.host.kernel_settings import within_loops
from iptsim.tracer.host.outgoing_interface import (
    LO,
    by_routes,
    goes_back,
    is_own,
    loops,
    ruled,
)
from iptsim.tracer.host.routing import address_type, not_ours
from iptsim.worlds.domains import InterfaceSet
from iptsim.worlds.splits import Routed, on, part, unchanged
from iptsim.worlds.terms import Known, Term
from iptsim.worlds.variables import Source, Variable
from iptsim.worlds.world import ROUTED_AGAIN, Setting, World, altered


def rerouted(world: World, setting: Setting, before: Term) -> Routed:
    """In OUTPUT: another destination may leave by another interface (ip_route_me_harder).

    OUTPUT itself goes on with the interface that it began with: the hook's state is made once.
    Without a route the packet is thrown away there. What a rule wrote since, no route knows of.
    """
    if world.aim is not None:
        there = world.fields["dst"], world.fields["dst_type"]
        aimed = altered(world.holding(dst=world.aim), aim=None)
        found = rerouted(aimed, setting, before)
        return Routed(going=[_aside(w, *there) for w in found.going], lost=found.lost)
    if world.fields["dst"] == before and not world.sent and ROUTED_AGAIN not in world.gone:
        return Routed(going=[world])
    if setting.exact and not world.sent and ROUTED_AGAIN not in world.gone:
        return _rerouted_exactly(world, setting, before)
    return _newly_routed(world, setting)


def another_destination(world: World, before: World, setting: Setting) -> World:
    """After a rule: where it wrote one into the header, no connection and no route knows of it."""
    was, now = before.fields["dst"], world.fields["dst"]
    if was == now:
        return world
    kind = address_type(now, setting) or "UNICAST"
    wrote = was if world.wrote is None else world.wrote
    return altered(world.holding(dst_type=Known(value=kind)), wrote=wrote)


def written(world: World, nat: bool) -> World:
    """After the chains of one place: what a rule wrote into the header is not routed.

    But where nat translates the destination, for it asks the connection (nf_nat_proto.c,
    nf_nat_ipv4_local_fn).
    """
    if world.wrote is None and world.aim is None:
        return world
    tracked = world.text("ctstate") not in ("INVALID", "UNTRACKED")
    if nat and tracked and world.fields["ctorigdst"] != world.fields["ctreplsrc"]:
        return altered(world, wrote=None, aim=None)
    return altered(world, wrote=None, aim=world.wrote if world.aim is None else world.aim)


def overwritten(world: World) -> World:
    """After a chain that routes again what routing looks at: a written destination, too."""
    if world.wrote is None:
        return world
    return altered(world, wrote=None, aim=None, gone={**world.gone, ROUTED_AGAIN: "routed again"})


def looked_at_again(world: World, names: Sequence[str], before: tuple[Term, ...]) -> World:
    """After such a chain: where something of `names` is not as `before`, it is routed again."""
    if all(world.fields[n] == term for n, term in zip(names, before, strict=True)):
        return world
    return altered(world, gone={**world.gone, ROUTED_AGAIN: "routed again"})


def by_lo(world: World, setting: Setting) -> World:
    """What went out by lo comes back: for this host, but for what a rule wrote since."""
    kind = "LOCAL"
    if world.wrote is not None or world.aim is not None:
        kind = address_type(world.fields["dst"], setting) or "UNICAST"
    lo, nothing, no = Known(value="lo"), Known(value=""), Known(value="no")
    return world.holding(in_=lo, out=nothing, socket=no, dst_type=Known(value=kind))


def _aside(world: World, there: Term, kind: Term) -> World:
    return altered(world.holding(dst=there, dst_type=kind), aim=world.fields["dst"])


def _rerouted_exactly(world: World, setting: Setting, before: Term) -> Routed:
    """What had its new destination already goes on as it was routed."""
    same, other = unchanged(world, before, world.fields["dst"], setting)
    done = Routed(going=[] if same is None else [same])
    if other is not None:
        done.add(_newly_routed(other, setting))
    return done


def _newly_routed(world: World, setting: Setting) -> Routed:
    local = address_type(world.fields["dst"], setting) == "LOCAL" and not ruled(setting)
    if world.to_host or local or loops(world, setting):
        return Routed(going=[_by_lo(world)])
    if goes_back(setting):
        return Routed(going=[world])
    told = setting.exact or setting.host.tells_addresses(setting.width)
    if not told or world.number("dst") is not None or ruled(setting):
        return _elsewhere(world, setting)
    own = InSet(field="dst", values=setting.host.fib(setting.width).where(is_own))
    inside, rest = part(world, own, setting)
    done = Routed(going=[] if inside is None else [_by_lo(inside)])
    if rest is not None:
        done.add(_elsewhere(rest, setting))
    return done


def _by_lo(world: World) -> World:
    return world.holding(out=Known(value="lo"), dst_type=Known(value="LOCAL"))


def stranded(world: World, setting: Setting) -> Routed:
    """After a table of OUTPUT: what has no route to its new destination ends there."""
    if not world.gone.keys() & {"dst", ROUTED_AGAIN}:
        return Routed(going=[world])
    if world.aim is not None and ROUTED_AGAIN not in world.gone:
        return Routed(going=[world])
    aimed = world if world.aim is None else world.holding(dst=world.aim)
    found = _newly_routed(aimed, setting)
    if not found.lost:
        return Routed(going=[world])
    regions = tuple(region for going in found.going for region in going.regions)
    kept = [altered(world, regions=regions)] if regions else []
    return Routed(going=kept, lost=found.lost)


def _elsewhere(world: World, setting: Setting) -> Routed:
    """By another route, and what may not take it."""
    return within_loops(_another_route(world, setting), setting)


def _another_route(world: World, setting: Setting) -> Routed:
    width, value = setting.width, world.number("dst")
    if not setting.host.tells_addresses(width):
        world = world.assume(not_ours(world, setting))
    near = () if value is None else setting.host.connected(value, width)
    apart = setting.exact and value is None and setting.host.tells_addresses(width)
    if setting.host.tells_routes(width) or near or apart:
        return by_routes(world.holding(out=_another_way(setting)), setting, again=True)
    by_lo, other = part(world, on("out", "lo"), setting) if setting.exact else (world, None)
    if world.text("out") not in (None, "lo"):
        return Routed(going=[world])
    done = Routed(going=[] if other is None else [other])
    if by_lo is not None:
        done.going.append(by_lo.holding(out=_another_way(setting)))
    return done


def _another_way(setting: Setting) -> Term:
    domain = InterfaceSet(holes=frozenset() if ruled(setting) else frozenset({LO}))
    return setting.domains.fresh(Variable(field="out", origin=Source.NEW_ROUTE), domain)
