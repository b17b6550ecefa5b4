"""Addresses that a writer hid: `192.0.x.x`, `XX.XX.XX.XX`, `2001:db8:xxxx::1`, `<my-ip>`, `MY.IP`.

What still shows of one holds; the rest may be anything. Two that read alike may hide different
addresses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from iptsim.dataclass import dataclass
from iptsim.model import UNREADABLE, Rule
from iptsim.regex import regex
from iptsim.values import Network, parse_network

_LETTERS = r"[xX*#?_•█■]"
_OCTET = regex(rf"(?=[0-9]*{_LETTERS})(?:[0-9]|{_LETTERS}){{1,4}}|[nN]{{1,3}}|[yYzZ]{{1,3}}")
# Who hides an address writes no O and no l for a letter: these are a scan's 0 and 1.
_LETTERED = regex(r"(?i:(?![ol.]+$)([a-z])\1{0,2}\.([a-z])\2{0,2}\.([a-z])\3{0,2}\.([a-z])\4{0,2})")
_GROUP = regex(rf"{_LETTERS}{{1,4}}|[0-9a-fA-F]{{0,3}}{_LETTERS}{{1,4}}")
_WHOSE = (
    r"my|your|our|his|their|the|some|server|client|host|node|gateway|router|remote|local|peer|target"
    r"|home|office|vpn|vps|public|private|external|internal|wan|lan|real|static|dynamic|source|dest"
    r"|removed|hidden|redacted|masked|secret|company|attacker|bad|admin|trusted"
)
_NAMED = regex(
    rf"(?i:(?:(?:{_WHOSE})[._-]?){{1,3}}(?:ip|ipv[46]|ip[._-]?addr(?:ess)?|address|subnet|net))"
)
_REPLACED = regex(
    r"[<\[(\u2039][^<>\[\]{}()/@$%]*[A-Za-z*][^<>\[\]{}()/@$%]*[>\])]"
    r"|(?i:redacted|masked|hidden|removed|anonymi[sz]ed|censored|obfuscated)"
    r"|(?i:x{3,}|\*{2,}|#{2,}|\?{2,})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A hidden address: `known` is what shows of it, None where nothing does."""

    known: Network | None = None


def is_spoiled(rule: Rule, width: int) -> bool:
    """Whether a part of a rule cannot be read, so that no iptables takes it as it stands."""
    hidden = any(mask_of(name, width) is not None for _field, name in rule.address_names)
    unread = any(match.name == UNREADABLE for match in rule.matches)
    return hidden or unread or (rule.target is not None and rule.target.raw[:1] == ("?",))


@lru_cache(maxsize=4096)
def mask_of(text: str, width: int) -> Mask | None:
    """What is hidden of an address of so many bits; None for what hides nothing, as a host name."""
    host, slash, tail = text.partition("/")
    if slash and not tail:
        return None
    parts, bits = (host.split("."), 8) if width == 32 else (host.partition("::")[0].split(":"), 16)
    if width == 32 and len(parts) == 4:
        shown = None if _LETTERED.fullmatch(host) else _octets(parts)
        found = _LETTERED.fullmatch(host) is not None or shown is not None
    elif width == 128 and ":" in host:
        shown, found = _groups(parts), _hides_groups(host)
    else:
        shown, found = None, bool(_NAMED.fullmatch(host) or _REPLACED.fullmatch(host))
    if not found:
        return None
    return Mask(known=_network(shown or [], bits, width, tail))


def _octets(parts: list[str]) -> list[int | None] | None:
    """Each octet, None where it is hidden; None at all where one is neither."""
    shown: list[int | None] = []
    for part in parts:
        if part.isascii() and part.isdigit() and len(part) < 4 and int(part) < 256:
            shown.append(int(part))
        elif _OCTET.fullmatch(part):
            shown.append(None)
        else:
            return None
    return shown if None in shown else None


def _hides_groups(host: str) -> bool:
    groups = [group for group in host.split(":") if group]
    hidden = [group for group in groups if _GROUP.fullmatch(group)]
    known = all(g in hidden or re.fullmatch("[0-9a-fA-F]{1,4}", g) for g in groups)
    return bool(hidden) and known and len(groups) <= 8 and host.count("::") < 2


def _groups(parts: list[str]) -> list[int | None]:
    """The groups before the first that is hidden: nobody knows how many it stands for."""
    shown: list[int | None] = []
    for part in parts:
        if not re.fullmatch("[0-9a-fA-F]{1,4}", part):
            break
        shown.append(int(part, 16))
    return shown


def _network(shown: list[int | None], bits: int, width: int, tail: str) -> Network | None:
    """The bits that show, and that the mask behind the address, if it shows, looks at."""
    value = mask = 0
    for number, part in enumerate(shown):
        if part is not None:
            shift = width - bits * (number + 1)
            value |= part << shift
            mask |= ((1 << bits) - 1) << shift
    if tail:
        try:
            mask &= parse_network(f"{'10.0.0.0' if width == 32 else '::'}/{tail}", width).mask
        except ValueError:
            mask = 0
    return Network(value=value & mask, mask=mask, width=width) if mask else None
