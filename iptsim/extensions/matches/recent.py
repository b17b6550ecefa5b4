"""recent: whether an address is in a list that rules themselves keep, and how often it came.

Sources: iptables-extensions(8), recent; extensions/libxt_recent.c; net/netfilter/xt_recent.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.normal_options import adding
from iptsim.extensions.shared.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import WORD, Codec
from iptsim.extensions.values.value_types import ADDRESS, Number
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate
from iptsim.values import format_address, parse_address

_SHOWN = {"--set": "SET", "--rcheck": "CHECK", "--update": "UPDATE", "--remove": "REMOVE"}


def _width(family: int) -> int:
    return 32 if family == 4 else 128


_MASK = Codec(
    parse=lambda text, family: parse_address(text, _width(family))[0],
    show=lambda value, family: format_address(value, _width(family)),
    expected="a mask, such as 255.255.255.0",
    listing=ADDRESS,
)
_OPTIONS = (
    *(Opt(name=name, negatable=True) for name in _SHOWN),
    Opt(name="--seconds", value=Number()),
    Opt(name="--reap"),
    Opt(name="--hitcount", value=Number()),
    Opt(name="--rttl"),
    Opt(name="--name", value=WORD),
    Opt(name="--mask", value=_MASK),
    Opt(name="--rsource"),
    Opt(name="--rdest"),
)
_PARTS = (
    Part("--seconds", "seconds: {}"),
    Part("--reap", "reap"),
    Part("--hitcount", "hit_count: {}"),
    Part("--rttl", "TTL-Match"),
    Part("--name", "name: {}"),
    Part("--rsource", "side: source"),
    Part("--rdest", "side: dest"),
    Part("--mask", "mask: {}"),
)


def _shown(name: str) -> Parts:
    start = Part(name, f"{{!}}recent: {_SHOWN[name]}", required=True)
    return Parts(options=_OPTIONS, parts=(start, *_PARTS))


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    """Builds before 1.4.15 know no mask; all of the address counts then."""
    told = tuple(o for o in options if o.value != 0 or o.name == "--mask")
    known = adding(
        told,
        Option(name="--name", value="DEFAULT"),
        Option(name="--mask", value=(1 << _width(family)) - 1),
    )
    if any(option.name == "--rdest" for option in known):
        return tuple(option for option in known if option.name != "--rsource")
    return adding(known, Option(name="--rsource"))


def _opaque(match: Match, where: Context) -> Predicate:
    """--set always matches. Any other rule of the way may change the list, so each look counts."""
    entering = match.option("--set")
    if entering is not None:
        return NEVER if entering.negate else ALWAYS
    side = "dst" if match.has("--rdest") else "src"
    reads = (side, "ttl") if match.has("--rttl") else (side,)
    fact = Fact(key="", code=codes.RECENT_ADDRESSES, reads=reads, each_time=True)
    asked = next((o.name for o in match.options if o.name in _SHOWN), "--rcheck")
    return unless_negated(asked, fact)(match, where)


_DOES = ("--set", "--rcheck", "--update", "--remove")
# xt_recent.c, recent_mt_check: who sets or removes asks nothing of the list.
_CHANGES, _ASKED = ("--set", "--remove"), ("--seconds", "--hitcount", "--rttl")

EXTENSIONS = (
    MatchExtension(
        name="recent",
        demands=Demands(
            one_of=(_DOES,),
            exclusive=(_DOES, *((verb, asked) for verb in _CHANGES for asked in _ASKED)),
            with_=(("--reap", ("--seconds",)),),
            values={"--hitcount": Limits(high=65535)},
        ),
        options=_OPTIONS,
        wording=Either(tuple(map(_shown, _SHOWN))),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
