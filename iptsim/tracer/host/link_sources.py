"""Which packets exist where somebody told which sources come by which interface."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.host import Sources
from iptsim.model import Note
from iptsim.packet import HOOKS
from iptsim.predicate import InSet, Interface, Predicate, all_of, any_of, negate
from iptsim.values import InterfacePattern, IntSet, Network, blocks
from iptsim.worlds.domains import NumberSet
from iptsim.worlds.splits import part
from iptsim.worlds.world import Setting, World

_MOST = 4
"""Networks that a note names."""
_ARRIVED = frozenset(HOOKS) - {"OUTPUT", "POSTROUTING"}


def by_link(world: World, setting: Setting) -> World:
    """The packets of a world that can come by their interfaces, as far as that was told.

    Raises `UsageError` where there are none.
    """
    for told in _speaking(world, setting):
        world = _coming(world, told, setting)
    return world


def _coming(world: World, told: Sources, setting: Setting) -> World:
    facts = (("interface", told.interface), ("sources", sources_text(told)))
    inside, _ = part(world, _comes(told), setting)
    if inside is None:
        raise UsageError(
            f"no packet that comes by {told.interface} has such a source:"
            f" --in tells {sources_text(told)}",
            code=codes.NO_SOURCE_BY_LINK, **dict(facts),
        )  # fmt: skip
    if world.number("src") is not None:
        return inside
    if world.text("in") is not None:
        # Without a condition, as nothing else can be.
        inside = world
        _limit(setting, told)
    return inside.assume(Note(code=codes.SOURCES_BY_LINK, facts=facts))


def _limit(setting: Setting, told: Sources) -> None:
    """That the source is of these goes without saying, where the interface is told."""
    domain = setting.domains["src"]
    asked = InSet(field="src", values=told.addresses)
    narrower = domain.narrowed(asked, True) if isinstance(domain, NumberSet) else None
    if narrower is not None:
        setting.domains.limit("src", narrower)


def links_hold(world: World, setting: Setting) -> Predicate:
    """The condition that all packets fulfil which can come by their interfaces."""
    return all_of(map(_comes, _speaking(world, setting)))


def _speaking(world: World, setting: Setting) -> Iterator[Sources]:
    """What was told of the interfaces by which packets of the world may come."""
    if setting.hook not in _ARRIVED:
        return
    name = world.text("in")
    for told in setting.host.sources:
        pattern = InterfacePattern(text=told.interface)
        if told.width == setting.width and (name is None or name in pattern):
            yield told


def _comes(told: Sources) -> Predicate:
    pattern = InterfacePattern(text=told.interface)
    other = negate(Interface(field="in", pattern=pattern))
    return any_of((other, InSet(field="src", values=told.addresses)))


def sources_text(told: Sources) -> str:
    """`10.0.0.0/8, 192.0.2.1`: the networks that come by an interface, the first of many.

    `!10.0.0.0/8` for all others, where that is shorter.
    """
    every = IntSet.between(0, (1 << told.width) - 1)
    held, others = (_networks(one, told.width) for one in (told.addresses, every - told.addresses))
    if others and len(others) < len(held):
        return f"!{_listed(others)}"
    return _listed(held)


def _networks(values: IntSet, width: int) -> list[str]:
    found = (Network(value=b.value, mask=b.mask, width=width) for b in blocks(values, width))
    return [str(one).removesuffix(f"/{width}") for one in found]


def _listed(networks: list[str]) -> str:
    return ", ".join([*networks[:_MOST], *(["…"] if len(networks) > _MOST else [])])
