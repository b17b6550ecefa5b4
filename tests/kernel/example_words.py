"""Random matches and targets out of the example tables: every extension is in them.

An extension whose options are independent draws any of them; of another one an example is taken
with some of its values drawn anew. So a new extension takes part as soon as it has its examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from extension_cases import cases, parse, write
from legal import NOT_HERE, Spot, fits
from value_pools import Draw

from iptsim.extensions.registry import matches, targets
from iptsim.extensions.shared.icmp_types import IcmpType
from iptsim.extensions.shared.layer4 import ANY_PORT
from iptsim.extensions.spec import Extension, MatchExtension, Opt
from iptsim.model import Match, Option

# Each option asks one thing, in any company.
_INDEPENDENT = frozenset(
    {"tcp", "udp", "sctp", "dccp", "conntrack", "iprange", "physdev", "owner", "length", "mac"}
)
# Examples that name what this host does not have: a pinned program, a group, a user, a set …
_NAMES = (
    "--object-pinned", "--dst-group gr", "--realm fast", "-owner envoy", '-owner "a.b"',
    "--helper ftp", "--timeout lax", "-set foo", "-set a.b", "XX:XX", "THROW",
    # What iptables takes and the kernel refuses: a shift by 32, a socket filter that reads nothing.
    "0x0<<0x20", "2,96 0 0 0",
)  # fmt: skip
_KEPT = 0.3
"""How often a value of an example stays although a pool tells another."""


@cache
def _examples(kind: str, family: int) -> Mapping[str, tuple[Match, ...]]:
    """The parsed examples of every match or target that a random rule may have."""
    every = matches() if kind == "matches" else targets()
    found: dict[str, list[Match]] = {}
    for case in cases(kind):
        part = parse(case.save, case.family)
        name = part.name
        if name in NOT_HERE or family not in every[name].families:
            continue
        if case.family == family or (family == 6 and not _is_of_4(case.save)):
            found.setdefault(name, []).append(part)
    return {name: tuple(parts) for name, parts in found.items()}


def _is_of_4(text: str) -> bool:
    """Whether an example for IPv4 is for IPv4 alone."""
    if any(word in text for word in ("reject-with icmp-", "-m osf", "BROADCAST", "PROHIBIT", " :")):
        return True
    return any(word.count(".") == 3 for word in text.replace("/", " ").replace("-", " ").split())


def random_match(draw: Draw, spot: Spot, without: frozenset[str]) -> tuple[str, str] | None:
    """The name and the words of a match that may stand at `spot`; None where none was found."""
    return _draw("matches", draw, spot, without)


def random_target(draw: Draw, spot: Spot) -> tuple[str, str] | None:
    """The same for a target with options of its own (no jump, no plain verdict)."""
    return _draw("targets", draw, spot, frozenset())


def _draw(kind: str, draw: Draw, spot: Spot, without: frozenset[str]) -> tuple[str, str] | None:
    examples = _examples(kind, spot.family)
    every: Mapping[str, Extension] = matches() if kind == "matches" else targets()
    names = [name for name in examples if name not in without and _possible(name, spot)]
    for name in draw.random.sample(names, min(len(names), 4)):
        part = _drawn(draw, every[name], draw.random.choice(examples[name]))
        if fits(name, [option.name for option in part.options], spot) and loadable(part, spot):
            return name, write(part, spot.family)
    return None


def _possible(name: str, spot: Spot) -> bool:
    return fits(name, (), spot)


def _drawn(draw: Draw, extension: Extension, example: Match) -> Match:
    options = example.options
    if extension.name in _INDEPENDENT:
        count = min(len(extension.options), draw.random.choice((1, 1, 2, 3)))
        chosen = draw.random.sample(extension.options, count)
        values = (_fresh(draw, extension, option, options) for option in chosen)
        told = tuple(value for value in values if value is not None)
        options = tuple(_together(told)) or options
    else:
        options = tuple(_varied(draw, extension, option) for option in options)
    return replace(example, options=extension.canonical(options, draw.family))


def _fresh(
    draw: Draw, extension: Extension, known: Opt, examples: tuple[Option, ...]
) -> Option | None:
    """The option with a value of a pool, else with the example's; None where neither tells one."""
    value = _value(draw, extension, known)
    if value is None:
        own = next((option for option in examples if option.name == known.name), None)
        value = None if own is None else own.value
    if value is None:
        return None
    return Option(name=known.name, value=value, negate=known.negatable and draw.often(0.25))


def _together(options: Sequence[Option]) -> Iterator[Option]:
    """Without those that are not taken beside others: --syn, and --suppl-groups alone."""
    names = {option.name for option in options}
    for option in options:
        alone = option.name == "--suppl-groups" and "--gid-owner" not in names
        if not alone and not (option.name == "--syn" and "--tcp-flags" in names):
            yield option


def _value(draw: Draw, extension: Extension, known: Opt) -> object:
    if known.value is None:
        return True
    modelled = isinstance(extension, MatchExtension) and extension.lower is not None
    words = draw.words(extension.name, known, by_type=modelled)
    return None if words is None else known.value.read(words.split(), draw.family)


def _varied(draw: Draw, extension: Extension, option: Option) -> Option:
    known = extension.find(option.name)
    if known is None or known.value is None:
        return option
    # TPROXY goes to the one listener that there is.
    if extension.name != "TPROXY" and draw.often(_KEPT):
        return option
    value = _value(draw, extension, known)
    if value is None:
        return option
    negate = known.negatable and draw.often(0.25)
    return replace(option, value=value, negate=negate)


def _is_range(option: Option) -> bool:
    """Of a range of ICMP codes only the first is printed (libxt_icmp.h, libipt_icmp.c, save)."""
    return isinstance(option.value, IcmpType) and option.value.last is not None


def loadable(part: Match, spot: Spot) -> bool:
    """What hangs on values: ports in a translation want a protocol that has them, and so on.

    HMARK's save text has options twice that may stand once.
    """
    text = write(part, spot.family)
    if part.name in ("DNAT", "SNAT"):
        ported = " :" in text or (":" in text if spot.family == 4 else "]:" in text)
        return not ported or spot.proto in ("tcp", "udp", "sctp", "dccp")
    if part.name == "REJECT" and "tcp-reset" in text:
        return spot.proto == "tcp"
    if part.name in ("tcp", "udp"):
        # iptables-nft 1.8.9 makes one comparison of them (nft.c, add_nft_tcpudp).
        ports = [part.option(name) for name in ("--sport", "--dport")]
        # The legacy save leaves out the range of all, its `!` too (libxt_tcp.c, print_port).
        told = all(port is None or port.value != ANY_PORT for port in ports)
        return told and not all(port is not None and port.negate for port in ports)
    if part.name == "policy":
        inward = "--dir in" in text
        return spot.hooks <= ({"PREROUTING", "INPUT", "FORWARD"} if inward else
                              {"FORWARD", "OUTPUT", "POSTROUTING"})  # fmt: skip
    unsaved = matches()[part.name].unsaved if part.name in matches() else ()
    if any(option in unsaved or _is_range(option) for option in part.options):
        return False  # iptables-save leaves it out, so its text is of another rule
    if spot.family == 6 and "PROHIBIT" in text:
        return False  # xt_addrtype.c, addrtype_mt_checkentry_v1
    words = text.split()
    twice = part.name == "HMARK" and len(set(words)) < len(words)
    return not twice and not any(name in text for name in _NAMES)
