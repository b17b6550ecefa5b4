"""NAT on worlds of many packets: each part of them by what decides its translation."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import To, Translate
from iptsim.predicate import InSet
from iptsim.tracer.conntrack.nat import PORTED, SOURCE_HOOKS, translate
from iptsim.tracer.rules.target_actions import Spot
from iptsim.values import IntSet
from iptsim.worlds.splits import on, part, unchanged
from iptsim.worlds.terms import Known
from iptsim.worlds.world import Setting, World

_WITH_PORTS = InSet(field="proto", values=IntSet.of((proto, proto) for proto in PORTED))
_WITHOUT_PORTS = Known(value=0)
"""Stands for a protocol without ports while a translation asks."""


def translations(world: World, action: Translate, spot: Spot, setting: Setting) -> list[World]:
    """The world after a nat target, in parts where it does not do the same to all its packets.

    REDIRECT takes an address of the interface that a packet came by, MASQUERADE one of that by
    which it leaves.
    """
    found: list[World] = []
    for told in _by_interface(world, action, spot, setting):
        for ported in _by_ports(told, action, setting):
            for kept in _by_keeping(ported, action, spot, setting):
                done = translate(kept, action, spot, setting)
                before = {name: world.fields[name] for name in ("in", "out", "proto")}
                done = done.holding(**before)
                found += _by_status(world, done, spot, setting)
    return found


def _by_interface(world: World, action: Translate, spot: Spot, setting: Setting) -> Iterator[World]:
    """With the interface told that decides, where addresses are told but not the interface."""
    name = {To.INCOMING: "in", To.OUTGOING: "out"}.get(action.to, "")
    local = action.to is To.INCOMING and spot.hook == "OUTPUT"
    if not name or local or setting.host.addresses is None or world.text(name) is not None:
        yield world
        return
    rest: World | None = world
    for interface in dict.fromkeys(a.interface for a in setting.host.addresses):
        if rest is None:
            return
        inside, rest = part(rest, on(name, interface), setting)
        if inside is not None:
            yield inside.holding(**{name: Known(value=interface)})
    if rest is not None:
        # An interface that has no address.
        yield rest.holding(**{name: Known(value="?")})


def _by_ports(world: World, action: Translate, setting: Setting) -> Iterator[World]:
    """Only protocols with ports have one translated."""
    if not setting.exact or not (action.ports or action.random) or world.number("proto"):
        yield world
        return
    inside, rest = part(world, _WITH_PORTS, setting)
    if inside is not None:
        yield inside
    if rest is not None:
        yield rest.holding(proto=_WITHOUT_PORTS)


def _by_keeping(world: World, action: Translate, spot: Spot, setting: Setting) -> Iterator[World]:
    """What lies in the range that a translation may choose from stays as it is."""
    source, worlds = spot.hook in SOURCE_HOOKS, [world]
    if setting.exact and not action.random:
        port = None if action.base is not None else action.ports
        for name, choices in (
            ("src" if source else "", action.addresses if action.to is To.GIVEN else None),
            ("sport" if source else "dport", port),
        ):
            if name and choices is not None and choices.count > 1:
                asked = InSet(field=name, values=choices)
                worlds = [one for each in worlds for one in part(each, asked, setting) if one]
    yield from worlds


def _by_status(before: World, done: World, spot: Spot, setting: Setting) -> Iterator[World]:
    """Whether the connection counts as translated: only what really changed does."""
    source = spot.hook in SOURCE_HOOKS
    status = "ct_snat" if source else "ct_dnat"
    if not setting.exact or done.known(status) is not None:
        yield done
        return
    yes = Known(value="yes")
    if not setting.statuses:
        yield done.holding(**{status: yes})
        return
    earlier = before.fields[status]
    same: World | None = done
    for name in ("src", "sport") if source else ("dst", "dport"):
        if same is None:
            return
        same, other = unchanged(same, before.fields[name], done.fields[name], setting)
        if other is not None:
            yield other.holding(**{status: yes})
    if same is not None:
        yield same.holding(**{status: earlier})
