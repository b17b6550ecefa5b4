"""ah: the security parameter index of an IPsec authentication header.

Sources: iptables-extensions(8), ah; extensions/libipt_ah.c, libip6t_ah.c;
net/ipv4/netfilter/ipt_ah.c, net/ipv6/netfilter/ip6t_ah.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.extensions.normal import dropping, unsaved
from iptsim.extensions.opaque import of_header
from iptsim.extensions.phrase import Phrase
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.types import Number, NumberRange
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate
from iptsim.values import Range

_FACT = Fact(key="", code="IPT0410")
_SPIS = NumberRange(bits=32)
# IPv6 prints `spi:5length:42`, without a blank (libip6t_ah.c, print_len).
_TEXT = (
    r"ah(?: spis?:(?P<not_spi>!)?(?P<spi>\d+(?::\d+)?))?"
    r"(?:\s*length:(?P<not_len>!)?(?P<len>\d+))?(?P<reserved> reserved)?"
)


def _options(found: re.Match[str], family: int) -> Iterable[Option]:
    if found["spi"]:
        spis = _SPIS.read_listing(found["spi"], family)
        yield Option(name="--ahspi", value=spis, negate=bool(found["not_spi"]))
    if found["len"]:
        yield Option(name="--ahlen", value=int(found["len"]), negate=bool(found["not_len"]))
    if found["reserved"]:
        yield Option(name="--ahres")


def _opaque(match: Match, where: Context) -> Predicate:
    """In IPv4 the rule asks for -p ah already, in IPv6 the match looks for the header itself."""
    return of_header(_FACT)(match, where) if where.family == 4 else _FACT


EXTENSIONS = (
    MatchExtension(
        name="ah",
        options=(
            Opt(name="--ahspi", value=_SPIS, negatable=True),
            Opt(name="--ahlen", value=Number(), negatable=True),
            Opt(name="--ahres"),
        ),
        wording=Phrase(pattern=_TEXT, says=_options),
        unsaved=unsaved("--ahspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--ahspi": Range(low=0, high=(1 << 32) - 1), "--ahlen": 0}),
        opaque_of=_opaque,
        implied_by=51,
    ),
)
