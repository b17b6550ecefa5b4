"""What the columns of a listing's row hold: counters, protocol, opt, interfaces, addresses.

Sources: iptables/iptables.c, print_firewall; libxtables/xtables.c, xtables_print_num and
xtables_ipaddr_to_anyname.
"""

from __future__ import annotations

from functools import lru_cache

from iptsim.dataclass import dataclass
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.extensions.values.services import PROTOCOLS
from iptsim.model import Counters, Header
from iptsim.regex import regex
from iptsim.values import InterfacePattern, Network, parse_network

_SCALE = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_HOST = regex(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?(?:/[\d.]+|/[0-9a-fA-F:]+)?")
_DIGITS = regex(r"[\d.]+(?:/.*)?")
_ANYWHERE = frozenset({"anywhere", "0.0.0.0/0", "::/0"})
# Names that every Debian, Red Hat and Alpine host has in /etc/hosts or /etc/networks.
_NAMES = {
    (4, "localhost"): "127.0.0.1",
    (4, "loopback"): "127.0.0.0",
    (4, "link-local"): "169.254.0.0",
    (4, "default"): "0.0.0.0",  # noqa: S104  # an address in a table, nothing is bound
    (6, "localhost"): "::1",
    (6, "ip6-localhost"): "::1",
    (6, "ip6-loopback"): "::1",
}


class CellError(ValueError):
    """A column holds what it cannot hold: which column, and what would have been right."""

    def __init__(self, column: str, message: str, expected: str) -> None:
        super().__init__(message)
        self.column = column
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Address:
    """An address column: a network, or a name that only the dumping host can resolve.

    Both where a writer hid a part of an address: what shows of it, and the text.
    """

    network: Network | None
    name: str | None
    negate: bool


def address(column: str, text: str, family: int, numeric: bool) -> Address:
    """`10.0.0.0/8`, `!localhost/8`, `anywhere`; `numeric` where -n forbids names.

    Raises `CellError`.
    """
    negate = text.startswith("!")
    bare = text[1:] if negate else text
    if bare in _ANYWHERE and not negate:
        return Address(None, None, negate=False)
    network = _network(bare, family)
    if network is not None:
        return Address(network, None, negate)
    mask = mask_of(bare, 32 if family == 4 else 128)
    if mask is not None:
        return Address(mask.known, bare, negate)
    if numeric or not _is_name(bare):
        raise CellError(column, "not an address", _expected(family))
    return Address(None, bare, negate)


def _network(text: str, family: int) -> Network | None:
    host, slash, mask = text.partition("/")
    known = _NAMES.get((family, host))
    spelled = f"{known}{slash}{mask}" if known else text
    if text == "anywhere":
        # Negated. ip6tables prints it for :: with any mask, of which only ::/128 makes sense.
        spelled = "0.0.0.0/0" if family == 4 else "::/128"
    try:
        return parse_network(spelled, 32 if family == 4 else 128)
    except ValueError:
        return None


def _is_name(text: str) -> bool:
    return _HOST.fullmatch(text) is not None and _DIGITS.fullmatch(text) is None


def _expected(family: int) -> str:
    example = "10.0.0.0/8" if family == 4 else "fd00::/8"
    return f"an IPv{family} address or prefix, such as {example}"


def count(text: str) -> int:
    """`1000K` to 1000000: listings scale by thousands (xtables_print_num)."""
    return int(text[:-1]) * _SCALE[text[-1]] if text[-1] in _SCALE else int(text)


@lru_cache(maxsize=4096)
def counters(packets: str, size: str) -> Counters:
    """The two counter columns."""
    units = (_SCALE.get(packets[-1], 1), _SCALE.get(size[-1], 1))
    return Counters(packets=count(packets), bytes=count(size), units=units)


def protocol(text: str) -> tuple[int, bool]:
    """The protocol's number (0: all) and whether it is negated; raises `CellError`."""
    negate = text.startswith("!")
    name = text.lstrip("!").lower()
    if name.isascii() and name.isdigit() and len(name) < 9 and int(name) < 256:
        return int(name), negate
    if name not in PROTOCOLS:
        raise CellError("prot", "not a protocol", "a protocol, such as tcp, icmp, 47 or all")
    return PROTOCOLS[name], negate


@lru_cache(maxsize=65536)
def header(
    cells: tuple[str, str, str, str, str, str], family: int, numeric: bool
) -> tuple[Header, tuple[tuple[str, str], ...]]:
    """The columns prot, opt, in, out, source and destination as a `Header`.

    Host names that only the dumping host can resolve come second. Raises `CellError`.
    """
    prot, opt, in_, out, source, destination = cells
    number, not_proto = protocol(prot)
    incoming, not_in = _interface("in", in_)
    outgoing, not_out = _interface("out", out)
    src = address("src", source, family, numeric)
    dst = address("dst", destination, family, numeric)
    negated = {
        "proto": not_proto,
        "in": not_in,
        "out": not_out,
        "src": src.negate,
        "dst": dst.negate,
    }
    made = Header(
        src=src.network,
        dst=dst.network,
        in_=incoming,
        out=outgoing,
        proto=number or None,
        fragment={"-f": True, "!f": False}.get(opt),
        not_=frozenset(name for name, yes in negated.items() if yes),
    )
    return made, tuple((k, a.name) for k, a in (("src", src), ("dst", dst)) if a.name)


_ADDRESS = regex(r"\d+(?:\.\d+){3}|[0-9a-f]*:[0-9a-f]*:")


def _hides(name: str) -> bool:
    from iptsim.dialects.rule.iptables_options import hides_name  # noqa: PLC0415  # most say `any`

    return hides_name(name)


def _interface(column: str, text: str) -> tuple[InterfacePattern | None, bool]:
    if text in ("*", "any", "+", ""):
        return None, False
    negate = text.startswith("!")
    name = text[1:] if negate else text
    # A name may begin with a hyphen (net/core/dev.c, dev_valid_name): shifted cells do.
    odd = name.startswith("-") or "/" in name or _ADDRESS.match(name) or _hides(name)
    if not 0 < len(name) <= 16 or odd:
        raise CellError(column, "not an interface", "an interface's name, such as eth0, eth+ or *")
    return InterfacePattern(text=name), negate
