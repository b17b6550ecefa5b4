"""Lines by which a program that runs in GitHub Actions annotates files.

Source: GitHub Docs, Workflow commands for GitHub Actions, «Setting a warning message»; the escapes
are those of `actions/toolkit`, `packages/core/src/command.ts`.
"""

from __future__ import annotations

from iptsim.errors import Place
from iptsim.render.shared.terminal import printable

_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _TEXT | str.maketrans({":": "%3A", ",": "%2C"})
_STDIN = "-"
LEVELS = ("error", "warning", "notice")


def annotation(level: str, text: str, *, title: str, place: Place | None) -> str:
    """An annotation of one of `LEVELS`; of standard input there is no file to annotate."""
    told = {"title": title}
    if place is not None and place.file != _STDIN:
        told = {"file": place.file, "line": str(place.line), **told}
    properties = ",".join(f"{name}={_safe(value)}" for name, value in told.items())
    lines = "\n".join(map(printable, text.split("\n")))
    return f"::{level} {properties}::{lines.translate(_TEXT)}"


def _safe(value: str) -> str:
    return printable(value).translate(_PROPERTY)
