"""Regions as cubes: the texts that programs and people read."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.extensions.text import protocol_name
from iptsim.packet import BIT_FIELDS, FIELDS, bit_names
from iptsim.predicate import Fact
from iptsim.values import IntSet, Masked, Network, blocks, format_address, format_mac
from iptsim.worlds.domains import (
    ADDRESS_FIELDS,
    InterfaceSet,
    NameSet,
    NumberSet,
    VariableSet,
    both,
)
from iptsim.worlds.outcome import Condition, Cube
from iptsim.worlds.regions import Region
from iptsim.worlds.world import Setting

_MARKS = ("mark", "connmark")


def cube(region: Region, setting: Setting) -> Cube:
    """A region with its conditions in the order of the packet's fields."""
    order = {name: index for index, name in enumerate(FIELDS)}
    told = [
        condition
        for name in sorted(region.sets, key=lambda name: order.get(name, len(order)))
        if name in FIELDS
        for condition in conditions(name, region.sets[name], setting)
    ]
    # What the domain leaves out (loopback from elsewhere) is no news; conditions are within it.
    chosen = [_chosen(name, held, setting) for name, held in region.sets.items()]
    facts = [*region.facts.values(), *(fact for fact in chosen if fact is not None)]
    return Cube(conditions=tuple(told), facts=tuple(facts))


def _chosen(name: str, held: VariableSet, setting: Setting) -> tuple[Fact, bool] | None:
    """A choice of the kernel is no field of the packet that arrives; so it is told as a fact."""
    if name in FIELDS:
        return None
    field = setting.domains.variable(name).field
    texts = [
        f"{'not ' if c.negate else ''}{','.join(c.values)}"
        for c in conditions(field, held, setting)
    ]
    text = f"{name} is {' and '.join(texts)}"
    return Fact(key=text, code=codes.CHOSEN_VALUE, detail=text), True


def conditions(name: str, held: VariableSet, setting: Setting) -> Iterator[Condition]:
    """The conditions that a field lies in a set."""
    if isinstance(held, NumberSet):
        yield from _numbers(name, held, setting)
    elif isinstance(held, InterfaceSet):
        if held.fits is not None:
            yield Condition(field=name, values=(held.fits.text,))
        domain = setting.domains.get(name)
        known = domain.holes if isinstance(domain, InterfaceSet) else frozenset()
        holes = tuple(sorted(h.text for h in held.holes - known if _cuts(held, h.text)))
        if holes:
            yield Condition(field=name, values=holes, negate=True)
    else:
        yield _names(name, held)


def _cuts(held: InterfaceSet, hole: str) -> bool:
    """Whether a hole lies within what fits."""
    fits = held.fits.text if held.fits else "+"
    return fits.endswith("+") and hole.startswith(fits[:-1])


def _names(name: str, held: NameSet) -> Condition:
    rest = held.every - held.names
    if len(rest) < len(held.names):
        return Condition(field=name, values=tuple(sorted(rest)), negate=True)
    return Condition(field=name, values=tuple(sorted(held.names)))


def _numbers(name: str, held: NumberSet, setting: Setting) -> Iterator[Condition]:
    domain = setting.domains.get(name)
    whole = domain.ranges if isinstance(domain, NumberSet) else IntSet.width(held.width)
    if held.fits.mask:
        parts = (both(block, held.fits) for block in blocks(held.ranges, held.width))
        values = tuple(masked_text(name, part, setting) for part in parts if part is not None)
        yield Condition(field=name, values=values)
    elif held.ranges != whole:
        yield _ranges(name, held.ranges, whole, setting)
    if held.holes:
        values = tuple(masked_text(name, hole, setting) for hole in held.holes)
        yield Condition(field=name, values=values, negate=True)


def _ranges(name: str, ranges: IntSet, whole: IntSet, setting: Setting) -> Condition:
    """Said by what is left out where that is shorter."""
    rest = whole - ranges
    negate = len(rest.ranges) < len(ranges.ranges) or (
        len(rest.ranges) == len(ranges.ranges) and rest.count < ranges.count
    )
    shown = rest if negate else ranges
    texts = tuple(range_text(name, low, high, setting) for low, high in shown.ranges)
    return Condition(field=name, values=texts, negate=negate)


def range_text(name: str, low: int, high: int, setting: Setting) -> str:
    """`80`, `443-500`, `10.0.0.0/8`, `tcp`: a range of a field's numbers as cubes have it."""
    if name in ADDRESS_FIELDS:
        return _addresses(low, high, setting.width)
    if name == "proto" and low == high:
        return protocol_name(low)
    if name == "mac_src":
        return format_mac(low) if low == high else f"{format_mac(low)}-{format_mac(high)}"
    if name in _MARKS:
        return f"{low:#x}" if low == high else f"{low:#x}-{high:#x}"
    return str(low) if low == high else f"{low}-{high}"


def _addresses(low: int, high: int, width: int) -> str:
    """A prefix where the range is one."""
    size = high - low + 1
    if size & (size - 1) == 0 and low % size == 0:
        mask = ((1 << width) - 1) ^ (size - 1)
        return str(Network(value=low, mask=mask, width=width))
    return f"{format_address(low, width)}-{format_address(high, width)}"


def masked_text(name: str, part: Masked, setting: Setting) -> str:
    """`0x1/0xff`, `10.0.0.0/8`, `SYN,ACK/SYN`: a masked value as its field writes it."""
    if name in ADDRESS_FIELDS:
        return str(Network(value=part.value, mask=part.mask, width=setting.width))
    if name in BIT_FIELDS:
        return f"{bit_names(name, part.mask)}/{bit_names(name, part.value)}"
    if name == "mac_src":
        whole = part.mask == (1 << 48) - 1
        return format_mac(part.value) + ("" if whole else f"/{format_mac(part.mask)}")
    if name in _MARKS and part.mask == 0xFFFFFFFF:
        return f"{part.value:#x}"
    return f"{part.value:#x}/{part.mask:#x}"
