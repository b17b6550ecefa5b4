"""u32: arithmetic on any four bytes of the packet.

Sources: iptables-extensions(8), u32; extensions/libxt_u32.c; net/netfilter/xt_u32.c.
"""

from __future__ import annotations

import re

from iptsim.extensions.codec import Codec
from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.types import NUMBER, read_number
from iptsim.extensions.wording import Part, Parts
from iptsim.predicate import Fact

_TEST = re.compile(rf"({NUMBER}(?:(?:&|<<|>>|@){NUMBER})*)=(.+)")


def _read(text: str, _family: int) -> str:
    """The tests as iptables prints them: hexadecimal, without blanks, `5:5` as `5`."""
    return "&&".join(_test(part) for part in re.sub(r"\s+", "", text).split("&&"))


def _test(text: str) -> str:
    found = _TEST.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a test, such as 0x6&0xff=0x1")
    location = re.sub(NUMBER, lambda number: _hex(number[0]), found[1])
    return f"{location}={','.join(_range(part) for part in found[2].split(','))}"


def _range(text: str) -> str:
    return ":".join(dict.fromkeys(_hex(part) for part in text.split(":", 1)))


def _hex(text: str) -> str:
    return f"0x{read_number(text):x}"


_OPTIONS = (
    Opt(
        name="--u32",
        value=Codec(
            parse=_read,
            heard=lambda text, family: _read(text.strip('"'), family),
            show=lambda value, _family: f'"{value}"',
            expected='tests, such as "6&0xff=1&&4&0x1fff=0"',
            listing=r'"[^"]*"',
        ),
        negatable=True,
    ),
)

EXTENSIONS = (
    MatchExtension(
        name="u32",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="u32", parts=(Part("--u32", "{!}{}", required=True),)),
        opaque_of=unless_negated("--u32", Fact(key="", code="IPT0448", reads=("*",))),
    ),
)
