"""The packet as it arrives: what is given, what is presumed, and what is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Note
from iptsim.netfilter.new_connections import first_state, picked_up
from iptsim.packet import CT_STATES, EXT_HEADERS, FIELDS, HOOKS, Packet
from iptsim.predicate import InSet
from iptsim.tracer.host.link_layer import is_ethernet
from iptsim.tracer.host.routing import address_type, from_another, from_elsewhere, not_ours
from iptsim.values import InterfacePattern
from iptsim.worlds.domains import InterfaceSet, NumberSet, VariableSet, domain_of
from iptsim.worlds.terms import Known, Term, set_bits
from iptsim.worlds.variables import ARRIVING, Variables
from iptsim.worlds.world import Setting, World

if TYPE_CHECKING:
    from iptsim.ipsec_policy import RoutingRule

LO = InterfacePattern(text="lo")
NOT_LO = InterfaceSet(holes=frozenset({LO}))
LOCAL_HOOKS = ("OUTPUT", "POSTROUTING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a trace: the packet, the hook it starts at, the host."""

    packet: Packet
    hook: str
    host: Host
    keep_skipped: bool = False

    @property
    def by_lo(self) -> bool:
        """Whether this host sent the packet, which comes back in."""
        return self.hook == "PREROUTING" and self.packet.in_ == "lo"


def first_hook(packet: Packet, hook: str | None) -> str:
    """The hook asked for; else OUTPUT for what only a local packet has, else PREROUTING.

    A packet with both interfaces is forwarded, so it arrives at PREROUTING.
    """
    if hook is not None:
        if hook not in HOOKS:
            known = ", ".join(HOOKS)
            message = f"{hook!r} is not a hook: {known}"
            raise UsageError(message, code=codes.NOT_A_HOOK, hook=hook, known=known)
        return hook
    leaves = packet.in_ is None and packet.tells("out", "socket")
    sent = packet.tells("uid", "gid")
    return "OUTPUT" if sent or leaves else "PREROUTING"


def begin(
    question: Question, *, here: bool = True, localnet: frozenset[str] = frozenset()
) -> tuple[Setting, World]:
    """The setting of a trace and its first world.

    `here` is whether a packet that arrives is for this host, where nothing tells; `localnet` see
    `Setting.localnet_open`.
    """
    packet, world = question.packet, _first(question.packet)
    told, arrives = _state(packet), question.hook in ("PREROUTING", "INPUT")
    state = _usual_state(world, question) if packet.ctstate is None else told
    if packet.ctstate is None:
        world = world.assume(state_note(state, packet.tcp_flags))
    setting = Setting(
        family=packet.family,
        host=question.host,
        domains=Variables(_domains(packet)),
        state=state,
        here=arrives and (question.hook == "INPUT" or (here and packet.out is None)),
        keep_skipped=question.keep_skipped,
        packet=packet,
        hook=question.hook,
        usual=_usual(question),
        localnet_open=localnet,
    )
    world = _ways(world, question, setting)
    world, presumed = presume(world, question, setting)
    return replace(setting, presumed=presumed), of_its_link(_by_link(world, setting))


def _by_link(world: World, setting: Setting) -> World:
    if not setting.host.sources:
        return world
    from iptsim.tracer.host.link_sources import by_link  # noqa: PLC0415  # few are told any

    return by_link(world, setting)


def _first(packet: Packet) -> World:
    """What is given of the packet, and what that says of its protocol."""
    fields: dict[str, Term] = dict(ARRIVING)
    fields |= {name: Known(value=value) for name, value in packet.given().items()}
    if packet.tcp_mss is not None and packet.tcp_options is None:
        # Of the other options nothing is told.
        fields["tcp_options"] = set_bits(fields["tcp_options"], 1 << 2, 1 << 2, (1 << 256) - 1)
    # Until it is tracked a packet has no connection, which reads as INVALID (xt_conntrack.c).
    return _protocol(World(fields={**fields, "ctstate": Known(value="INVALID")}), packet)


def _usual_state(world: World, question: Question) -> str:
    """The state of a packet of which nobody told it."""
    packet, proto, loose = question.packet, world.number("proto"), picks_up(question.host)
    flags, kind = packet.tcp_flags, packet.icmp_type
    return first_state(packet.family, proto, flags=flags, icmp_type=kind, loose=loose)


def _usual(question: Question) -> Mapping[str, int | str]:
    """What an ordinary packet has that this host sends: the source that the kernel chooses."""
    width = 32 if question.packet.family == 4 else 128
    if question.hook != "OUTPUT" or question.packet.src is not None:
        return {}
    from iptsim.tracer.host.outgoing_interface import usual_source  # noqa: PLC0415  # only what leaves

    source = usual_source(question.host, width, question.packet.dst)
    return {} if source is None else {"src": source}


def _domains(packet: Packet) -> dict[str, VariableSet]:
    """What the fields may be: of those that were told as a set, its members."""
    found = {name: domain_of(name, packet.family) for name in FIELDS}
    for name, values in packet.sets:
        domain = found[name]
        assert isinstance(domain, NumberSet)
        found[name] = domain.narrowed(InSet(field=name, values=values), True) or domain
    return found


def _state(packet: Packet) -> str:
    if packet.ctstate is not None and packet.ctstate not in CT_STATES:
        raise UsageError(f"{packet.ctstate!r} is not a state: {', '.join(CT_STATES)}")
    return packet.ctstate or "NEW"


def picks_up(host: Host) -> bool:
    """Whether tracking takes up a TCP connection in its middle, as it does unless told."""
    return host.sysctls.of("net/netfilter/nf_conntrack_tcp_loose") != 0


def state_note(state: str, flags: int | None) -> Note:
    """What is taken as given of a packet whose state nobody told (see `first_state`)."""
    if state == "INVALID":
        return Note(code=codes.STATE_INVALID)
    if state == "UNTRACKED":
        return Note(code=codes.STATE_UNTRACKED)
    return Note(code=codes.PICKED_UP) if picked_up(flags) else Note(code=codes.NEW_CONNECTION)


def _protocol(world: World, packet: Packet) -> World:
    """A port or a flag alone means tcp, an ICMP type means icmp."""
    if packet.proto is not None:
        return world
    if packet.tells("dport", "sport", "tcp_flags"):
        return world.holding(proto=Known(value=6)).assume(Note(code=codes.TAKEN_FOR_TCP))
    if packet.icmp_type is not None:
        return world.holding(proto=Known(value=1 if packet.family == 4 else 58))
    return world


def _ways(world: World, question: Question, setting: Setting) -> World:
    """Interfaces, and whether the packet is for this host."""
    hook, packet = question.hook, question.packet
    nothing = Known(value="")
    if hook not in ("PREROUTING", "INPUT"):
        if hook in LOCAL_HOOKS:
            from iptsim.tracer.host.outgoing_interface import (  # noqa: PLC0415  #only what leaves
                out_of,
                own_source,
            )

            world = world.holding(in_=nothing)
            if hook == "OUTPUT":
                world = own_source(world, setting)
            if packet.out is None:
                return out_of(world, setting)
            if packet.out != "lo":
                from_elsewhere(setting, "src", "dst")
        return _leaving(world, setting)
    if packet.in_ is None:
        setting.domains.limit("in", NOT_LO)
        world = world.assume(Note(code=codes.FROM_NETWORK))
    if question.by_lo:
        world = world.assume(Note(code=codes.BACK_BY_LO))
    if packet.in_ != "lo":
        from_elsewhere(setting, "src", "dst")
        from_another(setting)
    world = world.holding(out=nothing)
    return _destination(world, question, setting)


def _leaving(world: World, setting: Setting) -> World:
    """A packet of which the outgoing interface is told: by lo it is for this host, else not."""
    world = _type_of_dst(world, setting)
    if world.known("dst_type") is not None or world.number("dst") is None:
        return world
    if world.text("out") == "lo":
        return world.holding(dst_type=Known(value="LOCAL"))
    return world.holding(dst_type=Known(value="UNICAST")).assume(not_ours(world, setting))


def _destination(world: World, question: Question, setting: Setting) -> World:
    """Without --addr a packet that arrives is taken to be for this host, unless it leaves too."""
    kind = address_type(world.fields["dst"], setting)
    if kind is not None or setting.host.tells_addresses(setting.width):
        return _type_of_dst(world, setting)
    if not setting.here:
        return world.holding(dst_type=Known(value="UNICAST")).assume(
            Note(code=codes.TO_ANOTHER_HOST)
        )
    local = world.holding(dst_type=Known(value="LOCAL"))
    return local if question.hook == "INPUT" else local.assume(Note(code=codes.TO_THIS_HOST))


def _type_of_dst(world: World, setting: Setting) -> World:
    kind = address_type(world.fields["dst"], setting)
    return world if kind is None else world.holding(dst_type=Known(value=kind))


def _marked(question: Question) -> list[RoutingRule]:
    return [rule for rule in question.host.rules or () if rule.mark is not None]


def presume(world: World, question: Question, setting: Setting) -> tuple[World, dict[str, Note]]:
    """Fields that no option tells, or that were not told, and that have one usual value."""
    sent = question.hook in LOCAL_HOOKS
    ttl = question.host.sysctls.of("net/ipv4/ip_default_ttl")
    presumed = {"fragment": Note(code=codes.NOT_A_FRAGMENT)}
    values = _not_bridged(question, setting.family)
    presumed |= dict.fromkeys(values, Note(code=codes.NOT_BRIDGED))
    if question.hook == "PREROUTING" and question.packet.mark is None:
        # No frame brings one; a program of tc's or XDP's may set it before.
        values["mark"] = 0
        presumed["mark"] = Note(code=codes.UNMARKED)
        world = world.assume(*(presumed["mark"] for _ in _marked(question)))
    if question.packet.fragment is None:
        values["fragment"] = 0
    else:
        del presumed["fragment"]
    if question.packet.ah_next is None:
        values["ah_next"] = "other"
        presumed["ah_next"] = Note(code=codes.AH_BEFORE_TRANSPORT)
    values["pkttype"] = _packet_type(world, setting)
    values["socket"] = question.packet.socket or ("yes" if sent else "no")
    if sent and setting.width == 32 and question.packet.ttl is None and ttl is not None:
        values["ttl"], presumed["ttl"] = ttl, Note(code=codes.OWN_TTL, facts=(("ttl", str(ttl)),))
    if question.packet.fragment == 1 and question.packet.ext_headers is None:
        values["ext_headers"] = EXT_HEADERS["frag"]
    elif question.packet.ext_headers is None:
        values["ext_headers"] = 0
        presumed["ext_headers"] = Note(code=codes.NO_EXTENSION_HEADERS)
    if is_fragment(question.packet):
        world = left_alone(world, question)
    if sent and not question.packet.tells("uid", "gid", "socket"):
        presumed["socket"] = Note(code=codes.SENT_BY_SOCKET)
    link = is_ethernet(world.text("in"), question.host)
    values |= {"ethernet": "yes"} if link is None else {}
    if not sent and link is None:
        presumed["ethernet"] = Note(code=codes.OVER_ETHERNET)
    elif link is not None:
        world = world.holding(ethernet=link)
    kind = address_type(world.fields["src"], setting)
    if kind is None or question.host.addresses is None:
        presumed["src_type"] = Note(code=codes.SOURCE_OURS if sent else codes.SOURCE_NOT_OURS)
    values["src_type"] = kind or ("LOCAL" if sent else "UNICAST")
    return world.holding(**{name: Known(value=value) for name, value in values.items()}), presumed


def _not_bridged(question: Question, family: int) -> dict[str, int | str]:
    """Of what comes by no bridge that is told, and of what this host sends, which has no port."""
    came = question.packet.in_
    if question.hook not in LOCAL_HOOKS and question.host.may_bridge(came, family):
        return {}
    return {"bridged": "no", "physdev_in": "", "physdev_out": ""}


def is_fragment(packet: Packet) -> bool:
    """Whether the packet is told to be one."""
    return packet.fragment == 1 or bool((packet.ext_headers or 0) & EXT_HEADERS["frag"])


def left_alone(world: World, question: Question) -> World:
    """Taken as given: fragments are not put together before the rules.

    But for IPv4's INPUT, where none comes to (`iptsim.tracer.host.defragmentation`).
    """
    inside = question.packet.family == 4 and question.hook == "INPUT"
    return world if inside else world.assume(Note(code=codes.FRAGMENTS_LEFT_ALONE))


def of_its_link(world: World) -> World:
    """Tell what follows from the link: lo is no Ethernet, and see `_with_eui64`."""
    if world.text("in") == "lo":
        world = world.holding(ethernet=Known(value="no"))
    return _with_eui64(world)


def _with_eui64(world: World) -> World:
    """Tell whether the source's last 64 bits are made of the sender's MAC address.

    Open where one of them is not told. Over lo frames have addresses of zeros. Sources:
    net/ipv6/netfilter/ip6t_eui64.c; RFC 4291, appendix A.
    """
    mac = 0 if world.text("in") == "lo" else world.number("mac_src")
    source = world.number("src")
    if mac is None or source is None:
        return world
    made = (mac ^ 1 << 41) >> 24 << 40 | 0xFFFE << 24 | mac & 0xFFFFFF
    return world.holding(eui64=Known(value="yes" if source & (1 << 64) - 1 == made else "no"))


def _packet_type(world: World, setting: Setting) -> str:
    """How the frame was addressed, as the destination tells; local packets count as unicast.

    What is for everybody of another network comes from a router, in a frame of its own.
    """
    kind = world.text("dst_type")
    arrives = world.text("in") != ""
    if kind == "BROADCAST" and not _of_its_network(world, setting):
        return "unicast"
    return kind.lower() if arrives and kind in ("BROADCAST", "MULTICAST") else "unicast"


def _of_its_network(world: World, setting: Setting) -> bool:
    """Whether a broadcast address is of the network that the packet comes from, as far as told."""
    ends = broadcasts_of(world.text("in"), setting)
    return ends is None or world.number("dst") in ends


def broadcasts_of(link: str | None, setting: Setting) -> frozenset[int] | None:
    """The addresses of everybody on the networks of a link; None where they are not told."""
    own = setting.host.of(link, setting.width) if link else ()
    ends = {address.network.addresses.ranges[-1][1] for address in own}
    ends |= {address.broadcast for address in own if address.broadcast is not None}
    return frozenset(ends | {0xFFFFFFFF}) if own else None
