"""rateest: the rate that a RATEEST target has estimated, against a number or another estimator.

Where both bytes and packets are compared, iptables-save prints the comparison twice; here once.

Sources: iptables-extensions(8), rateest; extensions/libxt_rateest.c; net/netfilter/xt_rateest.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import WORD, Codec
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.phrase import Phrase
from iptsim.extensions.wordings.wording import Either
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIGNS = ("lt", "gt", "eq")
_RATE = r"\d+(?:[KM]?bit)?"
_SIGN = r"(?P<not>! )?(?P<sign>lt|gt|eq)"
_START = r"rateest match (?P<name>\S+)(?P<delta> delta)?"
# Against a number, and against another estimator (rateest_print, ABS and REL).
_ABSOLUTE = (
    rf"{_START}(?: bps(?: (?P<bps1>{_RATE}))?? (?P<bps2>{_RATE}) {_SIGN})?"
    rf"(?: pps(?: (?P<pps1>\d+))? {_SIGN.replace('not', 'not_p').replace('sign', 'sign_p')}"
    r" (?P<pps2>\d+))?"
)
_RELATIVE = (
    rf"{_START}(?P<b> bps(?: (?P<bps1>{_RATE}))?)?(?P<p> pps(?: (?P<pps1>\d+))?)?"
    rf" {_SIGN} (?P<other>\S+)(?! \d)(?=(?: bps| pps))"
    rf"(?: bps(?: (?P<bps2>{_RATE}))?)?(?: pps(?: (?P<pps2>\d+))?)?"
)


def _read(text: str, _family: int) -> int:
    """Any of tc's rates (`100kbit`, `10KBps`, `1mibit`; bare: bits) to bytes a second."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:([kmgt]?)(i?)(bit|bps))?", text.lower())
    if found is None:
        raise ValueError(f"{text!r} is not a rate")
    units = _BINARY if found[3] else _UNITS
    bits = float(found[1]) * units[found[2] or ""] * (8 if found[4] == "bps" else 1)
    return int(bits / 8)


def _heard(text: str, family: int) -> int:
    """With -n a listing prints bytes, without bits (rateest_print_rate)."""
    return int(text) if text.isdigit() else _read(text, family)


def _write(value: int, _family: int) -> str:
    """Rounded as rateest_print_rate does: 1234567bit comes out as 1235Kbit."""
    bits = value * 8
    for factor, unit in ((1_000_000_000, "Mbit"), (1_000_000, "Kbit")):
        step = factor // 1000
        if bits >= factor and abs(step * round(bits / step) - bits) < 1024:
            return f"{round(bits / step)}{unit}"
    return f"{bits}bit"


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """The spellings that iptables-save picks: by whether there is a second estimator, a delta."""
    names = {option.name for option in options}
    renamed = (_respelt(o, "--rateest2" in names, "--rateest-delta" in names) for o in options)
    return tuple(dict.fromkeys(renamed))


def _respelt(option: Option, relative: bool, delta: bool) -> Option:
    if option.name in ("--rateest", "--rateest1"):
        return replace(option, name="--rateest1" if relative else "--rateest")
    if option.name[:-1] in ("--rateest-bps", "--rateest-pps") and not delta:
        return replace(option, name=option.name[:-1])
    if option.name in ("--rateest-bps", "--rateest-pps") and delta:
        return replace(option, name=option.name + "1")
    return option


def _absolute(found: re.Match[str], family: int) -> Iterator[Option]:
    if not found["bps2"] and not found["pps2"]:
        raise ValueError("no rate is compared")
    yield from _both(found, family)
    yield from _sign(found["sign"] or found["sign_p"], found["not"] or found["not_p"])
    for kind in ("bps", "pps"):
        if found[f"{kind}2"]:
            number = 2 if found["delta"] else ""
            yield Option(name=f"--rateest-{kind}{number}", value=_heard(found[f"{kind}2"], family))


def _relative(found: re.Match[str], family: int) -> Iterator[Option]:
    yield from _both(found, family)
    yield from _sign(found["sign"], found["not"])
    yield Option(name="--rateest2", value=found["other"])
    for kind, told in (("bps", found["b"]), ("pps", found["p"])):
        if told and not found["delta"]:
            yield Option(name=f"--rateest-{kind}")
        elif found[f"{kind}2"]:
            yield Option(name=f"--rateest-{kind}2", value=_heard(found[f"{kind}2"], family))


def _both(found: re.Match[str], family: int) -> Iterator[Option]:
    yield Option(name="--rateest", value=found["name"])
    if found["delta"]:
        yield Option(name="--rateest-delta")
    for kind in ("bps1", "pps1"):
        if found[kind]:
            yield Option(name=f"--rateest-{kind}", value=_heard(found[kind], family))


def _sign(sign: str, negated: str | None) -> Iterable[Option]:
    return (Option(name=f"--rateest-{sign}", negate=bool(negated)),)


def _opaque(match: Match, _where: Context) -> Predicate:
    """A rate is usually below the number that a rule names."""
    below = match.option("--rateest-lt")
    usual = below is not None and not below.negate and not match.has("--rateest2")
    return Fact(key="", code=codes.ESTIMATED_RATE, usually=usual)


_BPS = Codec(
    parse=_read, heard=_heard, show=_write, expected="a rate, such as 100kbit", words=(0, 1)
)
_PPS = Codec(
    parse=lambda text, _family: read_number(text),
    show=lambda value, _family: str(value),
    expected="a number of packets a second",
    words=(0, 1),
)

EXTENSIONS = (
    MatchExtension(
        name="rateest",
        options=(
            Opt(name="--rateest-delta"),
            Opt(name="--rateest", value=WORD),
            Opt(name="--rateest1", value=WORD),
            Opt(name="--rateest-bps1", value=_BPS),
            Opt(name="--rateest-pps1", value=_PPS),
            *(Opt(name=f"--rateest-{sign}", negatable=True) for sign in _SIGNS),
            Opt(name="--rateest-bps", value=_BPS),
            Opt(name="--rateest-bps2", value=_BPS),
            Opt(name="--rateest-pps", value=_PPS),
            Opt(name="--rateest-pps2", value=_PPS),
            Opt(name="--rateest2", value=WORD),
        ),
        wording=Either(
            (Phrase(pattern=_RELATIVE, says=_relative), Phrase(pattern=_ABSOLUTE, says=_absolute))
        ),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
