"""dccp: ports, packet type and options of a DCCP header.

Sources: iptables-extensions(8), dccp; extensions/libxt_dccp.c; net/netfilter/xt_dccp.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.layer4 import PORT_OPTIONS, PORT_PARTS, HeaderOption, transport
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.short_lists import NameSet, alternatives
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, InSet, Predicate, negate_if
from iptsim.values import IntSet

_TYPES = (
    "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC",
    "SYNCACK", "INVALID",
)  # fmt: skip
_NAMES = NameSet(names=_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """`REQUEST,DATA`; with -n a listing has their numbers. A tuple of names in number's order."""

    words: tuple[int, int] = (1, 1)
    expected: str = _NAMES.expected

    @property
    def listing(self) -> str:
        """See `ValueType`."""
        one = rf"(?:{alternatives(_TYPES)}|\d+)"
        return f"{one}(?:,{one})*"

    def read(self, words: Sequence[str], family: int) -> tuple[str, ...]:
        """See `ValueType`."""
        names = words[0].upper().split(",")
        if not set(names) <= set(_TYPES):
            raise ValueError(f"{words[0]!r} is not {self.expected}")
        return _NAMES.read(words, family)

    def read_listing(self, text: str, family: int) -> tuple[str, ...]:
        """See `ValueType`; 10 to 15 are all INVALID (include/uapi/linux/dccp.h)."""
        last = len(_TYPES) - 1
        names = (_TYPES[min(int(t), last)] if t.isdigit() else t for t in text.split(","))
        return self.read([",".join(names)], family)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        return _NAMES.write(value, family)


def _numbers(names: tuple[str, ...]) -> IntSet:
    ends = ((_TYPES.index(name), 15 if name == "INVALID" else _TYPES.index(name)) for name in names)
    return IntSet.of(ends)


def _conditions(match: Match) -> Iterator[Predicate]:
    types = match.option("--dccp-types")
    if types is not None:
        inside = InSet(field="dccp_type", values=_numbers(value_of(types.value, tuple)))
        yield negate_if(types.negate, inside)
    option = match.option("--dccp-option")
    if option is not None:
        text = f"--dccp-option {option.value}"
        yield negate_if(option.negate, Fact(key=text, detail=text))


def _lower(match: Match, _where: Context) -> Predicate:
    return transport(33, match, *_conditions(match))


_OPTIONS = (
    *PORT_OPTIONS,
    Opt(name="--dccp-types", value=Types(), negatable=True),
    Opt(name="--dccp-option", value=HeaderOption(), negatable=True),
)
_PARTS = (
    *PORT_PARTS,
    Part("--dccp-types", "{!}{}"),
    Part("--dccp-option", "option={!}{}"),
)

EXTENSIONS = (
    MatchExtension(
        name="dccp",
        independent=True,
        demands=Demands(protocols=(33,)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="dccp", parts=_PARTS),
        lower=_lower,
        implied_by=33,
    ),
)
