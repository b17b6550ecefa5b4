"""iprange: source or destination in a range of addresses.

Sources: iptables-extensions(8), iprange; extensions/libxt_iprange.c; net/netfilter/xt_iprange.c.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import each, value_of, within
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.value_types import AddressRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.values import Range, format_address


@dataclass(frozen=True, slots=True, kw_only=True)
class BothEnds(AddressRange):
    """A range of addresses, printed with both ends even where they are the same."""

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        ends, width = value_of(value, Range), 32 if family == 4 else 128
        return f"{format_address(ends.low, width)}-{format_address(ends.high, width)}"


_OPTIONS = (
    Opt(name="--src-range", value=BothEnds(), negatable=True),
    Opt(name="--dst-range", value=BothEnds(), negatable=True),
)
_PARTS = (
    Part("--src-range", "source IP range {!}{}"),
    Part("--dst-range", "destination IP range {!}{}"),
)

EXTENSIONS = (
    MatchExtension(
        name="iprange",
        independent=True,
        demands=Demands(one_of=(("--src-range", "--dst-range"),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=each({"--src-range": within("src"), "--dst-range": within("dst")}),
    ),
)
