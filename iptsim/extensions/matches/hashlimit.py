"""hashlimit: a rate, kept for each address, port or pair of them.

A listing never prints the table's name. Rates of bytes and their bursts come out rounded, as the
kernel keeps them; a burst is then printed in its largest unit, rounded down once more.

Sources: iptables-extensions(8), hashlimit; extensions/libxt_hashlimit.c (revision 3);
net/netfilter/xt_hashlimit.c.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.byte_rates import (
    Burst,
    ByteRate,
    burst_of,
    is_byte_rate,
    read_burst,
    read_byte_rate,
)
from iptsim.extensions.values.codec import WORD, Codec
from iptsim.extensions.values.packet_rates import Rate, printed, read_rate
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.reworded import Reworded
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, negate_if

_UPTO, _ABOVE = "--hashlimit-upto", "--hashlimit-above"
_INTERVAL = "--hashlimit-rate-interval"
_TURNED = {_UPTO: _ABOVE, _ABOVE: _UPTO}
_SCALE = 1_000_000  # XT_HASHLIMIT_SCALE_v2: ticks in a second
_MODES = ("srcip", "srcport", "dstip", "dstport")
_READS = {"srcip": "src", "srcport": "sport", "dstip": "dst", "dstport": "dport"}
# XT_HASHLIMIT_BYTE_EXPIRE and XT_HASHLIMIT_BYTE_EXPIRE_BURST, in milliseconds.
_BYTE_EXPIRE, _BYTE_EXPIRE_BURST = 15_000, 60_000
_DEFAULTS: dict[str, Hashable] = {
    "mode": (),
    "htable-size": 0,
    "htable-max": 0,
    "htable-gcinterval": 1000,
    "rate-interval": 1,
}
Values = dict[str, Hashable]


def _read_rate(text: str, _family: int) -> Rate | ByteRate:
    return read_byte_rate(text) if is_byte_rate(text) else read_rate(text, _SCALE)


def _read_modes(text: str, _family: int) -> tuple[str, ...]:
    asked = re.split(r"[,|]", text)
    for name in asked:
        if name not in _MODES:
            raise ValueError(f"{name!r} is not one of {', '.join(_MODES)}")
    return tuple(name for name in _MODES if name in asked)


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    turned = tuple(_turn(o) if o.negate and o.name in _TURNED else o for o in options)
    limit = next((o for o in turned if o.name in _TURNED), None)
    if limit is None:
        return turned
    values = {o.name.removeprefix("--hashlimit-"): o.value for o in turned if o is not limit}
    if isinstance(limit.value, ByteRate):
        rate: Rate | ByteRate = limit.value
        _settle_bytes(values, limit.value)
    else:
        assert isinstance(limit.value, Rate)
        rate = _settle_packets(values, limit.value)
    return (replace(limit, value=rate), *_without_defaults(values, 32 if family == 4 else 128))


def _turn(option: Option) -> Option:
    return replace(option, name=_TURNED[option.name], negate=False)


def _settle_bytes(values: Values, rate: ByteRate) -> None:
    """A burst lengthens the time that idle entries are kept (hashlimit_mt_check)."""
    burst = values.get("burst")
    if isinstance(burst, Burst):
        values["burst"] = burst_of(burst, rate)
    _settle_expiry(values, _BYTE_EXPIRE_BURST if burst else _BYTE_EXPIRE)


def _settle_packets(values: Values, rate: Rate) -> Rate:
    """The rate as printed; what the unit that was asked for implies is then said aloud."""
    ticks = rate.ticks(_SCALE)
    if "rate-match" in values:
        ticks = max(1, ticks // rate.seconds)
        values.setdefault("rate-interval", rate.seconds)
    burst = values.get("burst", Burst(amount=5))
    assert isinstance(burst, Burst)
    values["burst"] = replace(burst, bytes=False)
    values.setdefault("htable-expire", rate.seconds * 1000)
    shown = printed(ticks, _SCALE)
    _settle_expiry(values, shown.seconds * 1000)
    return shown


def _settle_expiry(values: Values, usual: int) -> None:
    if values.get("htable-expire") == usual:
        del values["htable-expire"]


def _without_defaults(values: Values, width: int) -> Iterator[Option]:
    usual = {**_DEFAULTS, "srcmask": width, "dstmask": width}
    for name, value in values.items():
        if usual.get(name, ...) != value:
            yield Option(name=f"--hashlimit-{name}", value=value)


def _heard(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """A listing multiplies the rate of --hashlimit-rate-match by its interval (print: period)."""
    by_name = {option.name: option for option in options}
    limit = by_name.get(_UPTO) or by_name[_ABOVE]
    if not isinstance(limit.value, Rate):
        return options
    expiry = Option(name="--hashlimit-htable-expire", value=limit.value.seconds * 1000)
    by_name.setdefault(expiry.name, expiry)
    interval = by_name.get(_INTERVAL, Option(name=_INTERVAL, value=1)).value
    if "--hashlimit-rate-match" in by_name and isinstance(interval, int) and interval:
        ticks = max(1, limit.value.ticks(_SCALE) // interval)
        by_name[limit.name] = replace(limit, value=Rate(count=_SCALE // ticks, unit="sec"))

    return tuple(by_name.values())


def _opaque(match: Match, where: Context) -> Predicate:
    """Above a rate is the contrary of up to it. An ordinary packet is within the rate."""
    modes = match.value("--hashlimit-mode", tuple) or ()
    reads = tuple(_READS[str(mode)] for mode in modes)
    upto = tuple(replace(o, name=_UPTO) if o.name == _ABOVE else o for o in match.options)
    fact = Fact(key="", code=codes.HASHED_RATE, reads=reads, each_time=True, usually=True)
    return negate_if(match.has(_ABOVE), about(replace(match, options=upto), where, fact))


_RATE = Codec(
    parse=_read_rate,
    show=lambda value, _family: str(value),
    expected="a rate, such as 10/sec or 512kb/s",
)
_BURST = Codec(
    parse=lambda text, _family: read_burst(text),
    show=lambda value, _family: str(value),
    expected="a burst, such as 5 or 1mb",
)
_MODE = Codec(
    parse=_read_modes,
    heard=lambda text, family: _read_modes(text.replace("-", ","), family),
    show=lambda value, _family: ",".join(value),
    expected="one or more of " + ",".join(_MODES),
    listing=r"[a-z]+(?:-[a-z]+)*",
)
_NUMBERS = ("htable-size", "htable-max", "htable-gcinterval", "htable-expire", "srcmask", "dstmask")
_OPTIONS = (
    Opt(name=_UPTO, aliases=("--hashlimit",), value=_RATE, negatable=True),
    Opt(name=_ABOVE, value=_RATE, negatable=True),
    Opt(name="--hashlimit-burst", value=_BURST),
    Opt(name="--hashlimit-mode", value=_MODE),
    Opt(name="--hashlimit-name", value=WORD),
    *(Opt(name=f"--hashlimit-{name}", value=Number()) for name in _NUMBERS),
    Opt(name="--hashlimit-rate-match"),
    Opt(name=_INTERVAL, value=Number()),
)
_PARTS = (
    *(Part(f"--hashlimit-{name}", f"{name} {{}}") for name in ("burst", "mode", *_NUMBERS)),
    Part("--hashlimit-rate-match", "rate-match"),
    Part(_INTERVAL, "rate-interval {}"),
)


def _wordings(starts: Iterable[Part]) -> Iterator[Parts]:
    for start in starts:
        yield Parts(options=_OPTIONS, parts=(start, *_PARTS))


EXTENSIONS = (
    MatchExtension(
        name="hashlimit",
        demands=Demands(
            one_of=(("--hashlimit-upto", "--hashlimit-above"), ("--hashlimit-name",)),
            exclusive=(("--hashlimit-upto", "--hashlimit-above"),),
        ),
        options=_OPTIONS,
        wording=Reworded(
            Either(
                tuple(
                    _wordings(
                        (
                            Part(_UPTO, "limit: up to {}", required=True),
                            Part(_ABOVE, "limit: above {}", required=True),
                        )
                    )
                )
            ),
            _heard,
        ),
        normalize=_normalize,
        lossy=("--hashlimit-name",),
        opaque_of=_opaque,
    ),
)
