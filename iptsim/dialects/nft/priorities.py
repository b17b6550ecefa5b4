"""The names of priorities (`dstnat - 10`) to numbers: nftables, src/rule.c, std_prio_lookup."""

from __future__ import annotations

from iptsim.regex import regex

_INET = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
_BRIDGE = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}
_TEXT = regex(r"\s*(?:([a-z]+)\s*(?:([+-])\s*(\d{1,10}))?|(-?)\s*(\d{1,10}))\s*")


def priority_of(text: str, family: str, _hook: str = "") -> int | None:
    """The number; None for what is none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    if found[1] is None:
        return -int(found[5]) if found[4] else int(found[5])
    base = (_BRIDGE if family == "bridge" else _INET).get(found[1])
    if base is None:
        return None
    away = int(found[3] or 0)
    return base - away if found[2] == "-" else base + away
