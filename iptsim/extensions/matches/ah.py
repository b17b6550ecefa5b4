"""ah: the security parameter index of an IPsec authentication header.

Sources: iptables-extensions(8), ah; extensions/libipt_ah.c, libip6t_ah.c;
net/ipv4/netfilter/ipt_ah.c, net/ipv6/netfilter/ip6t_ah.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import asked, has_length, in_range
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.extensions.shared.normal_options import dropping, unsaved
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number, NumberRange
from iptsim.extensions.wordings.phrase import Phrase
from iptsim.model import Match, Option
from iptsim.predicate import Predicate, all_of, equals
from iptsim.values import Range

_AH = all_of((equals("proto", 51), first_fragment()))
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


def _lower(match: Match, _where: Context) -> Predicate:
    """An AH is what nf_tables has for the protocol (nf_tables_ipv6.h: IP6_FH_F_AUTH stops there).

    In IPv4 the rule asks for -p ah already, in IPv6 the match looks for the header itself.
    """
    return asked(_AH, match, _asks)


def _asks(option: Option) -> Predicate:
    if option.name == "--ahspi":
        return in_range("spi", option)
    if option.name == "--ahlen":
        return has_length("ah_length", option, unit=4)
    return equals("ah_reserved", 0)


EXTENSIONS = (
    MatchExtension(
        name="ah",
        independent=True,
        demands=Demands(protocols=(51,), protocols6=()),
        options=(
            Opt(name="--ahspi", value=_SPIS, negatable=True),
            Opt(name="--ahlen", value=Number(), negatable=True),
            Opt(name="--ahres"),
        ),
        wording=Phrase(pattern=_TEXT, says=_options),
        unsaved=unsaved("--ahspi", Range(low=0, high=(1 << 32) - 1)),
        normalize=dropping({"--ahspi": Range(low=0, high=(1 << 32) - 1), "--ahlen": 0}),
        lower=_lower,
        implied_by=51,
    ),
)
