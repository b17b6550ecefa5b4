"""The sockets that `ss -tuan` shows, and whether it tells which have IP_TRANSPARENT.

Source: iproute2, misc/ss.c. `*:80` is any address of both families, `[::]:80` of IPv6 alone.
"""

from __future__ import annotations

import re

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.regex import regex
from iptsim.sockets import Socket

_ROW = regex(
    r"(?P<proto>tcp|udp)\s+(?P<state>[A-Z0-9-]+)\s+\d+\s+\d+\s+(?P<own>\S+)\s+(?P<peer>\S+)(?P<rest>.*)"
)
_BOUND = regex(r"(?P<address>127\.[\d.]+|\[?fe80:[0-9a-f:]*)%[^\s\]:]+(?P<rest>\]?)")
_ANY_PEER = ("0.0.0.0:*", "[::]:*", "*:*", ":::*")
_OPTIONS = "inet-sockopt:"


def tells_transparent(text: str) -> bool:
    """Whether the sockets' options are shown."""
    return _OPTIONS in text


def read_ss(text: str) -> tuple[Socket, ...] | None:
    """The sockets; None where one is bound to an interface, which nothing here could tell.

    Raises `UsageError` for a text of another form.
    """
    rows: list[str] = []
    for line in text.splitlines():
        row = _ROW.fullmatch(line.rstrip())
        if row is not None:
            found = _socket(row)
            if found is None:
                return None
            rows.append(found)
        elif rows and line[:1].isspace() and _OPTIONS in line:
            rows[-1] += ",transparent" if _is_transparent(line) else ""
        elif line.strip() and not line.startswith("Netid"):
            message = f"not the output of `ss -tuan`: {line.strip()[:60]}"
            raise UsageError(message, code=codes.NOT_SS, value=line.strip()[:60])
    return tuple(dict.fromkeys(read_sockets(rows))) if rows else ()


def _is_transparent(line: str) -> bool:
    return "transparent" in line.partition(_OPTIONS)[2].split()


def _socket(row: re.Match[str]) -> str | None:
    own, peer = (_plain(row[name]) for name in ("own", "peer"))
    if "%" in own or "%" in peer:
        return None
    told = f"{row['proto']}:{own}"
    told += "" if peer in _ANY_PEER else f"-{peer}"
    inline = _OPTIONS in row["rest"] and _is_transparent(row["rest"])
    return told + (",transparent" if inline else "")


def _plain(text: str) -> str:
    """Without the interface of an address that belongs to one anyway; IPv4 in IPv6 as IPv4."""
    bare = _BOUND.sub(r"\g<address>\g<rest>", text)
    return re.sub(r"\[::ffff:([\d.]+)\]", r"\1", bare)
