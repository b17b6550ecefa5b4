"""The kinds of values that options take, as iptables reads and prints them.

Integers are read in any base of C's strtoul (`0x539`, `02471`, `1337`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.values.services import PROTOCOLS, SERVICES
from iptsim.regex import regex
from iptsim.values import Masked, Network, Range, format_address, parse_address, parse_network

NUMBER = r"(?:0[xX][0-9a-fA-F]+|[0-9]+)"
_PLAIN = regex(r"[A-Za-z0-9_-]+")


def read_number(text: str, bits: int = 32) -> int:
    """C's strtoul with base 0; `ValueError` for anything else or for more than `bits` bits."""
    if not re.fullmatch(NUMBER, text):
        raise ValueError(f"{text!r} is not a number")
    octal = len(text) > 1 and text[0] == "0" and text.isdigit()
    value = int(text, 8) if octal else int(text, 0)
    if value >> bits:
        raise ValueError(f"{text} is more than {(1 << bits) - 1}")
    return value


def quote(text: str) -> str:
    r"""As iptables-save quotes: `"…"` with `\` before `" \ '` unless letters, digits, `_-` only.

    Source: libxtables/xtables.c, xtables_save_string.
    """
    if _PLAIN.fullmatch(text):
        return text
    return '"' + re.sub(r"""(["'\\])""", r"\\\1", text) + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An integer of `bits` bits printed as the format `form` says (`d`, `#x`, `#04x` …)."""

    bits: int = 32
    form: str = "d"
    words: tuple[int, int] = (1, 1)
    expected: str = "a number, such as 10 or 0xa"
    listing: str = NUMBER

    def read(self, words: Sequence[str], family: int) -> int:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> int:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        return read_number(text, self.bits)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return format(value, self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """A number or `low:high`, either end of which may be missing; a `Range`."""

    bits: int = 16
    separator: str = ":"
    words: tuple[int, int] = (1, 1)
    expected: str = "a number or a range, such as 100 or 100:200"

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        return f"(?:{NUMBER})?(?:{self.separator}(?:{NUMBER})?)?"

    def read(self, words: Sequence[str], family: int) -> Range:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Range:  # noqa: ARG002
        """See `ValueType`."""
        low, colon, high = text.partition(self.separator)
        if not colon:
            return Range(low=self._number(low), high=self._number(low))
        top = (1 << self.bits) - 1
        return Range(low=self._number(low or "0"), high=self._number(high) if high else top)

    def _number(self, text: str) -> int:
        return read_number(text, self.bits)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Range)
        if value.low == value.high:
            return str(value.low)
        return f"{value.low}{self.separator}{value.high}"


PORT_NAME = r"[A-Za-z0-9][A-Za-z0-9_.+*/-]*"


def read_port(text: str) -> int:
    """A port number, or a service name as /etc/services has it."""
    if text.isdigit() or text[:2].lower() == "0x":
        return read_number(text, 16)
    if text not in SERVICES:
        raise ValueError(f"{text!r} is not a port or a known service")
    return SERVICES[text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A port, a service name, or a range of them; a `Range`."""

    separator: str = ":"
    words: tuple[int, int] = (1, 1)
    expected: str = "a port or a range of ports, such as 80 or 8000:8010"

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        return f"(?:{PORT_NAME})?(?:{self.separator}(?:{PORT_NAME})?)?"

    def read(self, words: Sequence[str], family: int) -> Range:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Range:  # noqa: ARG002
        """See `ValueType`; a service name may itself hold the separator (`iso-tsap`)."""
        if not text:
            raise ValueError("a port is missing")
        if self.separator != ":" and text in SERVICES:
            return Range(low=SERVICES[text], high=SERVICES[text])
        low, dash, high = text.partition(self.separator)
        first = read_port(low) if low else 0
        if not dash:
            return Range(low=first, high=first)
        return Range(low=first, high=read_port(high) if high else 65535)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Range)
        if value.low == value.high:
            return str(value.low)
        return f"{value.low}{self.separator}{value.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedNumber:
    """`value` or `value/mask`; a `Masked` whose value may have bits outside of its mask."""

    bits: int = 32
    form: str = "#x"
    always_mask: bool = False
    words: tuple[int, int] = (1, 1)
    expected: str = "a number with or without a mask, such as 0x1 or 0x1/0xff"
    listing: str = f"{NUMBER}(?:/{NUMBER})?"

    def read(self, words: Sequence[str], family: int) -> Masked:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Masked:  # noqa: ARG002
        """See `ValueType`."""
        value, slash, mask = text.partition("/")
        full = (1 << self.bits) - 1
        return Masked(
            value=read_number(value, self.bits),
            mask=read_number(mask, self.bits) if slash else full,
        )

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Masked)
        text = format(value.value, self.form)
        if value.mask == (1 << self.bits) - 1 and not self.always_mask:
            return text
        return f"{text}/{format(value.mask, self.form)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of `names`; other spellings in `also`."""

    names: tuple[str, ...]
    also: Mapping[str, str] | None = None
    words: tuple[int, int] = (1, 1)

    @property
    def expected(self) -> str:
        """See `ValueType`."""
        return "one of " + ", ".join(self.names)

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        every = sorted((*self.names, *(self.also or ())), key=len, reverse=True)
        return f"(?:{'|'.join(map(re.escape, every))})"

    def read(self, words: Sequence[str], family: int) -> str:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        name = (self.also or {}).get(text, text)
        if name not in self.names:
            raise ValueError(f"{text!r} is not {self.expected}")
        return name

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Several of `names` with commas between; a tuple in the order of `names`."""

    names: tuple[str, ...]
    words: tuple[int, int] = (1, 1)

    @property
    def expected(self) -> str:
        """See `ValueType`."""
        return "one or more of " + ",".join(self.names)

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        return r"[A-Za-z0-9_-]+(?:,[A-Za-z0-9_-]+)*"

    def read(self, words: Sequence[str], family: int) -> tuple[str, ...]:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> tuple[str, ...]:  # noqa: ARG002
        """See `ValueType`."""
        asked = text.split(",")
        for name in asked:
            if name not in self.names:
                raise ValueError(f"{name!r} is not {self.expected}")
        return tuple(name for name in self.names if name in asked)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, tuple)
        return ",".join(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Any string, quoted where iptables-save quotes. `quoted` quotes always.

    `listing` defaults to one word; strings in a listing are rarely delimited otherwise.
    """

    quoted: bool = False
    words: tuple[int, int] = (1, 1)
    expected: str = "a string"
    listing: str = r"\S+"

    def read(self, words: Sequence[str], family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return words[0]

    def read_listing(self, text: str, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return text

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        text = quote(str(value))
        return f'"{text}"' if self.quoted and not text.startswith('"') else text


ADDRESS = r"[0-9a-fA-F:.]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRange:
    """`low-high` of the rule's family, or a single address; a `Range` of integers."""

    words: tuple[int, int] = (1, 1)
    expected: str = "an address or a range of addresses, such as 10.0.0.1-10.0.0.9"
    listing: str = f"{ADDRESS}(?:-{ADDRESS})?"

    def read(self, words: Sequence[str], family: int) -> Range:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Range:
        """See `ValueType`."""
        low, dash, high = text.partition("-")
        first = parse_address(low, 32 if family == 4 else 128)[0]
        last = parse_address(high, 32 if family == 4 else 128)[0] if dash else first
        return Range(low=first, high=last)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        assert isinstance(value, Range)
        width = 32 if family == 4 else 128
        ends = dict.fromkeys((value.low, value.high))
        return "-".join(format_address(end, width) for end in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkValue:
    """An address or a prefix; a `Network`. `bare` prints a single address without /32 or /128.

    libxtables loads a mask that is no prefix as the full one (xtoptions.c, xtopt_parse_mask). That
    of -s and -d is read elsewhere, and kept.
    """

    bare: bool = True
    words: tuple[int, int] = (1, 1)
    expected: str = "an address or prefix, such as 10.0.0.0/8"
    listing: str = f"{ADDRESS}(?:/{ADDRESS})?"

    def read(self, words: Sequence[str], family: int) -> Network:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Network:
        """See `ValueType`."""
        width = 32 if family == 4 else 128
        network = parse_network(text, width)
        if network.prefix_length is None:
            return parse_network(text.partition("/")[0], width)
        return network

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Network)
        text = str(value)
        return text.partition("/")[0] if self.bare and value.prefix_length == value.width else text


def read_protocol(text: str) -> int:
    """A protocol number or a name of /etc/protocols; `all` and `0` give 0."""
    if text.isdigit():
        return read_number(text, 8)
    if text.lower() not in PROTOCOLS:
        raise ValueError(f"{text!r} is not a known protocol")
    return PROTOCOLS[text.lower()]
