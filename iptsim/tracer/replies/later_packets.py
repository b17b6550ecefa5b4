"""The packets that follow a packet in its connection: where they start, what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.errors import UsageError
from iptsim.model import Note
from iptsim.netfilter.new_connections import (
    ACK,
    ANSWERS,
    SYN_ACK,
    TCP,
    answer_flags,
    first_state,
    picked_up,
)
from iptsim.packet import FIELDS, Packet
from iptsim.tracer.host.arrival import Question, begin, of_its_link, picks_up, presume, state_note
from iptsim.tracer.host.routing import address_type
from iptsim.tracer.replies.views import View, apart, names_of, terms_of, view_of
from iptsim.worlds.connection import Connection, Followed
from iptsim.worlds.domains import domain_of
from iptsim.worlds.terms import Known, Term, value_of
from iptsim.worlds.variables import ARRIVING, Variables
from iptsim.worlds.world import Setting, World, altered

Start = tuple[Question, Setting, World]

# What another packet of the connection has of its own.
_OWN = ("tcp_flags", "tcp_options", "tcp_mss", "length")


def same_way(
    connection: Connection, kind: str, given: Mapping[str, Term] | None, told: Packet | None
) -> Start:
    """The start of a packet that goes the first one's way, `again` or `next`.

    `given` is what tracking gives it, None where it finds no connection; `told` what is known of
    it besides.
    """
    packet = connection.packet
    if kind == "next":
        packet = packet.with_(**dict.fromkeys((*_OWN, "payload")))
        packet = packet.with_(tcp_flags=ACK if connection.proto == TCP else None)
    packet = packet.with_(**_given(told))
    if given is not None:
        packet = packet.with_(ctstate=str(value_of(given["ctstate"])))
    question = Question(packet=packet, hook=connection.hook, host=connection.host)
    setting, world = begin(question)
    setting = replace(setting, domains=setting.domains | connection.domains)
    if given is not None:
        setting = replace(setting, followed=_found(connection, given))
        world = altered(world, settled=connection.settled)
    # Time goes on even for the same packet.
    own = {"ctexpire", *(_OWN if kind == "next" else ())}
    known = setting.domains
    names = {name: known.variable(name) for name in known if name not in own}
    world = altered(world, gone={**world.gone, **connection.changed})
    view = View(names=names, told={} if told is None else told.given())
    return question, setting, _within(world, connection, view, setting)


def _found(connection: Connection, given: Mapping[str, Term]) -> Followed:
    """The connection as a packet finds it that goes the first one's way."""
    to_host, back = connection.destination == "local", connection.symmetric
    zone = connection.zones["REPLY" if back else "ORIGINAL"]
    return Followed(reply=back, fields=given, to_host=to_host, zone=zone)


def after_answer(connection: Connection, answered: Connection | None, told: Packet | None) -> Start:
    """The start of `next`; `answered` is what the answer left behind.

    An answer that was not tracked is none to tracking: a TCP packet that goes on then is INVALID
    (nf_conntrack_proto_tcp.c, an ACK after a SYN alone), any other as before.
    """
    if answered is not None:
        connection = replace(connection, changed={**connection.changed, **answered.changed})
    if answered is None or not connection.known:
        return same_way(connection, "next", None, told)
    if answered.state == "ESTABLISHED":
        given = connection.given("next")
        given["connmark"] = _mark_left(connection, answered.fields["connmark"])
        return same_way(connection, "next", given, told)
    if connection.proto != TCP or _picked_up(connection):
        return same_way(connection, "next", connection.given("again"), told)
    lost = replace(connection, packet=connection.packet.with_(ctstate="INVALID"))
    return same_way(lost, "next", None, told)


def _picked_up(connection: Connection) -> bool:
    flags = value_of(connection.fields["tcp_flags"])
    return picked_up(flags if isinstance(flags, int) else None)


def _mark_left(connection: Connection, mark: Term) -> Term:
    """The connection's mark, which the answer's rules may have changed to `mark`."""
    if isinstance(mark, Known):
        return mark
    before = connection.fields["connmark"]
    same = mark == View(names=dict(names_of(connection))).term(before)
    return before if same else ARRIVING["connmark"]


def answer(connection: Connection, told: Packet | None) -> Start:
    """The start of the answer: where the first packet ended.

    `told` has what else is known of it: the user that sends it, its TTL, mark, …
    """
    hook = "OUTPUT" if connection.destination == "local" else "PREROUTING"
    view = view_of(connection, told)
    terms = {name: view.term(term) for name, term in terms_of(connection).items()}
    packet = _packet(connection, terms, hook, told)
    question = Question(packet=packet, hook=hook, host=connection.host)
    fields: dict[str, Term] = dict(ARRIVING)
    fields |= terms | {name: Known(value=value) for name, value in packet.given().items()}
    invalid = {**fields, "ctstate": Known(value="INVALID")}
    world = World(fields=invalid, gone=connection.changed)
    setting = _setting(connection, question, view, world)
    if setting.followed is None and question.packet.ctstate is None:
        world = world.assume(state_note(setting.state, _flags(connection, question.packet)))
    world = _placed(world, connection, question, setting)
    world, presumed = _presumed(world, connection, question, setting)
    setting = replace(setting, presumed=presumed)
    return question, setting, of_its_link(_within(world, connection, view, setting))


def _given(told: Packet | None) -> dict[str, Any]:
    if told is None:
        return {}
    given = {("in_" if name == "in" else name): value for name, value in told.given().items()}
    return given if told.payload is None else {**given, "payload": told.payload}


def _packet(
    connection: Connection, terms: Mapping[str, Term], hook: str, told: Packet | None
) -> Packet:
    """The answer as far as it is known before it starts."""
    known = {name: value_of(term) for name, term in terms.items()}
    known["in_"] = known.pop("in", None)
    packet = Packet(family=connection.packet.family).with_(**{**known, **_given(told)})
    if hook == "OUTPUT":
        packet = packet.with_(in_=None)
    tracked = connection.meets_answer or connection.state == "ESTABLISHED"
    return packet.with_(ctstate="ESTABLISHED" if tracked else None)


def _setting(connection: Connection, question: Question, view: View, world: World) -> Setting:
    """The setting of an answer; `world` says what it holds."""
    family = question.packet.family
    domains = {name: domain_of(name, family) for name in FIELDS}
    domains |= {seen.name: connection.domains[old] for old, seen in view.names.items()}
    return Setting(
        family=family,
        host=question.host,
        domains=Variables(domains, {seen.name: seen for seen in view.names.values()}),
        state=_state(world, connection, question),
        here=False,
        packet=question.packet,
        hook=question.hook,
        followed=_followed(connection, view),
        way_back=view.term(connection.fields["in"]),
        usual=_USUAL[family],
    )


_CLIENT = {4: 0xC0000201, 6: 0x20010DB8 << 96 | 1}
_SERVER = {4: 0xC6336402, 6: 0x20010DB8 << 96 | 2 << 64}
_USUAL: Mapping[int, Mapping[str, int | str]] = {
    family: {
        "src": _SERVER[family], "dst": _CLIENT[family], "sport": 80, "dport": 40000,
        "ctorigsrc": _CLIENT[family], "ctorigdst": _SERVER[family], "ctorigsrcport": 40000,
        "ctorigdstport": 80, "tcp_flags": SYN_ACK, "icmp_type": 0 if family == 4 else 129,
    }
    for family in (4, 6)
}  # fmt: skip
"""An ordinary answer: an ordinary packet's, the other way round."""


def _followed(connection: Connection, view: View) -> Followed | None:
    """The answer's connection; None where it finds none."""
    if not connection.meets_answer:
        return None
    fields = {name: view.term(term) for name, term in connection.given("reply").items()}
    to_host, zone = connection.began_here, connection.zones["REPLY"]
    return Followed(reply=True, fields=fields, to_host=to_host, zone=zone)


def _state(world: World, connection: Connection, question: Question) -> str:
    """Without a connection an answer's state is that of any packet with these fields."""
    packet, proto, loose = question.packet, connection.proto, picks_up(question.host)
    if packet.ctstate is not None:
        return packet.ctstate
    flags, kind = _flags(connection, packet), world.number("icmp_type")
    return first_state(packet.family, proto, flags=flags, icmp_type=kind, loose=loose)


def _flags(connection: Connection, packet: Packet) -> int | None:
    """The flags of an ordinary answer to the first packet, where none are told."""
    if connection.proto != TCP or packet.tcp_flags is not None:
        return packet.tcp_flags
    asked = value_of(connection.fields["tcp_flags"])
    return answer_flags(asked if isinstance(asked, int) else None)


def _placed(world: World, connection: Connection, question: Question, setting: Setting) -> World:
    """Its interfaces, and whose its destination is."""
    nothing = Known(value="")
    kind = address_type(world.fields["dst"], setting)
    if question.hook == "OUTPUT":
        return _leaving(world.holding(in_=nothing), kind, setting)
    world = world.holding(out=nothing)
    if connection.began_here and not setting.host.tells_addresses(setting.width):
        world = altered(world, to_host=True)
    as_it_was = not connection.known or value_of(connection.fields["ct_snat"]) == "no"
    if kind is None and as_it_was:
        kind = "LOCAL" if connection.began_here else "UNICAST"
    return world if kind is None else world.holding(dst_type=Known(value=kind))


def _leaving(world: World, kind: str | None, setting: Setting) -> World:
    """By lo to this host, else by the interface that the first came in by, if no route tells."""
    back = setting.way_back or ARRIVING["out"]
    if kind == "LOCAL" or value_of(back) == "lo":
        return world.holding(out=Known(value="lo"), dst_type=Known(value="LOCAL"))
    return world.holding(out=back, dst_type=Known(value=kind or "UNICAST"))


def _presumed(
    world: World, connection: Connection, question: Question, setting: Setting
) -> tuple[World, dict[str, Note]]:
    """What is usual of an answer; printed only where it decides a rule."""
    world, presumed = presume(world, question, setting)
    packet = question.packet
    kept = _mark_of(connection, question)
    if packet.mark is None and kept is not None:
        world = world.holding(mark=view_of(connection, None).term(kept))
    elif packet.mark is None:
        world = world.holding(mark=Known(value=0))
        presumed["mark"] = Note(code=codes.ANSWER_UNMARKED)
    flags = _flags(connection, packet)
    if flags is not None and packet.tcp_flags is None:
        world = world.holding(tcp_flags=Known(value=flags))
        told = "SYN,ACK" if flags == SYN_ACK else "ACK"
        presumed["tcp_flags"] = Note(code=codes.ANSWER_FLAGS, facts=(("flags", told),))
    # The kernel answers an echo itself, from a socket that no user has (net/ipv4/icmp.c).
    if connection.proto in ANSWERS and not packet.tells("uid", "gid", "socket"):
        presumed.pop("socket", None)
        if question.hook == "OUTPUT":
            world = world.holding(socket=ARRIVING["socket"])
    return world, presumed


def _mark_of(connection: Connection, question: Question) -> Term | None:
    """The mark that an answer of this host has from what it answers; None where it has none.

    Of TCP with `tcp_fwmark_accept`, of an echo with `fwmark_reflect`.
    """
    if question.hook != "OUTPUT":
        return None
    told, protocol = question.host.sysctls, connection.proto
    name = f"net/{'ipv4' if question.packet.family == 4 else 'ipv6'}/fwmark_reflect"
    taken = told.of("net/ipv4/tcp_fwmark_accept") if protocol == TCP else 0
    if protocol in ANSWERS:
        taken = told.of(name)
    return connection.fields["mark"] if taken else None


def _within(world: World, connection: Connection, view: View, setting: Setting) -> World:
    """The world for those packets only whose first one went that way.

    Raises `UsageError` where what is told of the packet is not of this connection.
    """
    regions = [view.region(region) for region in connection.regions if view.fits(region)]
    if not regions:
        raise UsageError("the packet is not of this connection", code=codes.NOT_OF_THIS_CONNECTION)
    return altered(world, regions=tuple(apart(regions, setting)))
