"""conntrack: what connection tracking knows of the packet's connection.

Sources: iptables-extensions(8), conntrack; extensions/libxt_conntrack.c;
net/netfilter/xt_conntrack.c (conntrack_mt).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import Meaning, value_of, within
from iptsim.extensions.shared.connection_states import CT_STATE, in_state, tracked
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.short_lists import Name, NameSet
from iptsim.extensions.values.value_types import (
    NetworkValue,
    Number,
    NumberRange,
    Ports,
    read_protocol,
)
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import (
    Predicate,
    all_of,
    any_of,
    bits,
    equals,
    in_network,
    named,
    negate,
    negate_if,
)
from iptsim.values import Network

_STATUS = {"EXPECTED": 1, "SEEN_REPLY": 2, "ASSURED": 4, "CONFIRMED": 8}
_ADDRESSES = ("ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(NetworkValue):
    """An address or prefix; without -n a listing has `anywhere` for /0."""

    listing: str = r"(?:[0-9a-fA-F:.]+(?:/[0-9a-fA-F:.]+)?|anywhere)"

    def read_listing(self, text: str, family: int) -> Network:
        """See `ValueType`."""
        if text == "anywhere":
            text = "0.0.0.0/0" if family == 4 else "::/0"
        return NetworkValue.read_listing(self, text, family)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol(Number):
    """A protocol by name or number; always printed as a number."""

    bits: int = 16
    expected: str = "a protocol, such as tcp or 6"
    listing: str = r"[A-Za-z0-9.-]+"

    def read_listing(self, text: str, family: int) -> int:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        return read_protocol(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(NameSet):
    """Names of status bits; NONE beside others says nothing (libxt_conntrack.c, print_status)."""

    names: tuple[str, ...] = ("NONE", *_STATUS)

    def read_listing(self, text: str, family: int) -> tuple[str, ...]:
        """See `ValueType`."""
        names = NameSet.read_listing(self, text, family)
        return tuple(name for name in names if name != "NONE") or names

    def read(self, words: Sequence[str], family: int) -> tuple[str, ...]:
        """See `ValueType`."""
        return self.read_listing(words[0], family)


def _address(field: str) -> Meaning:
    return lambda value: in_network(field, value_of(value, Network))


def _status(value: Hashable) -> Predicate:
    """Any of the bits is set. NONE names no bit, so it never holds (`!!(mask & status)`)."""
    mask = sum(_STATUS.get(name, 0) for name in value_of(value, tuple))
    return negate(bits("ctstatus", 0, mask))


_MEANINGS: Mapping[str, Meaning] = {
    "--ctproto": lambda value: equals("ctproto", value_of(value, int)),
    **{f"--{field}": _address(field) for field in _ADDRESSES},
    **{f"--{field}port": within(f"{field}port") for field in _ADDRESSES},
    "--ctstatus": _status,
    "--ctexpire": within("ctexpire"),
    "--ctdir": lambda value: named("ctdir", value_of(value, str)),
}


def _lower(match: Match, _where: Context) -> Predicate:
    """A packet without a connection is asked for its state alone, and without that never matches.

    `if (ct == NULL) return info->match_flags & XT_CONNTRACK_STATE;`, even where others are negated.
    """
    state = match.option("--ctstate")
    others = [option for option in match.options if option.name != "--ctstate"]
    if state is None:
        return all_of((tracked(), *map(_asked, others)))
    asked = negate_if(state.negate, in_state(state.value))
    if not others:
        return asked
    return all_of((asked, any_of((negate(tracked()), all_of(map(_asked, others))))))


def _asked(option: Option) -> Predicate:
    return negate_if(option.negate, _MEANINGS[option.name](option.value))


_OPTIONS = (
    Opt(name="--ctstate", value=CT_STATE, negatable=True),
    Opt(name="--ctproto", value=Protocol(), negatable=True),
    *(Opt(name=f"--{field}", value=Address(), negatable=True) for field in _ADDRESSES),
    *(Opt(name=f"--{field}port", value=Ports(), negatable=True) for field in _ADDRESSES),
    Opt(name="--ctstatus", value=Status(), negatable=True),
    Opt(name="--ctexpire", value=NumberRange(bits=32), negatable=True),
    Opt(name="--ctdir", value=Name(names=("ORIGINAL", "REPLY"))),
)
_PARTS = tuple(
    Part(option.name, f"{'{!}' if option.negatable else ''}{option.name[2:]} {{}}")
    for option in _OPTIONS
)

EXTENSIONS = (
    MatchExtension(
        name="conntrack",
        demands=Demands(any_option=True),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
