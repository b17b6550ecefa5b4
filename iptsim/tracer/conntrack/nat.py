"""NAT: which address and port a translation gives the packet.

Source: net/netfilter/nf_nat_core.c (get_unique_tuple, find_best_ips_proto,
nf_nat_l4proto_unique_tuple), nf_nat_redirect.c, nf_nat_masquerade.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.actions import Side, To, Translate
from iptsim.address_types import MULTICAST
from iptsim.model import Note
from iptsim.packet import FIELDS
from iptsim.predicate import InSet
from iptsim.tracer.conntrack.lookup import is_confirmed
from iptsim.tracer.conntrack.tuples import has_ports, translated_half
from iptsim.tracer.host.kernel_settings import LOOPS4
from iptsim.tracer.host.routing import LINK_LOCAL, address_type
from iptsim.tracer.rules.target_actions import Spot, rewrite
from iptsim.values import IntSet
from iptsim.worlds.domains import NameSet, NumberSet
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known, Term, set_bits, value_of
from iptsim.worlds.variables import ARRIVING, Chosen, Told, Variable
from iptsim.worlds.world import SENT_ELSEWHERE, Setting, World, altered

PORTED = frozenset({6, 17, 33, 132, 136})
SOURCE_HOOKS = ("INPUT", "POSTROUTING")


def translate(world: World, action: Translate, spot: Spot, setting: Setting) -> World:
    """Rewrite the packet as the nat target asks, and remember it for the connection."""
    if is_confirmed(world):
        return world  # nf_nat_core.c, nf_nat_setup_info
    # The hook, not the target, says which half NETMAP maps (xt_NETMAP.c, HOOK2MANIP).
    side = Side.SOURCE if spot.hook in SOURCE_HOOKS else Side.DESTINATION
    address = "src" if side is Side.SOURCE else "dst"
    held = translated_half(world, side)
    if action.to is To.MAPPED:
        # It maps what stands in the header (xt_NETMAP.c, nft_nat.c: nft_nat_setup_netmap).
        held.pop(address)
    if any(world.fields[name] != term for name, term in held.items()):
        done = _translated(world.holding(**held), action, side, spot, setting)
        return _by_lo(world, _over_written(world, done, side, spot, setting), spot)
    return _by_lo(world, _translated(world, action, side, spot, setting), spot)


def _by_lo(world: World, done: World, spot: Spot) -> World:
    """What came by lo keeps its route but where nat changes its destination (nf_nat_proto.c).

    (nf_nat_ipv4_pre_routing, nf_nat_ipv6_in: skb_dst_drop.) A connection that begins there only is
    one of a packet in which a rule behind OUTPUT's tracking wrote.
    """
    back = spot.hook == "PREROUTING" and world.text("in") == "lo"
    if not back or done.fields["dst"] == world.fields["dst"]:
        return done
    return altered(done, gone={**done.gone, SENT_ELSEWHERE: "another destination by lo"})


def _over_written(world: World, done: World, side: Side, spot: Spot, setting: Setting) -> World:
    """What a rule wrote since tracking looked gives way to a translation, and only to one.

    The whole half is written then, be it the connection's own port (nf_nat_core.c,
    nf_nat_manip_pkt); where it hangs on a choice whether there is one, nobody knows what stands.
    """
    if done.refused:
        return done
    names = ("src", "sport") if side is Side.SOURCE else ("dst", "dport")
    status = value_of(done.fields["ct_snat" if side is Side.SOURCE else "ct_dnat"])
    found = altered(done, rewrites=world.rewrites, gone=world.gone)
    found = found.holding(**{name: world.fields[name] for name in names})
    if status == "no":
        return found
    for name in names if has_ports(world) else names[:1]:
        term = done.fields[name]
        if status is None and term != world.fields[name]:
            term = _either(name, spot, setting)
        found = rewrite(found, name, term, spot, setting)
    return found


def _either(name: str, spot: Spot, setting: Setting) -> Variable:
    """What was written, or what was chosen."""
    width = setting.width if name in ("src", "dst") else FIELDS[name].width
    origin = Chosen(by=str(spot), detail="where it translates")
    return setting.domains.fresh(Variable(field=name, origin=origin), NumberSet.full(width))


def _translated(world: World, action: Translate, side: Side, spot: Spot, setting: Setting) -> World:
    address, port = ("src", "sport") if side is Side.SOURCE else ("dst", "dport")
    done = _address(world, action, address, spot, setting)
    if done.refused:
        return done
    if is_confirmed(world):
        return world
    done = _port(done, action, port, spot, setting)
    return _connection(world, done, side, spot, setting)


def _address(world: World, action: Translate, name: str, spot: Spot, setting: Setting) -> World:
    term, shown = world.fields[name], ""
    if action.to is To.INCOMING:
        return _incoming(world, spot, setting)
    if action.to is To.OUTGOING:
        return _outgoing(world, spot, setting)
    if action.addresses is None:
        # A port alone: the address stays, and so does who it is of.
        return world
    if name == "dst" and not setting.host.tells_addresses(setting.width):
        world = altered(world, sent=True)
    if action.to is To.MAPPED:
        full = (1 << setting.width) - 1
        term = set_bits(term, action.addresses.first, action.mask, full)
    else:
        keeps = name == "src" and not action.random
        keeps = keeps and _within(world, name, action.addresses, setting)
        term, shown = _choose(term, action.addresses, name, keeps, spot, setting)
    return rewrite(world, name, term, spot, setting, shown=shown)


def _incoming(world: World, spot: Spot, setting: Setting) -> World:
    """To 127.0.0.1 (::1) at OUTPUT, else to an address of the incoming interface."""
    if spot.hook == "OUTPUT":
        loopback = Known(value=127 << 24 | 1 if setting.family == 4 else 1)
        return rewrite(altered(world, to_host=True), "dst", loopback, spot, setting)
    host, interface = setting.host, world.text("in")
    if host.addresses is None or interface is None:
        return _incoming_untold(altered(world, to_host=True))
    from iptsim.netfilter.own_addresses import redirect4, redirect6  # noqa: PLC0415  # where they are told

    if setting.family == 4:
        found = redirect4(host, interface)
    else:
        found = redirect6(host, interface, world.number("dst"))
    if not found:
        return _without_address(world, interface)
    term, shown = _one_of(found, "dst", spot, setting)
    return rewrite(altered(world, to_host=True), "dst", term, spot, setting, shown=shown)


def _incoming_untold(world: World) -> World:
    return (
        world
        if world.number("dst") is None
        else world.assume(Note(code=codes.SENT_TO_INTERFACES_ADDRESS))
    )


def _without_address(world: World, interface: str) -> World:
    """REDIRECT and MASQUERADE drop where there is no address to take."""
    note = Note(code=codes.NO_ADDRESS_TO_GET, facts=(("interface", interface),))
    return altered(world, refused=True).note(note)


def _outgoing(world: World, spot: Spot, setting: Setting) -> World:
    host, out = setting.host, world.text("out")
    if setting.family == 4 and world.number("ctorigsrc") == 0:
        # It has no source yet and shall not get one (nf_nat_masquerade.c, NF_ACCEPT).
        return world
    shown = f"an address of {out}" if out else "an address of the outgoing interface"
    if host.addresses is None and out == "lo":
        return _by_loopback(world, spot, setting)
    if host.addresses is None:
        variable = _chosen("src", spot, NumberSet.full(setting.width), setting)
        return rewrite(world, "src", variable, spot, setting, shown=shown)
    found = _candidates(world, out, setting)
    if not found:
        return _without_address(world, out or "?")
    term, _range = _one_of(found, "src", spot, setting)
    return rewrite(world, "src", term, spot, setting, shown="" if len(found) == 1 else shown)


def _by_loopback(world: World, spot: Spot, setting: Setting) -> World:
    """IPv4 takes no address of scope host, so that of another interface (inet_select_addr).

    IPv6 likes the destination itself best, but of a link-local one only ::1 is on this link
    (ipv6_get_saddr_eval).
    """
    value = world.number("dst")
    if setting.width == 128 and value is not None:
        taken = 1 if value in LINK_LOCAL | MULTICAST[128] else value
        return rewrite(world, "src", Known(value=taken), spot, setting)
    full = IntSet.width(setting.width)
    domain = NumberSet(width=setting.width, ranges=full - LOOPS4 if setting.width == 32 else full)
    variable = _chosen("src", spot, domain, setting)
    shown = "an address of another interface" if setting.width == 32 else "an address of this host"
    return rewrite(world, "src", variable, spot, setting, shown=shown)


def _candidates(world: World, out: str | None, setting: Setting) -> tuple[int, ...]:
    """The addresses that MASQUERADE may take, as far as its way out and next hop are known."""
    from iptsim.netfilter.own_addresses import masquerade4, masquerade6  # noqa: PLC0415  # where they are told

    host = setting.host
    names = dict.fromkeys(a.interface for a in host.addresses or ()) if out is None else (out,)
    found: list[int] = []
    for name in names:
        if setting.family == 6:
            found += masquerade6(host, name, world.number("dst"))
        else:
            for hop in _next_hops(world, name, setting):
                found += masquerade4(host, name, hop)
    return tuple(dict.fromkeys(found))


def _next_hops(world: World, out: str, setting: Setting) -> tuple[int | None, ...]:
    """Gateways, or the destination itself where it is on the link; None where nobody tells."""
    from iptsim.tracer.host.outgoing_interface import next_hops  # noqa: PLC0415  # only what leaves

    value = world.number("dst")
    ways = next_hops(world, setting, out)
    if ways is not None:
        return tuple(value if way.gateway is None else way.gateway for way in ways)
    near = value is not None and out in setting.host.connected(value, setting.width)
    return (value if near or out == "lo" else None,)


def _one_of(found: tuple[int, ...], name: str, spot: Spot, setting: Setting) -> tuple[Term, str]:
    choices = IntSet.of((address, address) for address in found)
    return _choose(ARRIVING[name], choices, name, False, spot, setting)


def _choose(
    term: Term, choices: IntSet, name: str, keeps: bool, spot: Spot, setting: Setting
) -> tuple[Term, str]:
    """One choice is certain; of several the present value stays where the kernel `keeps` it."""
    if choices.count == 1:
        return Known(value=choices.first), ""
    if keeps:
        return term, ""
    width = setting.width if name in ("src", "dst") else FIELDS[name].width
    domain = NumberSet(width=width, ranges=choices)
    low, high = choices.ranges[0][0], choices.ranges[-1][1]
    if choices == IntSet.width(width):
        return _chosen(name, spot, domain, setting), ""
    shown = f"{setting.show(name, low)}-{setting.show(name, high)}"
    return _chosen(name, spot, domain, setting), shown


def _chosen(name: str, spot: Spot, domain: NumberSet, setting: Setting) -> Variable:
    return setting.domains.fresh(Variable(field=name, origin=Chosen(by=str(spot))), domain)


def _port(world: World, action: Translate, name: str, spot: Spot, setting: Setting) -> World:
    proto = world.number("proto")
    if proto is not None and proto not in PORTED:
        return world
    term = world.fields[name]
    if action.ports is not None and action.base is not None:
        term, shown = _offset(term, action.ports, action.base, name, spot, setting)
    elif action.ports is not None:
        keeps = not action.random and _within(world, name, action.ports, setting)
        term, shown = _choose(term, action.ports, name, keeps, spot, setting)
    elif action.random and name == "sport":
        term, shown = _choose(term, IntSet.between(1, 65535), name, False, spot, setting)
    else:
        return world
    return rewrite(world, name, term, spot, setting, shown=shown)


def _within(world: World, name: str, choices: IntSet, setting: Setting) -> bool:
    """Whether a field certainly is among the choices."""
    _inside, outside = part(world, InSet(field=name, values=choices), setting)
    return outside is None


def _offset(
    term: Term, ports: IntSet, base: int, name: str, spot: Spot, setting: Setting
) -> tuple[Term, str]:
    """NF_NAT_RANGE_PROTO_OFFSET: the distance to `base`, in 16 bits, wrapped into the range."""
    value = value_of(term)
    if not isinstance(value, int):
        return _choose(term, ports, name, False, spot, setting)
    return Known(value=ports.first + ((value - base) & 0xFFFF) % ports.count), ""


def _connection(before: World, after: World, side: Side, spot: Spot, setting: Setting) -> World:
    """The status bit and the reply direction (IPS_SRC_NAT, IPS_DST_NAT: only if it changed)."""
    names = ("src", "sport") if side is Side.SOURCE else ("dst", "dport")
    bit = "ct_snat" if side is Side.SOURCE else "ct_dnat"
    reply = (
        ("ctrepldst", "ctrepldstport") if side is Side.SOURCE else ("ctreplsrc", "ctreplsrcport")
    )
    told = Variable(field=bit, origin=Told(by=str(spot)))
    status = _changed(before, after, names, told, setting)
    terms = {reply[0]: after.fields[names[0]]}
    if has_ports(after):
        terms[reply[1]] = after.fields[names[1]]
    return after.holding(**{bit: status}, **terms, **_address_type(after, side, before, setting))


def _changed(
    before: World, after: World, names: tuple[str, ...], status: Variable, setting: Setting
) -> Term:
    pairs = [(before.fields[n], after.fields[n]) for n in names]
    if all(old == new for old, new in pairs):
        return before.fields[status.field]
    values = [(value_of(old), value_of(new)) for old, new in pairs if old != new]
    if any(None not in pair for pair in values):
        return Known(value="yes")
    both = frozenset({"yes", "no"})
    return setting.domains.fresh(status, NameSet(names=both, every=both))


def _address_type(after: World, side: Side, before: World, setting: Setting) -> dict[str, Term]:
    """A new destination of this host is LOCAL; what else a new address is, the routes tell."""
    same = after.fields["dst"] == before.fields["dst"] and not after.sent
    if side is Side.SOURCE or same:
        return {}
    kind = "LOCAL" if after.to_host else address_type(after.fields["dst"], setting)
    return {"dst_type": Known(value=kind or "UNICAST")}
