"""ICMP types and codes, by number and by the names that iptables has for them.

Source: extensions/libxt_icmp.h (the lists that `iptables -p icmp -h` prints).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType

from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Opt
from iptsim.extensions.values.value_types import NUMBER, read_number
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.regex import regex
from iptsim.values import IntSet


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpType:
    """A type and one of its codes; None: any code. Type 255 of IPv4 means any type.

    With `last` the codes from `code` to `last`, which iptables-save does not print.
    """

    type: int
    code: int | None = None
    last: int | None = None

    @property
    def codes(self) -> IntSet:
        """The codes that fit."""
        if self.code is None:
            return IntSet.width(8)
        last = self.code if self.last is None else self.last
        return IntSet.between(self.code, last) if last >= self.code else IntSet()


ANY = IcmpType(type=255)
Table = Mapping[str, IcmpType]


def _table(types: Mapping[str, int], codes: Mapping[int, str]) -> Table:
    """Names of types, and for a type number the names of its codes from 0 on (`-`: none)."""
    table = {name: IcmpType(type=number) for name, number in types.items()}
    for number, names in codes.items():
        table |= {name: IcmpType(type=number, code=c) for c, name in _numbered(names)}
    return MappingProxyType(table)


def _numbered(names: str) -> Iterable[tuple[int, str]]:
    return ((code, name) for code, name in enumerate(names.split()) if name != "-")


ICMP: Table = _table(
    {
        "any": 255, "echo-reply": 0, "pong": 0, "destination-unreachable": 3, "source-quench": 4,
        "redirect": 5, "echo-request": 8, "ping": 8, "router-advertisement": 9,
        "router-solicitation": 10, "time-exceeded": 11, "ttl-exceeded": 11,
        "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
        "address-mask-request": 17, "address-mask-reply": 18,
    },
    {
        3: "network-unreachable host-unreachable protocol-unreachable port-unreachable"
        " fragmentation-needed source-route-failed network-unknown host-unknown -"
        " network-prohibited host-prohibited TOS-network-unreachable TOS-host-unreachable"
        " communication-prohibited host-precedence-violation precedence-cutoff",
        5: "network-redirect host-redirect TOS-network-redirect TOS-host-redirect",
        11: "ttl-zero-during-transit ttl-zero-during-reassembly",
        12: "ip-header-bad required-option-missing",
    },
)  # fmt: skip
"""IPv4."""

# The names of multicast listener messages are of iptables 1.8.10.
ICMP6: Table = _table(
    {
        "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "ttl-exceeded": 3,
        "parameter-problem": 4, "echo-request": 128, "ping": 128, "echo-reply": 129, "pong": 129,
        "mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132,
        "mld-listener-reduction": 132, "router-solicitation": 133, "router-advertisement": 134,
        "neighbour-solicitation": 135, "neighbor-solicitation": 135,
        "neighbour-advertisement": 136, "neighbor-advertisement": 136, "redirect": 137,
    },
    {
        1: "no-route communication-prohibited beyond-scope address-unreachable port-unreachable"
        " failed-policy reject-route",
        3: "ttl-zero-during-transit ttl-zero-during-reassembly",
        4: "bad-header unknown-header-type unknown-option",
    },
)  # fmt: skip
"""IPv6."""

_NUMBERS = regex(rf"({NUMBER})(?:(?:/|\s+codes?\s+)({NUMBER})(?:[:-]({NUMBER}))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpTypeValue:
    """`8`, `3/1`, `3/0:4` or a name of `table`, which may be cut short while one name fits.

    The value is an `IcmpType`; `wildcard` is the type number that means any type.
    """

    table: Table
    wildcard: int | None = None
    words: tuple[int, int] = (1, 1)
    expected: str = "an ICMP type such as 8, 3/1 or echo-request"
    listing: str = rf"(?:{NUMBER}(?:\s+codes?\s+{NUMBER}(?:-{NUMBER})?)?|[A-Za-z][A-Za-z-]*)"

    def read(self, words: Sequence[str], family: int) -> IcmpType:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> IcmpType:  # noqa: ARG002  # the protocol's
        """See `ValueType`; the code of the wildcard is not looked at (icmp_type_code_match)."""
        numbers = _NUMBERS.fullmatch(text)
        if numbers is None:
            return self._named(text.lower())
        kind = read_number(numbers[1], 8)
        if kind == self.wildcard:
            return IcmpType(type=kind)
        return IcmpType(type=kind, **_codes(numbers[2], numbers[3]))

    def _named(self, text: str) -> IcmpType:
        names = {name.lower(): value for name, value in self.table.items()}
        found = [name for name in names if text and name.startswith(text)]
        if text in found:
            return names[text]
        if len(found) != 1:
            raise ValueError(f"{text!r} is not {self.expected}")
        return names[found[0]]

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, IcmpType)
        if value.type == self.wildcard:
            return "any"
        last = "" if value.last is None else f":{value.last}"
        return str(value.type) if value.code is None else f"{value.type}/{value.code}{last}"


def _codes(first: str | None, last: str | None) -> dict[str, int]:
    """One code is no range, all of them are none."""
    if not first:
        return {}
    low = read_number(first, 8)
    high = read_number(last, 8) if last else low
    if (low, high) == (0, 255):
        return {}
    return {"code": low} if low == high else {"code": low, "last": high}


def wording(lead: str, option: Opt) -> Either:
    """`icmptype 3 code 1`, `icmp !type 8`; without -n `icmp echo-request`, `icmp !host-unknown`."""
    numbers = Parts(options=(option,), parts=(Part(option.name, f"{lead} ?{{!}}type {{}}", True),))
    names = Parts(options=(option,), parts=(Part(option.name, f"{lead} {{!}}{{}}", True),))
    return Either((numbers, names))
