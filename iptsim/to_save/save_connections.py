"""What nftables asks of a packet's connection, as options of `-m conntrack`."""

from __future__ import annotations

from iptsim.extensions.nft.nft_words import words
from iptsim.nftables.expressions import Address, Ct, Number, Prefix
from iptsim.nftables.nft_statements import Match
from iptsim.to_save.save_lines import Asking, Piece, UnsaidError
from iptsim.to_save.save_values import Place, ends, numbers, wanted
from iptsim.values import format_address

Ways = list[tuple[Piece, ...]]
_STATES = {1: "INVALID", 2: "ESTABLISHED", 4: "RELATED", 8: "NEW", 64: "UNTRACKED"}
_STATUS = {1: "EXPECTED", 2: "SEEN_REPLY", 4: "ASSURED", 8: "CONFIRMED"}
_NATTED = {16: "SNAT", 32: "DNAT"}
_ENDS = {("original", "s"): "origsrc", ("original", "d"): "origdst",
         ("reply", "s"): "replsrc", ("reply", "d"): "repldst"}  # fmt: skip


def of_connection(one: Match, left: Ct, place: Place) -> Ways:
    """The ways to meet a comparison of a connection."""
    match left.key:
        case "state":
            return [(_states(one, place),)]
        case "status":
            return [(_status(one),)]
        case "direction":
            return [(_direction(one, place),)]
        case "mark":
            return _mark(one, place)
        case "saddr" | "daddr" if left.direction is not None:
            return _addresses(one, left, place)
    raise UnsaidError(f"{one.operator} {words(one.right)}")


def _asks(option: str, value: str, *, negate: bool) -> Asking:
    """By itself: with --ctstate beside it, no connection is enough (xt_conntrack.c)."""
    return Asking(module="conntrack", option=option, value=value, negate=negate, alone=True)


def _states(one: Match, place: Place) -> Asking:
    if one.operator in ("in", "!"):
        if not isinstance(one.right, Number):
            raise UnsaidError(words(one.right))
        mask, negate = one.right.value, one.operator == "!"
    else:
        ranges, negate = numbers(one, place, 32)
        if any(low != high or low not in _STATES for low, high in ranges):
            raise UnsaidError(words(one.right))
        mask = sum({low for low, _high in ranges})
    if not mask or mask & ~sum(_STATES):
        raise UnsaidError(words(one.right))
    told = ",".join(name for bit, name in _STATES.items() if mask & bit)
    return _asks("--ctstate", told, negate=negate)


def _status(one: Match) -> Asking:
    """`--ctstate DNAT` reads bits of the status, too (xt_conntrack.c)."""
    if one.operator != "in" or not isinstance(one.right, Number):
        raise UnsaidError(f"{one.operator} {words(one.right)}")
    mask = one.right.value
    for option, names in (("--ctstatus", _STATUS), ("--ctstate", _NATTED)):
        if mask and not mask & ~sum(names):
            told = ",".join(name for bit, name in names.items() if mask & bit)
            return _asks(option, told, negate=False)
    raise UnsaidError(words(one.right))


def _direction(one: Match, place: Place) -> Asking:
    ranges, negate = numbers(one, place, 8)
    if len(ranges) != 1 or ranges[0] not in ((0, 0), (1, 1)):
        raise UnsaidError(words(one.right))
    original = (ranges[0] == (0, 0)) != negate
    return _asks("--ctdir", "ORIGINAL" if original else "REPLY", negate=False)


def _mark(one: Match, place: Place) -> Ways:
    ranges, negate = numbers(one, place, 32)
    if any(low != high for low, high in ranges):
        raise UnsaidError(words(one.right))
    told = [
        Asking(module="connmark", option="--mark", value=f"{low:#x}", negate=negate)
        for low, _high in ranges
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def _addresses(one: Match, left: Ct, place: Place) -> Ways:
    values, negate = wanted(one, place)
    option = f"--ct{_ENDS[left.direction or '', left.key[0]]}"
    told: list[Piece] = []
    for value in values:
        match value:
            case Address(width=width):
                text = format_address(value.value, width)
            case Prefix(base=Address(width=width), length=length):
                text = f"{format_address(ends(value)[0], width)}/{length}"
            case _:
                raise UnsaidError(words(value))
        if width == (32 if place.family == 4 else 128):
            told.append(_asks(option, text, negate=negate))
    if not told:
        return []
    return [tuple(told)] if negate else [(each,) for each in told]
