"""Where a later packet goes of a connection that has a socket here, if its route leads elsewhere.

The kernel looks for that socket before it asks for a route (net/ipv4/ip_input.c,
ip_rcv_finish_core; tcp_ipv4.c, tcp_v4_early_demux): a packet that has one is not forwarded
(ip_forward.c: `if (unlikely(skb->sk)) goto drop`), but one of a connection that is wholly open goes
the way that the socket keeps from an earlier packet.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.model import Note
from iptsim.predicate import Fact
from iptsim.sockets import OwnSocket
from iptsim.tracer.host.routing import presumed, routed, sortable
from iptsim.tracer.host.taken_packets import dropped, led, mark_words, rules_told
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known
from iptsim.worlds.world import Setting, World

_THERE = Fact(key="its connection has a socket here", code=codes.SOCKET_TAKES, usually=True)
_KEPT = Fact(key="the socket of its connection keeps a route", code=codes.SOCKET_TAKES)
_EARLY = ("net/ipv4/ip_early_demux", "net/ipv4/tcp_early_demux")  # of both families
_Ways = tuple[list[World], list[World], list[World]]


def by_socket(world: World, lost: list[World], setting: Setting) -> _Ways:
    """As `routing.arrived` has it, of what TPROXY took or what has a connection's own socket."""
    own = setting.host.own_socket
    if world.taken or own is None:
        return led(world, lost, setting)
    return _held(world, lost, setting, own)


def _held(world: World, lost: list[World], setting: Setting, own: OwnSocket) -> _Ways:
    here, there = routed(world, setting) if sortable(world, setting) else presumed(world, setting)
    away: list[World] = []
    for one in there:
        brought, others = _by_mark(one, setting, own)
        here += [] if brought is None else [brought]
        away += [] if others is None else [others]
    if any(setting.host.sysctls.of(name) == 0 for name in _EARLY) or not own.likely:
        return here, away, lost
    forwarded: list[World] = []
    for one in away:
        found, none = (one, None) if own.certain else part(one, _THERE, setting)
        kept, gone = part(found, _KEPT, setting) if found is not None else (None, None)
        here += [] if kept is None else [kept]
        forwarded += [] if none is None else [none]
        lost = [*lost, *([] if gone is None else [dropped(gone)])]
    return here, forwarded, lost


def _by_mark(world: World, setting: Setting, own: OwnSocket) -> tuple[World | None, World | None]:
    """The mark that brought the first packet here does so again, as `taken_packets` has it."""
    mark = world.fields["mark"]
    if own.mark is None or rules_told(setting) or mark == Known(value=0):
        return None, world
    words = mark_words(world)
    if mark == Known(value=own.mark):
        return world.assume(Note(code=codes.MARK_LEADS_HERE, facts=(("mark", words),))), None
    key = f"ip rule delivers mark {words} here"
    return part(world, Fact(key=key, code=codes.OTHER_MARK_LEADS_HERE, detail=words), setting)
