"""How often a packet has met what the text does not tell, as one text.

A packet that meets it again may fare otherwise than at first. What else it met on its way makes no
difference to that, or each of many ways to the same place would have facts of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from iptsim.predicate import ANY

_AND, _TIMES = "; ", " ×"


def again(text: str, by: str) -> str:
    """The text after one more of `by`."""
    met = _read(text)
    met[_called(by)] += 1
    return _written(met)


def most(texts: Iterable[str]) -> str:
    """One text for several: no number in it was asked about by any of them with more to come."""
    met: Counter[str] = Counter()
    for text in texts:
        met |= _read(text)
    return _written(met)


def times(text: str, by: str) -> int:
    """How often `by` was met; all that was met, where it is `ANY`."""
    met = _read(text)
    return met.total() if by == ANY else met[_called(by)]


def _called(by: str) -> str:
    return by.replace(_AND.strip(), ",").replace(_TIMES.strip(), "x")


def _read(text: str) -> Counter[str]:
    each = (part.partition(_TIMES) for part in text.split(_AND) if part)
    return Counter({name: int(many or 1) for name, _, many in each})


def _written(met: Counter[str]) -> str:
    each = (name if many == 1 else f"{name}{_TIMES}{many}" for name, many in sorted(met.items()))
    return _AND.join(each)
