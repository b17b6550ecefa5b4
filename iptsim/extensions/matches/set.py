"""set: whether the packet is in an IP set, whose members no dump of iptables holds.

Where somebody told the host's sets, a set is a condition until a rule on the way changes it.

Sources: iptables-extensions(8), set; extensions/libxt_set.c; net/netfilter/xt_set.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands, Wrong, name_of_set
from iptsim.extensions.shared.ipset_members import membership, touched
from iptsim.extensions.shared.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class InSet:
    """A set's name, and for each of its dimensions `src` or `dst`."""

    name: str
    sides: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAndSides:
    """`blocked src,dst`; an `InSet`."""

    words: tuple[int, int] = (2, 2)
    expected: str = "the name of a set and src or dst for each of its dimensions"
    listing: str = r"\S+\s+(?:src|dst)(?:,(?:src|dst))*"

    def read(self, words: Sequence[str], family: int) -> InSet:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        sides = tuple(words[1].split(","))
        if not 1 <= len(sides) <= 6 or set(sides) - {"src", "dst"}:
            raise ValueError(f"{words[1]!r} is not src or dst, at most six of them")
        return InSet(name=words[0], sides=sides)

    def read_listing(self, text: str, family: int) -> InSet:
        """See `ValueType`."""
        return self.read(text.split(), family)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, InSet)
        return f"{value.name} {','.join(value.sides)}"


_COUNTER = Number(bits=64)
_COUNTERS = ("packets-eq", "packets-lt", "packets-gt", "bytes-eq", "bytes-lt", "bytes-gt")
_OPTIONS = (
    Opt(name="--match-set", aliases=("--set",), value=NameAndSides(), negatable=True),
    Opt(name="--return-nomatch"),
    Opt(name="--update-counters", negatable=True),
    Opt(name="--update-subcounters", negatable=True),
    *(Opt(name=f"--{n}", value=_COUNTER, negatable=n.endswith("-eq")) for n in _COUNTERS),
)
_PARTS = (
    Part("--match-set", "{!}match-set {}", required=True),
    Part("--return-nomatch", "return-nomatch"),
    Part("--update-counters", "{!}update-counters"),
    Part("--update-subcounters", "{!}update-subcounters"),
    *(Part(f"--{n}", f"{'{!}' if n.endswith('-eq') else ''}{n} {{}}") for n in _COUNTERS),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """Counters are updated unless a `!` says otherwise."""
    return tuple(o for o in options if o.negate or not o.name.startswith("--update-"))


_CODE, _ABSENT = codes.SET_MEMBERS, codes.SET_NOT_TOLD


def _opaque(match: Match, where: Context) -> Predicate:
    """A set is usually a list of exceptions. A condition on its counters is not turned by `!`."""
    asked = match.value("--match-set", InSet)
    held = where.host.set_named(asked.name) if asked else None
    if asked is None or held is None:
        return _unknown(match, where, _CODE if where.host.sets is None else _ABSENT)
    nomatch, counted = match.has("--return-nomatch"), _counted(match)
    if counted and held.counters:
        # Members with other counts are passed over, so only who is in none is certain.
        return _unknown(match, where, _CODE)
    told = membership(held, asked.sides, where.family, where.host, nomatch=nomatch)
    if told is None:
        return _unknown(match, where, _CODE)
    until = touched(asked.name, where.host)
    pattern = Fact(key="", code=_CODE, reads=("*",), told=told, until=until)
    return unless_negated("--match-set", pattern)(match, where)


def _counted(match: Match) -> bool:
    return any(option.name[2:] in _COUNTERS for option in match.options)


def _unknown(match: Match, where: Context, code: str) -> Predicate:
    """The fact; a condition on its counters is not turned by `!`."""
    if len(match.options) == 1:
        return unless_negated("--match-set", Fact(key="", code=code, reads=("*",)))(match, where)
    return Fact(key="", code=code, reads=("*",), each_time=_counted(match))


def _named(match: Match, _family: int) -> Iterator[Wrong]:
    asked = match.value("--match-set", InSet)
    yield from () if asked is None else name_of_set("--match-set", asked.name)


EXTENSIONS = (
    MatchExtension(
        name="set",
        demands=Demands(further=_named, one_of=(("--match-set",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
