"""`ether`, `vlan`, `arp`: what stands before a packet's own header."""

from __future__ import annotations

from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_metas import by_some
from iptsim.extensions.nft.nft_operands import Asked, Constant, Numbers, Opaque, Operand
from iptsim.predicate import NEVER, Fact, InSet, Predicate, all_of, any_of, named, negate
from iptsim.values import IntSet

_MAC = (1 << 48) - 1


def link(protocol: str, name: str, here: Here) -> Operand:
    """Only what came over Ethernet has such a header: nft asks for `iiftype ether` before.

    Not in tables of devices, where the bytes before the packet are taken as they are.
    """
    if here.home.family == "netdev":
        return _at_device(protocol, name, here)
    ethernet = all_of((named("ethernet", "yes"), by_some("in")))
    if protocol == "arp":
        return Constant(value=0, needs=NEVER)
    if (protocol, name) == ("ether", "saddr"):
        return Numbers(name="mac_src", size=48, keep=_MAC, width=48, needs=ethernet)
    if (protocol, name) == ("ether", "type"):
        return Constant(value=0x0800 if here.ipv4 else 0x86DD, needs=ethernet)
    return Opaque(words=f"{protocol} {name}", reads=("*",), needs=ethernet)


def _at_device(protocol: str, name: str, here: Here) -> Operand:
    """What comes with a VLAN's tag is of that VLAN's device where rules of IP see it."""
    if protocol in ("arp", "vlan"):
        return Constant(value=0, needs=NEVER)
    if name == "type" and here.leaves_device is False:
        return Constant(value=0x0800 if here.ipv4 else 0x86DD)
    if name != "saddr" or here.leaves_device is not False:
        return Opaque(words=f"ether {name}", reads=("*",))
    ethernet = named("ethernet", "yes")

    def tell(values: IntSet) -> Predicate:
        text = f"ether saddr {values.ranges[:4]} of another link"
        other = Fact(key=text, detail="ether saddr", reads=("in",))
        known = InSet(field="mac_src", values=values)
        return any_of((all_of((ethernet, known)), all_of((negate(ethernet), other))))

    return Asked(tell=tell, width=48, reads=("ethernet", "mac_src"))
