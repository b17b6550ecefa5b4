"""`meta mark set …`, `ct mark set …`, `ip dscp set …`: what a rule writes.

Sources: net/netfilter/nft_meta.c (nft_meta_set_eval), nft_ct.c (nft_ct_set_eval), nft_payload.c
(nft_payload_set_eval), nft_exthdr.c (nft_exthdr_tcp_set_eval).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim.actions import CHECKSUM, Change, CopyBits, Forget, SetBits, Template, Touch
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_operands import Constant, Numbers, Operand
from iptsim.extensions.nft.nft_steps import Do, Perhaps, Step, Test
from iptsim.extensions.nft.nft_translations import lookup
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.nft.raw_writes import BEHIND, has_bits, written_to
from iptsim.extensions.nft.read_fields import PORTED, TCP_OPTIONS, number_of, operand, transport
from iptsim.nftables.expressions import (
    Address,
    Binary,
    Ct,
    Expression,
    HeaderOption,
    MapLookup,
    Meta,
    Payload,
    RawPayload,
)
from iptsim.nftables.nft_statements import Assignment, ResetOption, Verdict
from iptsim.packet import FIELDS
from iptsim.predicate import ALWAYS, InSet, Predicate, all_of, between, bits
from iptsim.values import IntSet

_TCP = 6
_PADDING = 1  # TCPOPT_NOP
_UNSEEN = frozenset({"priority", "nftrace", "secmark", "broute"})
"""What no rule of a host, and no fate, hangs on."""


def assignment_steps(one: Assignment, here: Here) -> Iterator[Step]:
    """What is written, after the value was found."""
    if isinstance(one.value, MapLookup):
        yield from _looked_up(one, one.value, here)
        return
    yield from _written(one.target, one.value, here)


def _looked_up(one: Assignment, held: MapLookup, here: Here) -> Iterator[Step]:
    def then(value: Expression | Verdict) -> tuple[Step, ...]:
        assert not isinstance(value, Verdict)
        return tuple(_written(one.target, value, here))

    unknown = tuple(_forgotten(one.target, one.value, here))
    yield from lookup(held, then, unknown, here)


def _written(target: Expression, value: Expression, here: Here) -> Iterator[Step]:
    if isinstance(target, HeaderOption):
        yield from _mss(target, value, here)
        return
    if isinstance(target, Ct):
        yield from _of_connection(target, value, here)
        return
    held = operand(target, here)
    if isinstance(target, RawPayload):
        yield from _bytes(target, value, here)
        return
    if isinstance(target, Payload):
        yield Test(when=held.needs, words=words(target))
        if target.field in ("checksum", "csumcov"):
            yield Do(actions=(Touch(name=CHECKSUM),))
        if target.protocol == "th" and held.reads[-1] in ("sport", "dport"):
            yield from _port(held.reads[-1], value, here)
            return
        if target.field in ("length", "hdrlength"):
            lost = ("length",) if target.field == "length" else BEHIND
            yield Do(actions=tuple(_forget(lost, words(target))))
            return
    if isinstance(target, Meta) and target.key in _UNSEEN:
        yield from _read(value, here)
    elif isinstance(held, Numbers):
        yield from _set(held, value, here)
    else:
        yield from _forgotten(target, value, here)


def _read(value: Expression, here: Here) -> Iterator[Step]:
    """A value that is not there breaks the rule, whatever it is for."""
    if number_of(value) is None and not isinstance(value, Address):
        needs = operand(value, here).needs
        if needs != ALWAYS:
            yield Test(when=needs, words=words(value))


def _of_connection(target: Ct, value: Expression, here: Here) -> Iterator[Step]:
    """Without a connection nothing is set, and the rule goes on (nft_ct_set_eval, `return`)."""
    yield from _read(value, here)
    if target.key == "mark":
        yield from _set(Numbers(name="connmark", size=32, keep=0xFFFFFFFF), value, here)
    elif target.key == "zone":
        number = number_of(value)
        by_mark = value == Meta(key="mark")
        told = number if number is not None else "mark" if by_mark else words(value)
        way = (target.direction or "").upper()
        # Not tracked is no connection either (nft_ct.c, nft_ct_set_zone_eval).
        yield Do(actions=(Template(zone=told, direction=way, late=True),))


def _bytes(target: RawPayload, value: Expression, here: Here) -> Iterator[Step]:
    """Whatever stands at these bits may be another afterwards; where none are, the rule breaks."""
    yield from _read(value, here)
    yield Test(when=has_bits(target), words=words(target))
    yield Do(actions=tuple(_forget(written_to(target, here), words(target))))
    yield Do(actions=(Touch(name=CHECKSUM),))


def _forget(names: Iterable[str], detail: str) -> Iterator[Change]:
    return (Forget(field=name, detail=detail) for name in names)


def _port(name: str, value: Expression, here: Here) -> Iterator[Step]:
    """`th dport` is a port where the header has one; ICMP has its type and code at `th sport`.

    The checksum stays as it was (nft gives none to be kept).
    """
    number = number_of(value)
    if number is None:
        yield from _read(value, here)
    yield from _placed(PORTED, {name: 16}, number, value)
    if name == "sport":
        yield from _placed(_ICMP, {"icmp_type": 8, "icmp_code": 8}, number, value)
    yield from _placed(_INDEXED, {"spi": 32, "cpi": 16}, None, value)
    yield Do(actions=(Touch(name=CHECKSUM),))


def _placed(
    when: Predicate, fields: Mapping[str, int], number: int | None, value: Expression
) -> Iterator[Step]:
    """The fields that stand there one after the other, of the protocols of which that is so."""
    lost = tuple(Forget(field=name, detail=words(value)) for name in fields)
    changes: list[Change] = []
    free = 16
    for name, width in fields.items() if number is not None else ():
        free -= width
        full = (1 << width) - 1
        changes.append(SetBits(field=name, value=(number or 0) >> free & full, mask=full))
    yield Perhaps(when=when, changes=tuple(changes) or lost, undecided=lost)


_ICMP = InSet(field="proto", values=IntSet.of(((1, 1), (58, 58))))
_INDEXED = InSet(field="proto", values=IntSet.of(((50, 51), (108, 108))))
"""ESP, AH and IPComp, of whose indexes a half may stand there."""


def _set(held: Numbers, value: Expression, here: Here) -> Iterator[Step]:
    """A field gets a constant, bits of itself, or bits of another."""
    number = value.value if isinstance(value, Address) else number_of(value)
    if number is not None:
        yield Do(actions=(_constant(held, number),))
        return
    yield from _read(value, here)
    found = operand(value, here)
    changes = _calculated(held, found, value)
    yield Do(actions=changes if changes is not None else (_lost(held, value),))


def _constant(held: Numbers, number: int) -> Change:
    """Into the bits that the expression is of: `ip dscp` is of the first six of its byte."""
    placed = number << -held.shift if held.shift < 0 else number >> held.shift
    return SetBits(field=held.name, value=placed & held.keep, mask=held.keep)


def _calculated(held: Numbers, found: Operand, value: Expression) -> tuple[Change, ...] | None:
    if isinstance(found, Constant):
        return (_constant(held, found.value),)
    if isinstance(value, Binary) and not isinstance(found, Numbers):
        return None
    if not isinstance(found, Numbers) or held.shift or not held.whole:
        return None
    full = (1 << held.size) - 1
    if found.name == held.name and not found.shift:
        return (SetBits(field=held.name, value=found.toggle & full, mask=full ^ found.keep),)
    copied = CopyBits(
        to=held.name, to_mask=full, source=found.name, source_mask=found.keep, shift=found.shift
    )
    toggled = SetBits(field=held.name, value=found.toggle & full, mask=0)
    return (copied, toggled) if found.toggle else (copied,)


def _lost(held: Numbers, value: Expression) -> Change:
    return Forget(field=held.name, detail=words(value))


def _forgotten(target: Expression, value: Expression, here: Here) -> Iterator[Step]:
    """A value that nobody knows; of what no packet here has, nothing is to tell."""
    yield from _read(value, here) if not isinstance(value, MapLookup) else ()
    held = operand(target, here)
    known = [name for name in held.reads if name in FIELDS]
    one = len(known) == 1 and isinstance(target, Meta)
    if one or isinstance(held, Numbers) or isinstance(target, Payload):
        yield Do(actions=tuple(_forget(known, words(value))))


def option_taken_out(one: ResetOption) -> Iterator[Step]:
    """Its bytes become padding, an option too (nft_exthdr.c, nft_exthdr_tcp_strip_eval)."""
    yield Test(when=transport(_TCP), words=f"reset tcp option {one.option}")
    number = TCP_OPTIONS.get(one.option)
    if number is None:
        yield Do(actions=(Forget(field="tcp_options", detail=f"without {one.option}"),))
        return
    bit = 1 << number
    yield Perhaps(
        when=bits("tcp_options", bit, bit),
        changes=(SetBits(field="tcp_options", value=1 << _PADDING, mask=bit | 1 << _PADDING),),
        undecided=(Forget(field="tcp_options", detail=f"without {one.option}"),),
    )


def _mss(target: HeaderOption, value: Expression, here: Here) -> Iterator[Step]:
    """A size that is announced is only lowered (`increase can cause connection to stall`).

    A segment without the option goes on as it is; what has no TCP header breaks the rule.
    """
    held = operand(target, here)
    yield Test(when=transport(_TCP), words=words(target))
    if not isinstance(held, Numbers):
        return
    number = number_of(value)
    if number is None:
        yield Do(actions=(Forget(field=held.name, detail=words(value)),))
    else:
        yield Perhaps(
            when=all_of((held.needs, between("tcp_mss", number + 1, 0xFFFF))),
            changes=(SetBits(field="tcp_mss", value=number, mask=0xFFFF),),
            undecided=(Forget(field="tcp_mss", detail=f"maxseg size {number}"),),
        )
