"""TOS: change bits of the TOS (traffic class) byte.

Sources: iptables-extensions(8), TOS; extensions/libxt_TOS.c, tos_values.c;
net/netfilter/xt_DSCP.c (tos_tg).
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.actions import Action, Continue, Forget
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.mark_operations import as_xmark, set_bits
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import NUMBER, Number, read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target
from iptsim.values import Masked

_NAMES = {
    "Minimize-Delay": 0x10,
    "Maximize-Throughput": 0x08,
    "Maximize-Reliability": 0x04,
    "Minimize-Cost": 0x02,
    "Normal-Service": 0x00,
}
_BY_NAME = {name.lower(): value for name, value in _NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TosValue(Word):
    """`0x10/0x3f`, `0x10` for the whole byte, or a name, which leaves the upper two bits."""

    expected: str = "a value with or without a mask, such as 0x10/0x3f, or Minimize-Delay"
    listing: str = f"(?:{NUMBER}(?:/{NUMBER})?|{'|'.join(_NAMES)})"

    def read_listing(self, text: str, family: int) -> Masked:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        if text.lower() in _BY_NAME:
            return Masked(value=_BY_NAME[text.lower()], mask=0x3F)
        value, slash, mask = text.partition("/")
        return Masked(value=read_number(value, 8), mask=read_number(mask, 8) if slash else 0xFF)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Masked)
        return f"{value.value:#04x}/{value.mask:#04x}"


_BITS = Number(bits=8, form="#04x")
_OPTIONS = (
    Opt(name="--set-tos", value=TosValue()),
    Opt(name="--and-tos", value=_BITS),
    Opt(name="--or-tos", value=_BITS),
    Opt(name="--xor-tos", value=_BITS),
)
# A name follows «set» without a blank.
_PARTS = (
    Part("--set-tos", "set ?{}"),
    Part("--and-tos", "and {}"),
    Part("--or-tos", "or {}"),
    Part("--xor-tos", "xor {}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(as_xmark(options, "--set-tos", bits=8))


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    told = tuple(set_bits(target, "--set-tos", "tos"))
    return (*(told or (Forget(field="tos", detail=target.name),)), Continue())


EXTENSIONS = (
    TargetExtension(
        name="TOS",
        demands=Demands(tables=("mangle",), one_of=(("--set-tos",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="TOS", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
