"""Connection tracking: what a packet has of its connection once it was looked up.

Source: net/netfilter/nf_conntrack_core.c (nf_conntrack_in, resolve_normal_ct, init_conntrack).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.actions import CHECKSUM
from iptsim.extensions.arming import says
from iptsim.model import Chain, Note
from iptsim.netfilter.hooks import SIDE_AT
from iptsim.netfilter.new_connections import (
    ANSWERS,
    CONFIRMED,
    EVERY_STATUS,
    EXPECTED,
    SEEN_REPLY,
    TEMPLATE,
    first_state,
)
from iptsim.predicate import Fact
from iptsim.tracer.conntrack.tuples import first_ports, has_ports
from iptsim.worlds.connection import KEPT, Followed
from iptsim.worlds.fields import Fields
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known, Term, set_bits, value_of
from iptsim.worlds.variables import ARRIVING
from iptsim.worlds.world import Setting, World, altered


def track(world: World, setting: Setting, *, nat: bool) -> World:
    """The world with its connection; `nat` is whether the host translates at all."""
    if world.text("ctstate") == "UNTRACKED":
        return world
    if world.template is not None:
        # What the template had is not the connection's.
        world = world.holding(**{n: ARRIVING[n] for n in (*KEPT, "ctdir", "ctstatus")})
    zones = {way: _zone(world, way) for way in ("ORIGINAL", "REPLY")}
    world, followed = altered(world, zones=zones), setting.followed
    if followed is not None and _finds(world, followed, zones[followed.direction]):
        return world.holding(**followed.fields)
    state = setting.state
    if followed is not None or _rewritten(world, setting):
        state = _anew(world, setting)
    if followed is not None:
        world = altered(world, strayed=True, settled=frozenset())
    return _in_state(world.holding(ctstate=Known(value=state)), setting, state, nat=nat)


_IDLE, _ON = Note(code=codes.CONNTRACK_IDLE), Note(code=codes.CONNTRACK_ON)


def premise(tracks: bool | None, chain: Chain | None) -> Note | None:
    """What is taken as given of tracking where it decides whether a chain of nat does anything.

    Nat is asked for connections alone (nf_nat_core.c, nf_nat_inet_fn). So it is idle unless a rule
    needs them, which `tracks` tells (see `iptsim.extensions.arming`), or another user of them.
    """
    return None if tracks or chain is None or not says(chain) else _IDLE if tracks is False else _ON


def _zone(world: World, direction: str) -> Term:
    """The zone that CT gave tuples of that direction; 0 where it gave none (nf_ct_zone_id)."""
    made = world.template
    if made is None or made.direction not in ("", direction):
        return Known(value=0)
    if made.zone == "mark":
        return set_bits(world.fields["mark"], 0, 0xFFFF0000, 0xFFFFFFFF)
    return Known(value=made.zone)


def _rewritten(world: World, setting: Setting) -> bool:
    """Whether rules before tracking wrote into the header what the state hangs on."""
    return setting.packet.ctstate is None and not world.gone.keys().isdisjoint(_DECIDE)


_DECIDE = ("tcp_flags", "icmp_type")


def _finds(world: World, followed: Followed, zone: Term) -> bool:
    """Whether its connection is found: not where the header certainly is another's.

    Taken as given where a rule wrote before tracking, in either direction, what is not told.
    """
    way = "repl" if followed.reply else "orig"
    pairs = [("src", f"ct{way}src"), ("dst", f"ct{way}dst")]
    if has_ports(world):
        pairs += [("sport", f"ct{way}srcport"), ("dport", f"ct{way}dstport")]
    same = (_same(world.fields[held], followed.fields[kept]) for held, kept in pairs)
    return _same(followed.zone, zone) and all(same)


def _same(one: Term, other: Term) -> bool:
    """Not where they certainly differ; taken as given where one is not told."""
    told = [each.value for each in (one, other) if isinstance(each, Known)]
    return len({type(value) for value in told}) != 1 or len(told) < 2 or one == other


def _anew(world: World, setting: Setting) -> str:
    """The state of a packet whose connection is in another zone, so that none is found."""
    flags, kind = world.number("tcp_flags"), world.number("icmp_type")
    loose = setting.host.sysctls.of("net/netfilter/nf_conntrack_tcp_loose") != 0
    proto = world.number("proto")
    return first_state(setting.family, proto, flags=flags, icmp_type=kind, loose=loose)


def _in_state(world: World, setting: Setting, state: str, *, nat: bool) -> World:
    error = state == "RELATED" and world.number("proto") in ANSWERS
    if nat and (state == "ESTABLISHED" or error):
        world = world.note(Note(code=codes.OTHER_STATES_NOT_TRANSLATED, facts=(("state", state),)))
    if state == "NEW":
        return _opened(world, setting)
    if state == "RELATED" and not error:
        return _expected(world, setting)
    return _going_on(world) if state == "ESTABLISHED" else world


def tracked(world: World, hook: str, setting: Setting, *, nat: bool) -> list[World]:
    """What tracking makes of a packet at a hook; see `track`."""
    wrong, right = _by_checksum(world, hook, setting)
    found = [] if right is None else [track(right, setting, nat=nat)]
    return found if wrong is None else [wrong, *found]


def _by_checksum(world: World, hook: str, setting: Setting) -> tuple[World | None, World | None]:
    """What tracking finds INVALID for its checksum, and the rest.

    `th dport set` leaves it wrong (nft_payload.c: no csum_type), and tracking looks at it where
    packets arrive, unless a card did (nf_conntrack_proto_tcp.c, tcp_error; nf_ip_checksum).
    """
    told = world.gone.get(CHECKSUM)
    off = setting.host.sysctls.of("net/netfilter/nf_conntrack_checksum") == 0
    odd = world.number("proto") not in (None, *_SUMMED)
    if told is None or hook != "PREROUTING" or world.text("in") == "lo" or off or odd:
        return None, world
    fact = Fact(key="the checksum is wrong", code=codes.CHECKSUM_WRONG, detail=told)
    wrong, right = part(world, fact, setting)
    return None if wrong is None else wrong.holding(ctstate=Known(value="INVALID")), right


_SUMMED = frozenset({1, 6, 17, 58, 132, 136})


def on_its_way(world: World, table: str, hook: str) -> World:
    """The world where nobody tells what rules did before it came to a chain of that table.

    Its connection may have a mark, and be translated: in front of filter and of what follows.
    """
    if world.text("ctstate") not in ("NEW", "RELATED"):
        return world
    after = hook in _TRANSLATED or (hook == "OUTPUT" and table in ("filter", "security"))
    names = ("connmark", "ctorigdst", "ctorigdstport", "ct_dnat") if after else ("connmark",)
    return world.holding(**{name: ARRIVING[name] for name in names})


_TRANSLATED = frozenset({"INPUT", "FORWARD", "POSTROUTING"})
"""Where packets come after nat has given them a destination."""


def finds_itself(world: World) -> bool:
    """Whether a packet that comes back by lo has its connection still.

    One that has none is looked at again, and so is one that `ct zone set` gave a template after
    tracking had found it invalid (nf_conntrack_core.c, nf_conntrack_in: nf_ct_is_template).
    """
    templated = (world.number("ctstatus") or 0) & TEMPLATE
    return world.text("ctstate") != "INVALID" and not templated


def is_confirmed(world: World) -> bool:
    """Whether the connection is confirmed, so that nothing translates it (nf_nat_setup_info).

    Nothing else of its status is looked at.
    """
    status = value_of(Fields.of(world.fields).unseen("ctstatus"))
    return isinstance(status, int) and bool(status & CONFIRMED)


def confirmed(world: World) -> World:
    """Once it has left, the connection is confirmed (nf_conntrack_proto.c, nf_confirm).

    A template is so from the first, and stays one (nf_ct_tmpl_alloc).
    """
    if is_confirmed(world):
        return world
    status = set_bits(world.fields["ctstatus"], CONFIRMED, CONFIRMED, EVERY_STATUS)
    return world.holding(ctstatus=status)


def left_by_lo(world: World, setting: Setting, *, nat: bool) -> World:
    """A packet that comes by lo has the connection that it was given when it left.

    loopback_xmit hands the same skb on with it, so rules of raw see a state, CT leaves it as it is
    (xt_CT.c, xt_ct_target), and nat asked its rules for a new destination at OUTPUT already.
    """
    found = track(world, setting, nat=nat)
    if not finds_itself(found):
        return found
    return altered(confirmed(found), settled=frozenset(SIDE_AT.values()))


def _going_on(world: World) -> World:
    """ESTABLISHED: a connection that is confirmed and has seen an answer (resolve_normal_ct)."""
    certain = SEEN_REPLY | CONFIRMED
    status = set_bits(world.fields["ctstatus"], certain, certain, EVERY_STATUS)
    return world.holding(ctstatus=status, ctproto=world.fields["proto"])


def _opened(world: World, setting: Setting) -> World:
    """A new connection: its original direction is the packet's own, nothing is marked yet."""
    return _original(world, setting).holding(
        ct_snat=Known(value="no"),
        ct_dnat=Known(value="no"),
        ctstatus=Known(value=0),
        connmark=Known(value=0),
    )


def _expected(world: World, setting: Setting) -> World:
    """RELATED: a connection that a helper expected, with its master's mark (init_conntrack)."""
    status = set_bits(world.fields["ctstatus"], EXPECTED, EVERY_STATUS ^ CONFIRMED, EVERY_STATUS)
    return _original(world, setting).holding(ctstatus=status)


def _original(world: World, setting: Setting) -> World:
    now = world.fields
    return world.holding(
        ctdir=Known(value="ORIGINAL"),
        ctproto=now["proto"],
        ctorigsrc=now["src"],
        ctorigdst=now["dst"],
        ctreplsrc=now["dst"],
        ctrepldst=now["src"],
        **first_ports(world, setting),
    )


def asks_nat(world: World, hook: str) -> bool:
    """Only the packet that opens a connection asks nat, once for each side.

    A RELATED packet opens one too, but an ICMP error belongs to the connection it is about
    (nf_nat_core.c, nf_nat_inet_fn).
    """
    if SIDE_AT[hook] in world.settled:
        return False
    state = world.text("ctstate")
    icmp = world.number("proto") in (1, 58)
    return state == "NEW" or (state == "RELATED" and not icmp)


def settled(world: World, hook: str) -> World:
    """The world whose connection's side at that hook was looked at by nat."""
    return altered(world, settled=world.settled | {SIDE_AT[hook]})
