"""Some items of a sequence by their places, taken at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

Picked = Callable[[Sequence[str]], tuple[str, ...]]


def picking(places: Sequence[int]) -> Picked:
    """What takes the items at these places, in this order."""
    if len(places) < 2:  # of one, `itemgetter` makes no tuple
        return lambda items: tuple([items[at] for at in places])
    return itemgetter(*places)
