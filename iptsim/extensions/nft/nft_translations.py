"""dnat, snat, masquerade, redirect and tproxy (net/netfilter/nft_nat.c, nft_tproxy.c)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim import codes
from iptsim.actions import Deliver, Side, To, Touch, Translate
from iptsim.dataclass import replace
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_matches import key_of, range_of
from iptsim.extensions.nft.nft_operands import Numbers
from iptsim.extensions.nft.nft_steps import (
    Do,
    End,
    Lookup,
    Step,
    Test,
    elements_of,
    is_partial,
)
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.nft.read_fields import operand
from iptsim.extensions.shared.transparent_sockets import transparent_takes
from iptsim.nftables.expressions import Binary, Concatenation, Expression, MapLookup, Prefix
from iptsim.nftables.nft_statements import Nat, Tproxy, Verdict
from iptsim.predicate import NEVER, Fact, InSet, Predicate, equals
from iptsim.values import IntSet

_RANDOM = frozenset({"random", "fully-random"})
_SIDES = {"dnat": Side.DESTINATION, "redirect": Side.DESTINATION}
_TO = {"masquerade": To.OUTGOING, "redirect": To.INCOMING}
_TCP_UDP = InSet(field="proto", values=IntSet.of(((6, 6), (17, 17))))


def of_family(family: str | None, here: Here) -> Iterator[Step]:
    """What is said of one family alone is nothing to packets of the other."""
    if family is not None and (family == "ip") != here.ipv4:
        yield Test(when=NEVER, words=f"meta nfproto {'ipv4' if family == 'ip' else 'ipv6'}")


def nat_steps(one: Nat, here: Here) -> Iterator[Step]:
    """A translation ends the rule and the chain; its address and port may be looked up."""
    yield from of_family(one.family, here)
    start = Translate(
        side=_SIDES.get(one.kind, Side.SOURCE),
        to=_TO.get(one.kind, To.GIVEN),
        random=bool(one.flags & _RANDOM),
    )
    yield from _with_address(one, start, here)


def _with_address(one: Nat, made: Translate, here: Here) -> Iterator[Step]:
    if isinstance(one.address, MapLookup):
        yield from _looked_up(one.address, one, made, here)
    elif one.address is None:
        yield from _with_port(one, made, here)
    else:
        yield from _with_port(one, _addressed(made, one.address, one, here), here)


def _looked_up(held: MapLookup, one: Nat, made: Translate, here: Here) -> Iterator[Step]:
    def then(value: Expression | Verdict) -> tuple[Step, ...]:
        assert not isinstance(value, Verdict)
        return tuple(_with_port(one, _addressed(made, value, one, here), here))

    unknown = End(actions=(_anywhere(made, here),))
    yield from lookup(held, then, (unknown,), here)


def lookup(held: MapLookup, then: object, unknown: tuple[Step, ...], here: Here) -> Iterator[Step]:
    """A map asked for a key, after what the key needs."""
    key = key_of(held.key, here)
    yield Test(when=key.needs, words=key.text)
    yield Lookup(
        key=key,
        elements=elements_of(held.map, here),
        then=then,  # type: ignore[arg-type]  # each caller gives a function of a value
        unknown=unknown,
        text=words(held),
        index=partial(here.index_of, held.map),
        partial=is_partial(held.map, here),
    )


def _anywhere(made: Translate, here: Here) -> Translate:
    addresses = IntSet.width(here.address_width)
    return replace(made, addresses=addresses, ports=IntSet.width(16), random=True)


def _addressed(made: Translate, value: Expression, one: Nat, here: Here) -> Translate:
    """The address, and the port where a map holds both."""
    if isinstance(value, Concatenation):
        address, port = value.parts[0], value.parts[1] if len(value.parts) > 1 else None
        found = _addressed(made, address, one, here)
        return found if port is None else _ported(found, port)
    if "netmap" in one.flags and isinstance(value, Prefix):
        full = (1 << here.address_width) - 1
        mask = full ^ (full >> value.length)
        base = value.base.value & mask
        return replace(made, to=To.MAPPED, addresses=IntSet.single(base), mask=mask)
    if isinstance(value, Binary):
        return _calculated(made, value, here)
    found_range = range_of(value, here.address_width)
    if found_range is None:
        return _anywhere(made, here)
    return replace(made, addresses=IntSet.between(*found_range))


def _calculated(made: Translate, value: Binary, here: Here) -> Translate:
    """`dnat to ip daddr & 0.0.0.255 | 10.1.0.0`: NETMAP in words of its own."""
    found, own = operand(value, here), "dst" if made.side is Side.DESTINATION else "src"
    if not isinstance(found, Numbers) or found.name != own or found.shift:
        return _anywhere(made, here)
    mask = ((1 << here.address_width) - 1) ^ found.keep
    return replace(made, to=To.MAPPED, addresses=IntSet.single(found.toggle), mask=mask)


def _with_port(one: Nat, made: Translate, here: Here) -> Iterator[Step]:
    if isinstance(one.port, MapLookup):

        def then(value: Expression | Verdict) -> tuple[Step, ...]:
            assert not isinstance(value, Verdict)
            return (End(actions=(_ported(made, value),)),)

        unknown = End(actions=(replace(made, ports=IntSet.width(16), random=True),))
        yield from lookup(one.port, then, (unknown,), here)
    else:
        yield End(actions=(made if one.port is None else _ported(made, one.port),))


def _ported(made: Translate, port: Expression) -> Translate:
    found = range_of(port, 16)
    if found is None:
        return replace(made, ports=IntSet.width(16), random=True)
    return replace(made, ports=IntSet.between(*found))


def tproxy_steps(one: Tproxy, here: Here) -> Iterator[Step]:
    """With a transparent socket the rule goes on, else it ends (nft_tproxy.c, NFT_BREAK)."""
    yield from of_family(one.family, here)
    yield Test(when=_TCP_UDP, words="meta l4proto { tcp, udp }")
    yield Test(when=equals("fragment", 0), words="meta l4proto { tcp, udp }")
    port = None if one.port is None else range_of(one.port, 16)
    address = None if one.address is None else range_of(one.address, here.address_width)
    deliver = Deliver(
        port=0 if port is None else port[0],
        address=0 if address is None else address[0],
        listens=True,
    )
    yield Test(when=_takes(deliver, here), words="a transparent socket")
    yield Do(actions=(Touch(name="the packet's socket"), deliver))


def _takes(deliver: Deliver, here: Here) -> Predicate:
    """That a transparent socket takes it.

    Without one the rule only ends, where xt_TPROXY drops: so it is a fact where nobody told it.
    """
    if here.where.host.sockets is not None:
        return transparent_takes(here.where.host, here.where.family, deliver.port, deliver.address)
    text = f"tproxy to :{deliver.port or 'dport'}"
    key = f"{text} finds a transparent socket"
    return Fact(key=key, code=codes.TRANSPARENT_SOCKET, detail=text, usually=True)
