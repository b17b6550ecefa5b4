"""Chains at a device: of which packets come to them.

What comes by another device on top of this one (a VLAN, a bridge, a bond) has come by this one too
(net/core/dev.c, __netif_receive_skb_core, `another_round`): there is none, as far as is told.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.model import Note
from iptsim.netfilter.hooks import Entry
from iptsim.predicate import Fact, Interface, Predicate, any_of
from iptsim.values import InterfacePattern
from iptsim.worlds.splits import part
from iptsim.worlds.world import Setting, World

_SIDE = {"INGRESS": "in", "EGRESS": "out"}


def by_device(
    hook: str, entry: Entry, worlds: list[World], setting: Setting
) -> tuple[list[World], list[World]]:
    """The packets that come to the chain, and those of other devices."""
    asked = any_of(_is(hook, name, entry) for name in entry.devices or ())
    pairs = [part(world, asked, setting) for world in worlds]
    names = [name for name in entry.devices or () if name != "lo"]
    alone = [Note(code=codes.DEVICE_ALONE, facts=(("device", name),)) for name in names]
    others = (no for _yes, no in pairs if no)
    passed = [no if no.text(_SIDE[hook]) == "lo" else no.assume(*alone) for no in others]
    return [yes for yes, _no in pairs if yes], passed


def _is(hook: str, name: str, entry: Entry) -> Predicate:
    """A name that a script leaves to a variable may be any device's."""
    if name.startswith("$"):
        text = f"{entry.name} is at the device {name}"
        return Fact(key=text, detail=text, reads=(_SIDE[hook],))
    pattern = f"{name[:-1]}+" if name.endswith("*") else name
    return Interface(field=_SIDE[hook], pattern=InterfacePattern(text=pattern))
