"""Values of fields as people know them: `22 (ssh)`, `10.0.0.0/8 (private)`, `new and related`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.explain.number_texts import without_whole_mask
from iptsim.extensions.shared.icmp_types import ICMP, ICMP6
from iptsim.knowledge.internet import network, service
from iptsim.packet import BIT_FIELDS
from iptsim.values import IntSet, Masked, Network, blocks, parse_address, shown_name
from iptsim.worlds.domains import ADDRESS_FIELDS

PORTS = frozenset({"sport", "dport"})
# The members of a set may be many thousands, which nobody reads.
_MOST = 12
# Longer lists of ports are read as numbers; their names would bury them.
_MOST_NAMED = 4
# A network less more addresses than these is told as what is left.
_SAVED = 2


def listed(texts: Sequence[str], lang: str, word: str = "and") -> str:
    """`a, b and c`; `word` is `and`, `or`, or `facts` of what holds."""
    if len(texts) > _MOST:
        more = sentence("when.more_values", lang, count=len(texts) - _MOST)
        texts = [*texts[:_MOST], more]
    *first, last = texts
    if not first:
        return last
    return sentence(f"set.{word}", lang, first=sentence("set.comma", lang).join(first), last=last)


def values_words(
    field: str, values: Sequence[str], lang: str, protocols: Collection[str], word: str = "and"
) -> str:
    """The values of a field in a list; `protocols` are those that its ports are of."""
    if field in ADDRESS_FIELDS and len(values) > 1 and (short := saved(values, lang)):
        return short
    if field in PORTS and len(values) > _MOST_NAMED:
        return listed(values, lang, word)
    return listed([_named(field, value, lang, protocols) for value in values], lang, word)


def _named(field: str, value: str, lang: str, protocols: Collection[str]) -> str:
    """A value with the name that it is known by, if any."""
    name = _name(field, value, lang, protocols)
    shown = shown_name(without_whole_mask(field, value))
    if field in BIT_FIELDS and "/" in value:
        mask, _, flags = value.partition("/")
        shown = sentence("set.flags", lang, flags=flags, mask=mask)
    return sentence("set.named", lang, value=shown, name=name) if name else shown


def _name(field: str, value: str, lang: str, protocols: Collection[str]) -> str | None:
    if field in PORTS and value.isdigit():
        return service(int(value), protocols)
    if field in ADDRESS_FIELDS:
        kind = network(value)
        return None if kind is None else sentence(f"set.net.{kind}", lang)
    if field == "icmp_type" and value.isdigit():
        table = ICMP6 if "ipv6-icmp" in protocols else ICMP
        asked = int(value)
        return next((n for n, t in table.items() if t.type == asked and t.code is None), None)
    return None


def saved(values: Sequence[str], lang: str) -> str | None:
    """`10.0.0.0/8 (save 10.0.0.9)` for the two ranges around that address."""
    ends = [_ends(value) for value in values]
    ranges = IntSet.of((low, high) for low, high, _width in filter(None, ends))
    if None in ends or not 1 < len(ranges.ranges) <= _SAVED + 1:
        return None
    width = max(width for _low, _high, width in filter(None, ends))
    low, high = ranges.first, ranges.ranges[-1][1]
    whole = list(blocks(IntSet.between(low, high), width))
    less = list(blocks(ranges.complement(low, high), width))
    if len(whole) > 1 or len(less) > _SAVED:
        return None
    told = listed([_prefix(part, width) for part in less], lang)
    return sentence("set.less", lang, value=_prefix(whole[0], width), less=told)


def _ends(text: str) -> tuple[int, int, int] | None:
    """The ends of a range or prefix of addresses and their width; None for a mask with holes."""
    first, dash, last = text.partition("-")
    if dash:
        low, width = parse_address(first)
        return low, parse_address(last)[0], width
    address, _, length = text.partition("/")
    low, width = parse_address(address)
    free = width - int(length) if length.isdigit() else None if length else 0
    return None if free is None else (low, low | (1 << free) - 1, width)


def _prefix(part: Masked, width: int) -> str:
    text = str(Network(value=part.value, mask=part.mask, width=width))
    return without_whole_mask("src", text)
