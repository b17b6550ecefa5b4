"""How many examples a test takes: some in every run, more in the long one (`make long`)."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("IPTSIM_MANY"))
"""Whether this is the long run, which has all the time that it takes."""


def examples(ordinarily: int, *, at_length: int) -> int:
    """The number of examples, or their size, where each takes long.

    An ordinary run draws the same ones each time, so more of them would tell of the same change
    again; what only many examples find is looked for by `make long`.
    """
    return at_length if LONG else ordinarily
