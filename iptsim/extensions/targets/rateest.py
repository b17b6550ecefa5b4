"""RATEEST: feed an estimator of rates, which the match rateest asks.

Sources: iptables-extensions(8), RATEEST; extensions/libxt_RATEEST.c; net/netfilter/xt_RATEEST.c.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option

_UNITS = {
    "s": 1_000_000, "sec": 1_000_000, "secs": 1_000_000,
    "ms": 1_000, "msec": 1_000, "msecs": 1_000,
    "us": 1, "usec": 1, "usecs": 1, "": 1,
}  # fmt: skip
_QUARTER = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration(Word):
    """A time with its unit, by default microseconds; an integer of microseconds."""

    expected: str = "a time, such as 250ms or 0.5s"
    listing: str = r"\d+(?:\.\d+)?[a-z]*"

    def read_listing(self, text: str, family: int) -> int:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        found = re.fullmatch(r"(\d{1,10}(?:\.\d{1,10})?)([a-z]*)", text)
        if found is None or found[2] not in _UNITS:
            raise ValueError(f"{text!r} is not {self.expected}")
        return int(float(found[1]) * _UNITS[found[2]])

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`; libxt_RATEEST.c, rateest_print_time."""
        assert isinstance(value, int)
        if value >= 1_000_000:
            return f"{value / 1_000_000:.1f}s"
        return f"{value / 1_000:.1f}ms" if value >= 1_000 else f"{value}us"


_OPTIONS = (
    Opt(name="--rateest-name", value=Word()),
    Opt(name="--rateest-interval", value=Duration()),
    Opt(name="--rateest-ewmalog", value=Duration()),
)
_PARTS = (
    Part("--rateest-name", "name {}", required=True),
    Part("--rateest-interval", "interval {}"),
    Part("--rateest-ewmalog", "ewmalog {}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """The times become powers of two of a quarter second (libxt_RATEEST.c, RATEEST_final)."""
    times = {option.name: option.value for option in options}
    interval, ewma = times.get("--rateest-interval"), times.get("--rateest-ewmalog")
    if not isinstance(interval, int) or not isinstance(ewma, int):
        return options
    rounded = next((_QUARTER << n for n in range(6) if interval <= _QUARTER << n), interval)
    times["--rateest-interval"] = rounded
    times["--rateest-ewmalog"] = rounded << _ewma_log(interval, ewma)
    return tuple(Option(name=name, value=value) for name, value in times.items())


def _ewma_log(interval: int, ewma: int) -> int:
    longer = (n for n in range(1, 32) if interval / -math.log(1 - 1 / (1 << n)) > ewma)
    return next(longer, 32) - 1


EXTENSIONS = (
    TargetExtension(
        name="RATEEST",
        demands=Demands(
            one_of=(
                ("--rateest-name",),
                ("--rateest-interval",),
                ("--rateest-ewmalog",),
            )
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        normalize=_normalize,
        lower=go_on,
    ),
)
