"""time: when the packet comes: time of day, weekday, day of the month, date.

A build of 64 bits prints the end of time, 2038-01-19T03:14:07, although nobody asked for it
(libxt_time.c, time_print_date compares with LONG_MAX).

Sources: iptables-extensions(8), time; extensions/libxt_time.c; net/netfilter/xt_time.c.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Hashable
from datetime import UTC, datetime

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.shared.normal_options import adding, dropping
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.reworded import Reworded
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate
from iptsim.regex import regex

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK, _MONTH = tuple(range(1, 8)), tuple(range(1, 32))
_ALL_DAYS = {"--weekdays": _WEEK, "--monthdays": _MONTH}
_DATE = regex(r"(\d+)(?:-(\d+)(?:-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?)?)?")
_END_OF_TIME = (1 << 31) - 1
_LAST_SECOND = 86399
_DAY = 86400
# settimeofday(2) takes a time zone of up to 15 hours on either side of UTC.
_ZONES = range(-15 * 60, 15 * 60 + 1)


def _read_clock(text: str, _family: int) -> int:
    """`hh:mm[:ss]` to the second of the day."""
    found = re.fullmatch(r"(\d+):(\d+)(?::(\d+))?", text)
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{text!r} is not a time of day")
    return hour * 3600 + minute * 60 + second


def _write_clock(value: int, _family: int) -> str:
    return f"{value // 3600:02}:{value // 60 % 60:02}:{value % 60:02}"


def _read_date(text: str, _family: int) -> int:
    """`YYYY[-MM[-DD[Thh[:mm[:ss]]]]]` to the second since 1970."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a date")
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    hour, minute, second = (int(part or 0) for part in found.groups()[3:])
    if not 1970 <= year <= 2038:
        raise ValueError(f"{text!r} is not between 1970 and 2038")
    return timegm(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timetuple())


def _write_date(value: int, _family: int) -> str:
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _read_weekdays(text: str, _family: int) -> tuple[int, ...]:
    """Names, of which two letters suffice, or 1 (Monday) to 7."""
    return tuple(sorted({_weekday(part) for part in text.split(",")}))


def _weekday(text: str) -> int:
    for number, name in enumerate(_DAYS, 1):
        if text == str(number) or (len(text) > 1 and name.startswith(text[:2])):
            return number
    raise ValueError(f"{text!r} is not a day of the week")


def _read_monthdays(text: str, _family: int) -> tuple[int, ...]:
    days = {read_number(part.lstrip("0") or "0", 5) for part in text.split(",")}
    if 0 in days:
        raise ValueError(f"{text!r} holds no day of a month")
    return tuple(sorted(days))


def _hear_monthdays(text: str, family: int) -> tuple[int, ...]:
    return _read_monthdays(re.sub(r"[a-z]+", "", text), family)


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    told = tuple(_upright(option) for option in options if option.name != "--utc")
    if any(option.name in ("--timestart", "--timestop") for option in told):
        start = Option(name="--timestart", value=0)
        told = adding(told, start, Option(name="--timestop", value=_LAST_SECOND))
    if _values(told, "--timestart", "--timestop") == (0, _LAST_SECOND):
        told = tuple(o for o in told if o.name not in ("--timestart", "--timestop"))
    told = adding(told, Option(name="--datestop", value=_END_OF_TIME))
    return dropping({"--datestart": 0, **_ALL_DAYS})(told, family)


def _values(options: tuple[Option, ...], *names: str) -> tuple[Hashable, ...]:
    by_name = {option.name: option.value for option in options}
    return tuple(by_name.get(name) for name in names)


def _upright(option: Option) -> Option:
    """The days that are left where some are excluded."""
    if not option.negate or not isinstance(option.value, tuple):
        return option
    left = tuple(day for day in _ALL_DAYS[option.name] if day not in option.value)
    return replace(option, value=left, negate=False)


def _heard(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """A listing says UTC where a save file says nothing, and nothing for --kerneltz."""
    if any(option.name == "--utc" for option in options):
        return options
    return (*options, Option(name="--kerneltz"))


def _opaque(match: Match, where: Context) -> Predicate:
    """Decided by the time, where it is told; the kernel's time zone only where any gives the same.

    Whoever set the host's clock may have told the kernel a zone (systemd does), and nothing shows.
    """
    now = where.host.time
    zones = _ZONES if match.has("--kerneltz") else (0,)
    answers = set() if now is None else {_holds(match, now + 60 * zone) for zone in zones}
    if len(answers) != 1:
        return Fact(key="", code=codes.TIME)
    return ALWAYS if True in answers else NEVER


def _holds(match: Match, stamp: int) -> bool:
    """As the kernel asks, in this order (xt_time.c, time_mt)."""
    start, stop = (match.value(f"--date{end}", int) for end in ("start", "stop"))
    if stamp < (start or 0) or (stop is not None and stamp > stop):
        return False
    first, last = (match.value(f"--time{end}", int) for end in ("start", "stop"))
    first, last = first or 0, _LAST_SECOND if last is None else last
    clock = stamp % _DAY
    if first < last:
        return first <= clock <= last and _on_day(match, stamp)
    if last < clock < first:
        return False
    before = match.has("--contiguous") and clock <= last
    return _on_day(match, stamp - _DAY if before else stamp)


def _on_day(match: Match, stamp: int) -> bool:
    day = datetime.fromtimestamp(stamp, UTC)
    weekdays, monthdays = (match.value(f"--{kind}days", tuple) for kind in ("week", "month"))
    return (weekdays is None or day.isoweekday() in weekdays) and (
        monthdays is None or day.day in monthdays
    )


_CLOCK = Codec(
    parse=_read_clock,
    show=_write_clock,
    expected="a time of day, such as 17:00 or 17:00:00",
    listing=r"\d+:\d+(?::\d+)?",
)
_MOMENT = Codec(
    parse=_read_date,
    heard=lambda text, family: _read_date("T".join(text.split()), family),
    show=_write_date,
    expected="a date, such as 2030-12-31T23:59:59",
    listing=r"\d+-\d+-\d+\s+\d+:\d+:\d+",
)
_WEEKDAYS = Codec(
    parse=_read_weekdays,
    show=lambda value, _family: ",".join(_DAYS[day - 1] for day in value),
    expected="days of the week, such as Mon,Tue",
    listing=r"[A-Z][a-z]+(?:,[A-Z][a-z]+)*",
)
_MONTHDAYS = Codec(
    parse=_read_monthdays,
    heard=_hear_monthdays,
    show=lambda value, _family: ",".join(map(str, value)),
    expected="days of the month, such as 1,15",
    listing=r"\d+[a-z]*(?:,\d+[a-z]*)*",
)
_OPTIONS = (
    Opt(name="--timestart", value=_CLOCK),
    Opt(name="--timestop", value=_CLOCK),
    Opt(name="--monthdays", value=_MONTHDAYS, negatable=True),
    # --days is the spelling of ipt_time, before Linux 2.6.24.
    Opt(name="--weekdays", aliases=("--days",), value=_WEEKDAYS, negatable=True),
    Opt(name="--datestart", value=_MOMENT),
    Opt(name="--datestop", value=_MOMENT),
    Opt(name="--kerneltz", aliases=("--localtz",)),
    Opt(name="--contiguous"),
    Opt(name="--utc"),
)
_PARTS = (
    Part("--timestart", "from {}"),
    Part("--timestop", "to {}"),
    Part("--weekdays", "on {}"),
    Part("--monthdays", "on {}"),
    Part("--datestart", "starting from {}"),
    Part("--datestop", "until date {}"),
    Part("--utc", "UTC"),
    Part("--contiguous", "contiguous"),
)

EXTENSIONS = (
    MatchExtension(
        name="time",
        options=_OPTIONS,
        wording=Reworded(Parts(options=_OPTIONS, lead="TIME", parts=_PARTS), _heard),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
