"""LOG: write a line to the kernel's log and go on.

Sources: iptables-extensions(8), LOG; extensions/libxt_LOG.c; net/netfilter/xt_LOG.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim.extensions.demands import Demands, Limits
from iptsim.extensions.shared.going_on import go_on
from iptsim.extensions.spec import Opt, TargetExtension
from iptsim.extensions.values.one_word import Symbol
from iptsim.extensions.values.value_types import Text
from iptsim.extensions.wordings.phrase import Phrase
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Option

_LEVELS = {
    "emerg": 0, "panic": 0, "alert": 1, "crit": 2, "err": 3, "error": 3,
    "warn": 4, "warning": 4, "notice": 5, "info": 6, "debug": 7,
}  # fmt: skip
_OPTIONS = (
    # The target's text is a line's last, and quotes within the prefix are not escaped.
    Opt(name="--log-prefix", value=Text(listing=".*")),
    Opt(name="--log-level", value=Symbol(bits=8, names=_LEVELS)),
    Opt(name="--log-tcp-sequence"),
    Opt(name="--log-tcp-options"),
    Opt(name="--log-ip-options"),
    Opt(name="--log-uid"),
    Opt(name="--log-macdecode"),
)
# include/uapi/linux/netfilter/xt_LOG.h
_FLAGS = {
    0x01: "--log-tcp-sequence",
    0x02: "--log-tcp-options",
    0x04: "--log-ip-options",
    0x08: "--log-uid",
    0x20: "--log-macdecode",
}
_NAMED = Parts(
    options=_OPTIONS,
    lead="LOG",
    parts=(
        Part("--log-level", "(?:UNKNOWN )?level {}", required=True),
        Part("--log-tcp-sequence", "tcp-sequence"),
        Part("--log-tcp-options", "tcp-options"),
        Part("--log-ip-options", "ip-options"),
        Part("--log-uid", "uid"),
        Part("--log-macdecode", "macdecode"),
        Part("--log-prefix", 'prefix ["`]{}["\']'),
    ),
)


def _numbers(found: re.Match[str], _family: int) -> Iterator[Option]:
    flags, level, prefix = int(found["flags"]), int(found["level"]), found["prefix"]
    if flags & ~sum(_FLAGS):
        raise ValueError("a flag of LOG that has no option")
    if prefix is not None:
        yield Option(name="--log-prefix", value=prefix)
    yield Option(name="--log-level", value=level)
    yield from (Option(name=name) for bit, name in _FLAGS.items() if flags & bit)


_NUMERIC = Phrase(
    pattern=r"LOG flags (?P<flags>\d{1,3}) level (?P<level>\d{1,3})"
    r"(?: prefix [\"`](?P<prefix>.*)[\"'])?",
    says=_numbers,
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(o for o in options if (o.name, o.value) != ("--log-level", 4))


EXTENSIONS = (
    TargetExtension(
        name="LOG",
        demands=Demands(values={"--log-level": Limits(high=7)}),
        options=_OPTIONS,
        wording=Either((_NUMERIC, _NAMED)),
        normalize=_normalize,
        lower=go_on,
    ),
)
