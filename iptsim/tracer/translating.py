"""NAT: which address and port a translation gives the packet.

Source: net/netfilter/nf_nat_core.c (get_unique_tuple, find_best_ips_proto,
nf_nat_l4proto_unique_tuple), nf_nat_redirect.c, nf_nat_masquerade.c.
"""

from __future__ import annotations

from dataclasses import replace

from iptsim.actions import Side, To, Translate
from iptsim.host import loopback
from iptsim.model import Note
from iptsim.packet import FIELDS
from iptsim.tracer.acting import Spot, rewrite
from iptsim.tracer.routing import address_type
from iptsim.tracer.sets import NameSet, NumberSet
from iptsim.tracer.terms import Known, Term, set_bits, value_of
from iptsim.tracer.world import Setting, World
from iptsim.values import IntSet

PORTED = frozenset({6, 17, 33, 132, 136})
_SOURCE_HOOKS = ("INPUT", "POSTROUTING")


def translate(world: World, action: Translate, spot: Spot, setting: Setting) -> World:
    """Rewrite the packet as the nat target asks, and remember it for the connection."""
    # The hook, not the target, says which half NETMAP maps (xt_NETMAP.c, HOOK2MANIP).
    side = Side.SOURCE if spot.hook in _SOURCE_HOOKS else Side.DESTINATION
    address, port = ("src", "sport") if side is Side.SOURCE else ("dst", "dport")
    done = _address(world, action, address, spot, setting)
    done = _port(done, action, port, spot, setting)
    return _connection(world, done, side, spot, setting)


def _address(world: World, action: Translate, name: str, spot: Spot, setting: Setting) -> World:
    term, shown = world.fields[name], ""
    if action.to is To.INCOMING:
        return _incoming(world, spot, setting)
    if action.to is To.OUTGOING:
        term, shown = _outgoing(world, spot, setting)
    elif action.to is To.MAPPED and action.addresses is not None:
        full = (1 << setting.width) - 1
        term = set_bits(term, action.addresses.first, action.mask, full)
    elif action.addresses is not None:
        keeps = name == "src" and not action.random
        term, shown = _choose(term, action.addresses, name, keeps, spot, setting)
    return rewrite(world, name, term, spot, setting, shown=shown)


def _incoming(world: World, spot: Spot, setting: Setting) -> World:
    """To 127.0.0.1 (::1) at OUTPUT, else to the first address of the incoming interface."""
    world = replace(world, to_host=True)
    if spot.hook == "OUTPUT":
        loopback = Known(value=127 << 24 | 1 if setting.family == 4 else 1)
        return rewrite(world, "dst", loopback, spot, setting)
    primary = setting.host.primary(world.text("in") or "", setting.width)
    if primary is not None:
        return rewrite(world, "dst", Known(value=primary), spot, setting)
    if world.number("dst") is None:
        return world
    return world.assume(Note(code="IPT0314"))


def _outgoing(world: World, spot: Spot, setting: Setting) -> tuple[Term, str]:
    out = world.text("out")
    primary = setting.host.primary(out or "", setting.width)
    if out == "lo":
        primary = _looped(world, setting)
    if primary is not None:
        return Known(value=primary), ""
    variable = setting.fresh(f"src as {spot} chose", NumberSet.full(setting.width))
    return variable, f"an address of {out}" if out else "an address of the outgoing interface"


def _looped(world: World, setting: Setting) -> int | None:
    """The source for a packet that leaves by lo, None when the host's addresses are not told.

    IPv4: the addresses of lo are of scope host, so the first of another interface
    (net/ipv4/devinet.c, inet_select_addr). IPv6: the destination itself, which is the host's own
    (net/ipv6/addrconf.c, ipv6_get_saddr_eval, rule 1).
    """
    low, high = loopback(setting.width)
    own = [a.address for a in setting.host.addresses or () if a.network.width == setting.width]
    if setting.family == 6:
        return world.number("dst") if world.number("dst") in own else None
    return next((address for address in own if not low <= address <= high), None)


def _choose(
    term: Term, choices: IntSet, name: str, keeps: bool, spot: Spot, setting: Setting
) -> tuple[Term, str]:
    """One choice is certain; of several the present value stays, where the kernel keeps it."""
    if len(choices) == 1:
        return Known(value=choices.first), ""
    value = value_of(term)
    if keeps and value is not None and value in choices:
        return term, ""
    width = setting.width if name in ("src", "dst") else FIELDS[name].width
    domain = NumberSet(width=width, ranges=choices)
    low, high = choices.ranges[0][0], choices.ranges[-1][1]
    shown = f"{setting.show(name, low)}-{setting.show(name, high)}"
    return setting.fresh(f"{name} as {spot} chose", domain), shown


def _port(world: World, action: Translate, name: str, spot: Spot, setting: Setting) -> World:
    proto = world.number("proto")
    if proto is not None and proto not in PORTED:
        return world
    term = world.fields[name]
    if action.ports is not None and action.base is not None:
        term, shown = _offset(term, action.ports, action.base, name, spot, setting)
    elif action.ports is not None:
        term, shown = _choose(term, action.ports, name, not action.random, spot, setting)
    elif action.random and name == "sport":
        term, shown = _choose(term, IntSet.between(1, 65535), name, False, spot, setting)
    else:
        return world
    return rewrite(world, name, term, spot, setting, shown=shown)


def _offset(
    term: Term, ports: IntSet, base: int, name: str, spot: Spot, setting: Setting
) -> tuple[Term, str]:
    """NF_NAT_RANGE_PROTO_OFFSET: the distance to `base`, in 16 bits, wrapped into the range."""
    value = value_of(term)
    if not isinstance(value, int):
        return _choose(term, ports, name, False, spot, setting)
    return Known(value=ports.first + ((value - base) & 0xFFFF) % len(ports)), ""


def _connection(before: World, after: World, side: Side, spot: Spot, setting: Setting) -> World:
    """The status bit and the reply direction (IPS_SRC_NAT, IPS_DST_NAT: only if it changed)."""
    names = ("src", "sport") if side is Side.SOURCE else ("dst", "dport")
    bit = "ct_snat" if side is Side.SOURCE else "ct_dnat"
    reply = (
        ("ctrepldst", "ctrepldstport") if side is Side.SOURCE else ("ctreplsrc", "ctreplsrcport")
    )
    status = _changed(before, after, names, f"{bit} at {spot}", setting)
    terms = {name: after.fields[source] for name, source in zip(reply, names, strict=True)}
    return after.holding(**{bit: status}, **terms, **_address_type(after, side, before, setting))


def _changed(
    before: World, after: World, names: tuple[str, ...], name: str, setting: Setting
) -> Term:
    pairs = [(before.fields[n], after.fields[n]) for n in names]
    if all(old == new for old, new in pairs):
        return before.fields[name.split(maxsplit=1)[0]]
    values = [(value_of(old), value_of(new)) for old, new in pairs if old != new]
    if any(None not in pair for pair in values):
        return Known(value="yes")
    both = frozenset({"yes", "no"})
    return setting.fresh(name, NameSet(names=both, every=both))


def _address_type(after: World, side: Side, before: World, setting: Setting) -> dict[str, Term]:
    """A new destination of this host is LOCAL; what else a new address is, the routes tell."""
    if side is Side.SOURCE or after.fields["dst"] == before.fields["dst"]:
        return {}
    kind = "LOCAL" if after.to_host else address_type(after.fields["dst"], setting)
    return {"dst_type": Known(value=kind or "UNICAST")}
