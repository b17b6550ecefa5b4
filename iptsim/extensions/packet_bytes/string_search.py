"""A search for a string in a packet's bytes, as skb_find_text makes it.

Presumed: the packet lies in memory in one piece; in several, `bm` overlooks what stands across
their borders (lib/ts_bm.c).

Sources: net/netfilter/xt_string.c; net/core/skbuff.c, skb_find_text; lib/ts_bm.c, ts_kmp.c;
lib/ctype.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from iptsim.dataclass import dataclass
from iptsim.extensions.packet_bytes.layout import IP_HEADER, Layout
from iptsim.extensions.packet_bytes.symbolic_bits import (
    NO,
    OPEN,
    YES,
    Answer,
    either,
    every,
    known,
    within,
)
from iptsim.predicate import NEVER, Fact, Predicate, all_of
from iptsim.values import IntSet

LAST = 0xFFFF
"""Where a search ends that is not told to end earlier."""


def _upper(byte: int) -> int:
    """The kernel's toupper: Latin-1, where ß and ÿ come out wrong (lib/ctype.c)."""
    lower = 0x61 <= byte <= 0x7A or (byte >= 0xDF and byte != 0xF7)
    return byte - 0x20 if lower else byte


_UPPER = bytes(map(_upper, range(256)))
# ß and ÿ, which toupper does not take to what tolower brings back: bm skips too far over them.
_ODD = frozenset({0xBF, 0xDF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A string and where it is looked for: from byte `first` on, before byte `last`.

    Bytes count from the IP header on. `algorithm` is bm or kmp. `told` names the header fields
    that are worth a condition; what else is in the header is as good as not known.
    """

    pattern: bytes
    first: int = 0
    last: int = LAST
    any_case: bool = False
    algorithm: str = "bm"
    told: frozenset[str] = frozenset()

    @property
    def possible(self) -> bool:
        """Whether there is anything to be found, and the kernel takes the rule at all."""
        return self.first < self.last and bool(self.pattern)

    def somewhere(self, family: int, fact: Fact) -> Predicate:
        """What is known of a packet whose payload nobody told: how long it must be."""
        if not self.possible:
            return NEVER if self.pattern else fact
        ip = Layout(family=family, bits=(0,) * 8 * IP_HEADER[family])
        return all_of((ip.has(self.first + len(self.pattern)), fact))


def holds(search: Search, layout: Layout) -> Answer:
    """Whether the string stands in a packet of that layout.

    Raises `Unsettled` as `Layout.load` does.
    """
    if not search.possible:
        return NO if search.pattern else OPEN
    size = len(search.pattern)
    there = known(layout.has(search.first + size))
    layout.load(layout.header, 1)
    if layout.payload is None:
        return every((there, OPEN))
    found = list(_answers(search, layout, layout.payload))
    return YES if YES in found else every((there, either(found)))


def _answers(search: Search, layout: Layout, payload: bytes) -> Iterator[Answer]:
    header = layout.header
    ends = min(search.last, header + len(payload) - len(search.pattern))
    for start in range(search.first, min(header, ends + 1)):
        yield _certain(search, start, _stands_at(search, layout, start))
    text = payload.translate(_UPPER) if search.any_case else payload
    start = text.find(_spelled(search), max(0, search.first - header))
    if 0 <= start <= search.last - header:
        yield _certain(search, header + start, YES)


def _spelled(search: Search) -> bytes:
    return search.pattern.translate(_UPPER) if search.any_case else search.pattern


def _certain(search: Search, start: int, answer: Answer) -> Answer:
    """Nobody can tell of a string that begins before `last` and ends behind it.

    Linux 6.7 stopped finding it (net/core/skbuff.c, skb_find_text: «Ignore patterns extending past
    'to'»). The same goes for letters that bm skips.
    """
    odd = search.any_case and search.algorithm != "kmp" and _ODD & set(_spelled(search))
    if odd or start + len(search.pattern) > search.last:
        return every((answer, OPEN))
    return answer


def _stands_at(search: Search, layout: Layout, start: int) -> Answer:
    loaded, told = layout.load(start, len(search.pattern)), search.told
    word = tuple(
        [None if isinstance(bit, tuple) and bit[0].field not in told else bit for bit in loaded]
    )
    if not search.any_case:
        number = int.from_bytes(search.pattern)
        return within(word, IntSet.single(number))
    wanted = (_spellings(upper) for upper in _spelled(search))
    return every(within(word[8 * n : 8 * n + 8], bytes_) for n, bytes_ in enumerate(wanted))


@lru_cache(maxsize=256)
def _spellings(upper: int) -> IntSet:
    return IntSet.of((byte, byte) for byte in range(256) if _UPPER[byte] == upper)
