"""Values that are names out of a short list, as iptables takes them: in any case, often cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.values.value_types import Choice, Choices


def alternatives(names: Sequence[str]) -> str:
    """A regular expression for one of `names`, the longest first."""
    return f"(?:{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Choice):
    """One of `names` in any case (strcasecmp); other spellings, in lower case, in `also`."""

    def read_listing(self, text: str, family: int) -> str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        name = (self.also or {}).get(text.lower(), text)
        for known in self.names:
            if known.lower() == name.lower():
                return known
        raise ValueError(f"{text!r} is not {self.expected}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSet(Choices):
    """Some of `names` with commas between, in any case; a tuple in the order of `names`.

    A name may be cut short where iptables compares with strncasecmp; the first that fits counts.
    """

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        one = alternatives(self.names)
        return f"{one}(?:,{one})*"

    def read_listing(self, text: str, family: int) -> tuple[str, ...]:  # noqa: ARG002
        """See `ValueType`."""
        asked = {self._known(name) for name in text.split(",")}
        return tuple(name for name in self.names if name in asked)

    def _known(self, text: str) -> str:
        found = [name for name in self.names if text and name.startswith(text.upper())]
        if not found:
            raise ValueError(f"{text!r} is not {self.expected}")
        return text.upper() if text.upper() in found else found[0]
