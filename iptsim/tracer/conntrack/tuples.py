"""What stands for ports in a connection's addresses (`--ctorigsrcport` and its like).

Sources: net/netfilter/nf_conntrack_core.c (nf_ct_get_tuple), nf_conntrack_proto_icmp.c and
nf_conntrack_proto_icmpv6.c (icmp_pkt_to_tuple, nf_conntrack_invert_icmp_tuple).
"""

from __future__ import annotations

from iptsim.actions import Side
from iptsim.netfilter.new_connections import ANSWERS, ICMP, ICMP6, WITH_PORTS
from iptsim.worlds.domains import NumberSet
from iptsim.worlds.terms import Known, Term
from iptsim.worlds.variables import Source, Variable
from iptsim.worlds.world import Setting, World

_NAMES = ("ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport")


def first_ports(world: World, setting: Setting) -> dict[str, Term]:
    """Of a new connection: the packet's own ports and those of the answer to expect.

    ICMP has its identifier for the source, type and code for the destination; others have 0.
    """
    now, proto = world.fields, world.number("proto")
    if proto is None or proto in WITH_PORTS:
        ports = (now["sport"], now["dport"], now["dport"], now["sport"])
        return dict(zip(_NAMES, ports, strict=True))
    if proto in (ICMP, ICMP6):
        return _icmp(world, proto, setting)
    return dict.fromkeys(_NAMES, Known(value=0))


def _icmp(world: World, proto: int, setting: Setting) -> dict[str, Term]:
    name: Term = _made("ICMP identifier", setting)
    kind, code = world.number("icmp_type"), world.number("icmp_code")
    there: Term = _made("ICMP type and code", setting)
    back: Term = _made("ICMP type and code of the answer", setting)
    if kind is not None and code is not None:
        there = Known(value=kind << 8 | code)
        back = Known(value=ANSWERS[proto].get(kind, 0) << 8 | code)
    return dict(zip(_NAMES, (name, there, name, back), strict=True))


def _made(name: str, setting: Setting) -> Variable:
    made = Variable(field=name, origin=Source.CONNECTION)
    return setting.domains.fresh(made, NumberSet.full(16))


def translated_half(world: World, side: Side) -> dict[str, Term]:
    """What the connection has for one half of its first packet's addresses, by their fields.

    A header that a rule wrote since has something else (nf_nat_core.c, nf_nat_setup_info and
    nf_nat_manip_pkt go by the answer to expect).
    """
    names, other = (("src", "sport"), "dst") if side is Side.SOURCE else (("dst", "dport"), "src")
    held = (world.fields[f"ctrepl{other}"], world.fields[f"ctrepl{other}port"])
    kept = zip(names, held, strict=True)
    return dict(kept) if has_ports(world) else {names[0]: held[0]}


def has_ports(world: World) -> bool:
    """Whether the connection has ports, as far as is told."""
    proto = world.number("proto")
    return proto is None or proto in WITH_PORTS
