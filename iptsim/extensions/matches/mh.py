"""mh: the type of an IPv6 mobility message.

Sources: iptables-extensions(8), mh; extensions/libip6t_mh.c; net/ipv6/netfilter/ip6t_mh.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import in_range
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match
from iptsim.predicate import Predicate, all_of, equals
from iptsim.values import Range

_TYPES = {
    "binding-refresh-request": 0, "brr": 0, "home-test-init": 1, "hoti": 1,
    "careof-test-init": 2, "coti": 2, "home-test": 3, "hot": 3, "careof-test": 4, "cot": 4,
    "binding-update": 5, "bu": 5, "binding-acknowledgement": 6, "ba": 6, "binding-error": 7,
    "be": 7,
}  # fmt: skip
_TYPE = r"(?:\d+|[a-z]+(?:-[a-z]+)*)"


def _read(text: str, _family: int) -> Range:
    low, colon, high = text.partition(":")
    first = _type(low) if low else 0
    if not colon:
        return Range(low=first, high=first)
    return Range(low=first, high=_type(high) if high else 255)


def _type(text: str) -> int:
    if text[:1].isdigit():
        return read_number(text, 8)
    if text not in _TYPES:
        raise ValueError(f"{text!r} is not a type of mobility message")
    return _TYPES[text]


def _write(value: Range, _family: int) -> str:
    return str(value.low) if value.low == value.high else f"{value.low}:{value.high}"


_OPTIONS = (
    Opt(
        name="--mh-type",
        value=Codec(
            parse=_read,
            show=_write,
            expected="a type or a range of types, such as binding-update or 1:3",
            listing=rf"{_TYPE}(?::{_TYPE})?",
        ),
        negatable=True,
    ),
)


def _lower(match: Match, _where: Context) -> Predicate:
    types = (in_range("mh_type", option) for option in match.options)
    return all_of((equals("proto", 135), first_fragment(), *types))


EXTENSIONS = (
    MatchExtension(
        name="mh",
        independent=True,
        demands=Demands(protocols=(135,)),
        options=_OPTIONS,
        wording=Either(
            (
                Parts(options=_OPTIONS, lead="mh", parts=(Part("--mh-type", "{!}{}", True),)),
                Parts(options=_OPTIONS, lead="mh"),
            )
        ),
        families=(6,),
        unsaved=unsaved("--mh-type", Range(low=0, high=255)),
        normalize=dropping({"--mh-type": Range(low=0, high=255)}),
        lower=_lower,
        implied_by=135,
    ),
)
