"""mac: the Ethernet source address.

Sources: iptables-extensions(8), mac; extensions/libxt_mac.c; net/netfilter/xt_mac.c.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import ARRIVING, Demands
from iptsim.extensions.shared.all_of import each, value_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate, all_of, equals, named
from iptsim.values import format_mac

_ADDRESS = r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}"
_MADE_UNKNOWN = r"[0-9a-fA-FxX*]{2}(?::[0-9a-fA-FxX*]{2}){5}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MacAddress:
    """`00:11:22:33:44:55`, leading zeros may be missing; an integer of 48 bits.

    In dumps made fit for showing around people put `XX` for bytes; such an address stays a text.
    """

    words: tuple[int, int] = (1, 1)
    expected: str = "a MAC address, such as 00:11:22:33:44:55"
    listing: str = f"(?:{_ADDRESS}|{_MADE_UNKNOWN})"

    def read(self, words: Sequence[str], family: int) -> int | str:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> int | str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        if re.fullmatch(_MADE_UNKNOWN, text) and not re.fullmatch(_ADDRESS, text):
            return text
        if not re.fullmatch(_ADDRESS, text):
            raise ValueError(f"{text!r} is not {self.expected}")
        return int("".join(byte.zfill(2) for byte in text.split(":")), 16)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        if isinstance(value, str):
            return value
        return format_mac(value_of(value, int))


_OPTIONS = (Opt(name="--mac-source", value=MacAddress(), negatable=True),)


def _source(value: Hashable) -> Predicate:
    if isinstance(value, str):
        return Fact(key=f"the MAC address is {value}", reads=("mac_src",))
    return equals("mac_src", value_of(value, int))


_SOURCE = each({"--mac-source": _source})


def _lower(match: Match, where: Context) -> Predicate:
    """Even `!` never matches what did not come over Ethernet, as by lo or a tunnel (xt_mac.c)."""
    return all_of((named("ethernet", "yes"), _SOURCE(match, where)))


EXTENSIONS = (
    MatchExtension(
        name="mac",
        independent=True,
        demands=Demands(hooks=ARRIVING, one_of=(("--mac-source",),)),
        options=_OPTIONS,
        # Before 1.8.8 the address stood close to the word: `MAC00:11:…`.
        wording=Parts(options=_OPTIONS, parts=(Part("--mac-source", "MAC ?{!}{}"),)),
        lower=_lower,
    ),
)
