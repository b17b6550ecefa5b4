"""CLASSIFY: set the class by which the traffic control of the way out treats the packet.

Sources: iptables-extensions(8), CLASSIFY; extensions/libxt_CLASSIFY.c;
net/netfilter/xt_CLASSIFY.c.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import LEAVING, Demands
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.wordings.wording import Part, Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassId(Word):
    """`major:minor`, both hexadecimal numbers of 16 bits; a pair of integers."""

    expected: str = "a class, such as 1:10, in hexadecimal digits"
    listing: str = r"[0-9a-fA-F]+:[0-9a-fA-F]+"

    def read_listing(self, text: str, family: int) -> tuple[int, int]:  # noqa: ARG002
        """See `ValueType`."""
        major, _, minor = text.partition(":")
        pair = int(major, 16), int(minor, 16)
        if max(pair) > 0xFFFF:
            raise ValueError(f"{text} is more than ffff:ffff")
        return pair

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        assert isinstance(value, tuple)
        return f"{value[0]:04x}:{value[1]:04x}"


_OPTIONS = (Opt(name="--set-class", value=ClassId()),)

EXTENSIONS = (
    TargetExtension(
        name="CLASSIFY",
        demands=Demands(hooks=LEAVING, one_of=(("--set-class",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--set-class", "CLASSIFY set {}"),)),
        lower=go_on,
    ),
)
