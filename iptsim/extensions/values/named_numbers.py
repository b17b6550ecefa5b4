"""Numbers that the dumping host's files give names to: device groups, routing realms."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.values.value_types import NUMBER, MaskedNumber
from iptsim.values import Masked

_NUMBER = MaskedNumber()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedNumber:
    """A number with or without a mask (`Masked`), or a name that only `file` could explain (str).

    `names` are the numbers that have the same name on every host; without a mask iptables prints
    the name (libxtables/xtables.c, xtables_print_val_mask).
    """

    names: tuple[tuple[int, str], ...]
    file: str
    words: tuple[int, int] = (1, 1)
    listing: str = rf"{NUMBER}(?:/{NUMBER})?|[A-Za-z_][\w.-]*"

    @property
    def expected(self) -> str:
        """See `ValueType`."""
        return f"a number, number/mask or a name of {self.file}"

    def read(self, words: Sequence[str], family: int) -> Masked | str:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Masked | str:
        """See `ValueType`."""
        known = {name: number for number, name in self.names}
        if text in known:
            return Masked(value=known[text], mask=(1 << 32) - 1)
        if re.fullmatch(r"[A-Za-z_][\w.-]*", text):
            return text
        return _NUMBER.read_listing(text, family)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        if isinstance(value, str):
            return value
        for number, name in self.names:
            if value == Masked(value=number, mask=(1 << 32) - 1):
                return name
        return _zero_too(_NUMBER.write(value, family))


def _zero_too(text: str) -> str:
    """C's %#x prints 0 as `0`, iptables' "0x%x" as `0x0`."""
    return "/".join("0x0" if part == "0" else part for part in text.split("/"))
