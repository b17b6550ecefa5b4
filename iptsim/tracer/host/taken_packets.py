"""What becomes of a packet that TPROXY gave a socket: only its route brings it there.

By the mark that it has behind PREROUTING, whoever set that. Where the route leads elsewhere it is
lost before FORWARD: what has a socket is dropped first (net/ipv4/ip_forward.c, ip_forward, and
net/ipv6/ip6_output.c, ip6_forward: `if (unlikely(skb->sk)) goto drop;`).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.ipsec_policy import LOOKUP
from iptsim.model import Note
from iptsim.predicate import Fact
from iptsim.tracer.host.routing import delivered, presumed, routed, sortable
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known, short, told
from iptsim.worlds.world import MARKED_ELSEWHERE, Setting, World

_NO_MARK = Known(value=0)


def led(
    world: World, lost: list[World], setting: Setting
) -> tuple[list[World], list[World], list[World]]:
    """As `routing.arrived` has it; to `lost` is added what its route leads elsewhere."""
    if world.text("in") == "lo":
        # It was routed when it left (ip_rcv_finish_core: skb_valid_dst).
        return [world], [], lost
    if rules_told(setting):
        here, there = routed(world, setting)
        return here, [], [*lost, *map(dropped, there)]
    here, there = by_address(world, setting)
    for one in there:
        brought, astray = _by_mark(one, setting)
        here += [] if brought is None else [brought]
        lost = [*lost, *([] if astray is None else [dropped(astray)])]
    return here, [], lost


def rules_told(setting: Setting) -> bool:
    """Whether the rules of `ip rule` are told, and each table that they ask."""
    host, width = setting.host, setting.width
    rules = host.rules_of(width)
    if rules is None or not (host.tells_addresses(width) and host.tells_routes(width)):
        return False
    return all(rule.action != LOOKUP or host.tells_table(rule) for rule in rules)


def by_address(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """What is for an address of this host, whose table is asked before all others; and the rest."""
    if not sortable(world, setting):
        return presumed(world, setting)
    ours, others = part(world, delivered(setting), setting)
    return ([] if ours is None else [ours]), ([] if others is None else [others])


def _by_mark(world: World, setting: Setting) -> tuple[World | None, World | None]:
    """Taken as given: who has TPROXY set a mark has `ip rule` deliver it.

    Of no mark, and of one that rules of another table set, nothing says so.
    """
    mark = world.fields["mark"]
    if world.taken != MARKED_ELSEWHERE and mark != _NO_MARK:
        facts = (("mark", mark_words(world)),)
        return world.assume(Note(code=codes.MARK_LEADS_HERE, facts=facts)), None
    key = f"ip rule delivers mark {short(told(mark))} here"
    fact = Fact(key=key, code=codes.OTHER_MARK_LEADS_HERE, detail=mark_words(world))
    return part(world, fact, setting)


def mark_words(world: World) -> str:
    """The packet's mark, or that nobody told it, for a person."""
    value = world.number("mark")
    return short(told(world.fields["mark"])) if value is None else f"{value:#x}"


def dropped(world: World) -> World:
    """The packets as lost for their socket, with a note of that."""
    return world.note(Note(code=codes.SOCKET_NOT_FORWARDED))
