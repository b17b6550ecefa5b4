"""ipv6header: the extension headers that an IPv6 packet has.

Sources: iptables-extensions(8), ipv6header; extensions/libip6t_ipv6header.c;
net/ipv6/netfilter/ip6t_ipv6header.c.
"""

from __future__ import annotations

from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.ipv6_headers import there
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.packet import EXT_HEADERS
from iptsim.predicate import Predicate, all_of, any_of, equals, named, negate, negate_if

# Printed name, its bit (MASK_HOPOPTS …), and the other spellings of an input.
_HEADERS = (
    ("hop-by-hop", 0x80, "hop 0"),
    ("ipv6-opts", 0x40, "dst 60"),
    ("ipv6-route", 0x20, "route 43"),
    ("ipv6-frag", 0x10, "frag 44"),
    ("ah", 0x08, "auth 51"),
    ("esp", 0x04, "50"),
    ("ipv6-nonxt", 0x02, "none 59"),
    ("protocol", 0x01, "prot 255"),
)
_BITS = {name: bit for first, bit, more in _HEADERS for name in (first, *more.split())}


def _read(text: str, _family: int) -> int:
    names = text.split(",")
    for name in names:
        if name not in _BITS:
            raise ValueError(f"{name!r} is not the name of an extension header")
    return sum({_BITS[name] for name in names})


def _heard(text: str, family: int) -> int:
    return read_number(text, 8) if text.startswith("0x") else _read(text, family)


def _write(value: int, _family: int) -> str:
    return ",".join(name for name, bit, _more in _HEADERS if value & bit)


_HEADER = Codec(
    parse=_read,
    heard=_heard,
    show=_write,
    expected="names of extension headers, such as hop-by-hop,ipv6-frag",
    listing=r"[a-z0-9-]+(?:,[a-z0-9-]+)*|0x[0-9A-Fa-f]+",
)
_OPTIONS = (Opt(name="--header", value=_HEADER, negatable=True), Opt(name="--soft"))
_PARTS = (Part("--header", "flags:{!}{}"), Part("--soft", "soft"))
_AH = equals("proto", 51)


def _ends_with(header: str, proto: int) -> Predicate:
    """The last header is ESP or «none»; behind an AH the packet's protocol does not tell."""
    return any_of((equals("proto", proto), all_of((_AH, named("ah_next", header)))))


_ESP, _NONE = _ends_with("esp", 50), _ends_with("none", 59)
_SEEN = {
    **{bit: there(name) for name, bit in EXT_HEADERS.items()},
    _BITS["ah"]: _AH,
    _BITS["esp"]: _ESP,
    _BITS["none"]: _NONE,
    _BITS["prot"]: all_of((negate(_ESP), negate(_NONE))),
}


def _lower(match: Match, _where: Context) -> Predicate:
    """Hard: these headers and no others. Soft: all of them, and with `!` none (ipv6header_mt6)."""
    option = match.option("--header")
    if option is None:
        return all_of(())
    wanted = option.value if isinstance(option.value, int) else 0
    if match.has("--soft"):
        parts = (part for bit, part in _SEEN.items() if wanted & bit)
        return all_of(negate_if(option.negate, part) for part in parts)
    exactly = (negate_if(not wanted & bit, part) for bit, part in _SEEN.items())
    return negate_if(option.negate, all_of(exactly))


EXTENSIONS = (
    MatchExtension(
        name="ipv6header",
        demands=Demands(one_of=(("--header",),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ipv6header", parts=_PARTS),
        families=(6,),
        lower=_lower,
    ),
)
