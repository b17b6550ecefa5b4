"""connlimit: how many connections an address or a network has.

Sources: iptables-extensions(8), connlimit; extensions/libxt_connlimit.c;
net/netfilter/xt_connlimit.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.normal_options import adding
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Number, read_number
from iptsim.extensions.wordings.phrase import Phrase
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, negate_if
from iptsim.values import format_address, parse_network

_UPTO, _ABOVE = "--connlimit-upto", "--connlimit-above"
_TURNED = {_UPTO: _ABOVE, _ABOVE: _UPTO}
# The oldest builds print `#conn/32 > 10`: they count by source only.
_TEXT = r"#conn(?: (?P<side>src|dst))?/(?P<mask>\d+) (?P<sign>[<>]=?) (?P<count>\d+)"


def _read_mask(text: str, family: int) -> int:
    width = 32 if family == 4 else 128
    if text.isdigit() and read_number(text) <= width:
        return int(text)
    length = parse_network(f"{format_address(0, width)}/{text}", width).prefix_length
    if length is None:
        raise ValueError(f"{text} is not a prefix mask")
    return length


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    turned = (_turn(o) if o.negate and o.name in _TURNED else o for o in options)
    known = adding(tuple(turned), Option(name="--connlimit-mask", value=32 if family == 4 else 128))
    if any(option.name == "--connlimit-daddr" for option in known):
        return known
    return adding(known, Option(name="--connlimit-saddr"))


def _turn(option: Option) -> Option:
    return replace(option, name=_TURNED[option.name], negate=False)


def _options(found: re.Match[str], _family: int) -> Iterable[Option]:
    name = _UPTO if found["sign"] == "<=" else _ABOVE
    yield Option(name=name, value=read_number(found["count"]))
    yield Option(name="--connlimit-mask", value=int(found["mask"]))
    yield Option(name="--connlimit-daddr" if found["side"] == "dst" else "--connlimit-saddr")


def _opaque(match: Match, where: Context) -> Predicate:
    """Above a number is the contrary of up to it: one unknown."""
    side = "dst" if match.has("--connlimit-daddr") else "src"
    above = match.has(_ABOVE)
    upto = (replace(o, name=_UPTO) if o.name == _ABOVE else o for o in match.options)
    fact = Fact(key="", code=codes.OPEN_CONNECTIONS, reads=(side,), usually=True)
    return negate_if(above, about(replace(match, options=tuple(upto)), where, fact))


EXTENSIONS = (
    MatchExtension(
        name="connlimit",
        demands=Demands(
            one_of=(("--connlimit-upto", "--connlimit-above"),),
            exclusive=(
                ("--connlimit-upto", "--connlimit-above"),
                ("--connlimit-saddr", "--connlimit-daddr"),
            ),
        ),
        tracks=(),
        options=(
            Opt(name=_UPTO, value=Number(), negatable=True),
            Opt(name=_ABOVE, value=Number(), negatable=True),
            Opt(
                name="--connlimit-mask",
                value=Codec(
                    parse=_read_mask,
                    show=lambda value, _family: str(value),
                    expected="a prefix length, such as 24",
                ),
            ),
            Opt(name="--connlimit-saddr"),
            Opt(name="--connlimit-daddr"),
        ),
        wording=Phrase(pattern=_TEXT, says=_options),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
