"""connbytes: how many bytes or packets the connection has carried so far.

The packet itself counts already: tracking counts before any rule but raw's is asked.

Sources: iptables-extensions(8), connbytes; extensions/libxt_connbytes.c;
net/netfilter/xt_connbytes.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.connection_states import opening, tracked
from iptsim.extensions.shared.opaque import turned
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Choice, NumberRange
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Predicate,
    all_of,
    any_of,
    negate,
    negate_if,
)
from iptsim.values import Range

_TOP = (1 << 64) - 1
_RANGE = NumberRange(bits=64)


def _read(text: str, family: int) -> Range:
    """A single number has no upper end, unlike everywhere else."""
    return _RANGE.read_listing(text if ":" in text else f"{text}:", family)


def _write(value: Range, _family: int) -> str:
    return str(value.low) if value.high == _TOP else f"{value.low}:{value.high}"


def _opaque(match: Match, where: Context) -> Predicate:
    """A connection that has just begun has carried next to nothing; without one even `!` fails."""
    option = match.option("--connbytes")
    span = match.value("--connbytes", Range)
    if option is None or span is None:
        return NEVER
    fact = turned("--connbytes", Fact(key="", code=codes.CONNECTION_BYTES, usually=span.low == 0))
    first = negate_if(option.negate, _first(match, span))
    later = all_of((tracked(), negate(opening()), fact(match, where)))
    return any_of((all_of((opening(), first)), later))


def _first(match: Match, span: Range) -> Predicate:
    """Of the packet that opens the connection (xt_connbytes.c, connbytes_mt)."""
    if match.value("--connbytes-dir", str) == "reply":
        return ALWAYS if 0 in span else NEVER
    if match.value("--connbytes-mode", str) == "packets":
        return ALWAYS if 1 in span else NEVER
    return InSet(field="length", values=span.members)


_OPTIONS = (
    Opt(
        name="--connbytes",
        value=Codec(
            parse=_read,
            show=_write,
            expected="a number or a range, such as 1000 or 1000:2000",
            listing=r"\d+(?::\d*)?",
        ),
        negatable=True,
    ),
    Opt(name="--connbytes-mode", value=Choice(names=("packets", "bytes", "avgpkt"))),
    Opt(name="--connbytes-dir", value=Choice(names=("original", "reply", "both"))),
)
_PARTS = (
    Part("--connbytes", "{!}connbytes {}", required=True),
    Part("--connbytes-mode", "connbytes mode {}", required=True),
    Part("--connbytes-dir", "connbytes direction {}", required=True),
)

EXTENSIONS = (
    MatchExtension(
        name="connbytes",
        demands=Demands(
            one_of=(
                ("--connbytes",),
                ("--connbytes-mode",),
                ("--connbytes-dir",),
            ),
            values={"--connbytes": Limits(ordered=True)},
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        opaque_of=_opaque,
    ),
)
