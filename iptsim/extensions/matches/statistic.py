"""statistic: every so many packets, or at random.

Sources: iptables-extensions(8), statistic; extensions/libxt_statistic.c;
net/netfilter/xt_statistic.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.extensions.demands import Demands, Wrong, between
from iptsim.extensions.shared.normal_options import adding
from iptsim.extensions.shared.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Choice, Number
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate, negate_if

_ALL = 1 << 31  # the kernel keeps a probability as a number of 31 bits
_FACT = Fact(key="", code=codes.CHANCE, each_time=True)


def _read(text: str, _family: int) -> int:
    """A probability to its 2^31th part, which is what two texts have in common."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(f"{text} is not between 0 and 1")
    return int(value * _ALL + 0.5)


_OPTIONS = (
    Opt(name="--mode", value=Choice(names=("random", "nth"))),
    Opt(
        name="--probability",
        value=Codec(
            parse=_read,
            show=lambda value, _family: f"{value / _ALL:.11f}",
            expected="a probability between 0 and 1",
            listing=r"\d*\.?\d+",
        ),
        negatable=True,
    ),
    Opt(name="--every", value=Number(), negatable=True),
    Opt(name="--packet", value=Number()),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    if any(option.name == "--every" for option in options):
        return adding(options, Option(name="--packet", value=0))
    return options


def _opaque(match: Match, where: Context) -> Predicate:
    """Certain where every packet is meant, or none; else most packets are another rule's."""
    asked = match.option("--probability") or match.option("--every")
    if asked is None:
        return _FACT
    every = _ALL if asked.name == "--probability" else 1
    if asked.value == every:
        return negate_if(asked.negate, ALWAYS)
    if asked.value == 0:
        return negate_if(asked.negate, NEVER)
    return unless_negated(asked.name, _FACT)(match, where)


def _shown(*parts: Part) -> Parts:
    mode = Part("--mode", "mode {}", required=True)
    return Parts(options=_OPTIONS, lead="statistic", parts=(mode, *parts))


def _packet(match: Match, _family: int) -> Iterator[Wrong]:
    every, packet = match.value("--every", int), match.value("--packet", int)
    if every is not None and packet is not None:
        yield from between("--packet", packet, 0, every - 1)


EXTENSIONS = (
    MatchExtension(
        name="statistic",
        demands=Demands(
            one_of=(("--mode",),),
            with_=(("--mode random", ("--probability",)), ("--mode nth", ("--every",))),
            further=_packet,
        ),
        options=_OPTIONS,
        wording=Either(
            (
                _shown(Part("--probability", "{!}probability {}", required=True)),
                _shown(
                    Part("--every", "{!}every {}", required=True), Part("--packet", "packet {}")
                ),
            )
        ),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
