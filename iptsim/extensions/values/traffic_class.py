"""The traffic class byte: DSCP classes and the old names of TOS values.

Sources: iptables-extensions(8), dscp, tos, DSCP, TOS; extensions/dscp_helper.c (RFC 2474, 2597,
3246); extensions/tos_values.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType

from iptsim.dataclass import dataclass
from iptsim.extensions.values.short_lists import alternatives
from iptsim.extensions.values.value_types import NUMBER, MaskedNumber
from iptsim.values import Masked

DSCP_CLASSES: Mapping[str, int] = MappingProxyType(
    {
        **{f"CS{number}": number << 3 for number in range(8)},
        **{f"AF{high}{low}": high << 3 | low << 1 for high in range(1, 5) for low in range(1, 4)},
        "BE": 0x00,
        "EF": 0x2E,
    }
)
"""A DSCP class to its six bits."""

TOS_NAMES: Mapping[str, int] = MappingProxyType(
    {
        "Minimize-Delay": 0x10,
        "Maximize-Throughput": 0x08,
        "Maximize-Reliability": 0x04,
        "Minimize-Cost": 0x02,
        "Normal-Service": 0x00,
    }
)
"""A TOS name to its value, which is compared under `TOS_MASK`."""

TOS_MASK = 0x3F


@dataclass(frozen=True, slots=True, kw_only=True)
class DscpClass:
    """`AF11`, `ef` …: a DSCP class in any case; the six bits."""

    words: tuple[int, int] = (1, 1)
    expected: str = "a DSCP class, such as EF, AF11 or CS1"
    listing: str = r"[A-Za-z0-9]+"

    def read(self, words: Sequence[str], family: int) -> int:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> int:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        if text.upper() not in DSCP_CLASSES:
            raise ValueError(f"{text!r} is not {self.expected}")
        return DSCP_CLASSES[text.upper()]

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return next(name for name, number in DSCP_CLASSES.items() if number == value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tos(MaskedNumber):
    """`0x10/0x3f`, a bare value (all eight bits) or a name (`TOS_MASK`); a `Masked`."""

    bits: int = 8
    form: str = "#04x"
    always_mask: bool = True
    expected: str = "a TOS value such as 0x10/0x3f or Minimize-Delay"
    listing: str = f"(?:{NUMBER}(?:/{NUMBER})?|{alternatives(tuple(TOS_NAMES))})"

    def read_listing(self, text: str, family: int) -> Masked:
        """See `ValueType`."""
        if not text[:1].isalpha():
            return MaskedNumber.read_listing(self, text, family)
        for name, value in TOS_NAMES.items():
            if name.lower() == text.lower():
                return Masked(value=value, mask=TOS_MASK)
        raise ValueError(f"{text!r} is not {self.expected}")
