"""Where the kernel puts fragments together, so that no rule from there on sees one.

Sources: net/ipv4/netfilter/nf_defrag_ipv4.c and net/ipv6/netfilter/nf_defrag_ipv6_hooks.c, before
raw; net/ipv4/ip_input.c, ip_local_deliver, before IPv4's INPUT. A local socket can have it left out
at OUTPUT (IP_NODEFRAG).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.model import Note
from iptsim.packet import EXT_HEADERS
from iptsim.tracer.host.arrival import is_fragment
from iptsim.worlds.terms import Known, set_bits
from iptsim.worlds.world import Setting, World, altered

_FRAG = EXT_HEADERS["frag"]
_LEFT_ALONE = codes.FRAGMENTS_LEFT_ALONE
_GATHERED = Note(code=codes.FRAGMENTS_GATHERED)


def arrived_whole(world: World, setting: Setting) -> World:
    """The world where fragments are put together as they arrive; see `of_whole`."""
    world = altered(world, assumed=tuple(n for n in world.assumed if n.code != _LEFT_ALONE))
    headers = set_bits(world.fields["ext_headers"], 0, _FRAG, 0xFF)
    whole = world.holding(fragment=Known(value=0), ext_headers=headers)
    return whole.note(_GATHERED) if is_fragment(setting.packet) else whole


def of_whole(setting: Setting) -> Setting:
    """The setting where nothing is presumed of fragments, for there are none."""
    presumed = {name: note for name, note in setting.presumed.items() if name != "fragment"}
    return replace(setting, presumed=presumed)


def delivered_whole(world: World, setting: Setting) -> World:
    """The world as it comes to INPUT."""
    if setting.family == 6 or world.fields["fragment"] == Known(value=0):
        return world
    told = world.fields["fragment"] == Known(value=1)
    whole = world.holding(fragment=Known(value=0))
    return whole.note(_GATHERED) if told else whole
