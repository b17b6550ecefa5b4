"""A mail as it was sent, in quoted-printable: lines broken by `=`, letters by their numbers.

Source: RFC 2045, section 6.7. Lines keep their numbers: the rest of a line stands in its first one,
and nothing in those that it took up.
"""

from __future__ import annotations

import quopri
import re

from iptsim.regex import regex

_HEADER = regex(r"^Content-Transfer-Encoding:\s*quoted-printable\s*$", re.I | re.M)
# A program breaks a line that would be longer than 76 letters, and no shorter one.
_SOFT = regex(r"^.{70,75}=\r?$", re.M)
_FULL = regex(r"^.{75}=\r?$", re.M)
_LONGER = regex(r"^.{77}", re.M)
_BROKEN = regex(r"(?:^.*=\r?\n)+.*$", re.M)
_CODE = regex(r"=[0-9A-F]{2}")
_FEWEST = 2


def unbroken(text: str) -> str:
    """A text without soft line breaks, if it has them; any other as it is."""
    if "=\n" not in text and "=\r\n" not in text:
        return text
    shown = _HEADER.search(text) is not None
    soft = _FULL.search(text) is not None or len(_SOFT.findall(text)) >= _FEWEST
    if not shown and (not soft or _LONGER.search(text)):
        return text
    joined = _BROKEN.sub(_joined, text)
    return _decoded(joined) if _CODE.search(joined) else joined


def _joined(found: re.Match[str]) -> str:
    lines = found[0].split("\n")
    whole = "".join(line.removesuffix("\r").removesuffix("=") for line in lines[:-1])
    return whole + lines[-1] + "\n" * (len(lines) - 1)


def _decoded(text: str) -> str:
    lines = (
        quopri.decodestring(line.encode()).decode(errors="replace") for line in text.split("\n")
    )
    return "\n".join(lines)
