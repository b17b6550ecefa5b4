"""Draws what iptsim shows on a terminal, from real runs on one: make pictures.

    python docs/pictures/terminals.py                 every picture
    python docs/pictures/terminals.py terminal-diff   only this one

Each command runs on a pseudo-terminal of some width; what it prints, with its colours, becomes an
SVG of text that needs no font but a monospaced one. A run gives the same bytes anywhere.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASE = "fixtures/istio/both-directions"
SHOWN = {
    "terminal-trace": (100, f"iptsim trace --dport 8088 {CASE}/after.txt"),
    "terminal-diff": (100, f"iptsim diff {CASE}/before.txt {CASE}/after.txt"),
    "terminal-trace-zh": (100, f"iptsim trace --lang zh --dport 8088 {CASE}/after.txt"),
    "terminal-beside": (180, f"iptsim diff {CASE}/before.save.txt {CASE}/after.save.txt"),
}
"""The columns of the terminal, and what is typed."""
_CELL, _LINE, _MARGIN, _BAR = 8.4, 19, 16, 30
_INKS = {"1;32": "#7ee787", "1;31": "#ff8b82", "1;33": "#f2cc60", "32": "#7ee787", "31": "#ff8b82",
         "2": "#9aa4af", "prompt": "#79c0ff"}  # fmt: skip


def printed(command: str, columns: int) -> str:
    """What a command prints on a terminal of that width, but for word of long work."""
    own, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    words = command.split()[1:]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    environ = {**kept, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    with subprocess.Popen(  # noqa: S603  # the commands above
        [sys.executable, "-m", "iptsim", *words],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, cwd=ROOT, env=environ,
    ):  # fmt: skip
        os.close(theirs)
        told = b"".join(_read(own))
    os.close(own)
    return told.decode().replace("\r\n", "\n").rstrip("\n")


def _read(own: int) -> Iterator[bytes]:
    """All that was printed: a terminal whose other end was closed cannot be read."""
    while True:
        try:
            part = os.read(own, 1 << 16)
        except OSError:
            return
        if not part:
            return
        yield part


def drawn(command: str, told: str, columns: int) -> str:
    """The picture of a terminal with a command and what it printed."""
    lines = [f"\x1b[promptm$\x1b[0m {command}", *told.split("\n")]
    width, height = round(columns * _CELL) + 2 * _MARGIN, len(lines) * _LINE + _BAR + _MARGIN
    rows = "".join(_row(line, _BAR + _LINE * number + 14) for number, line in enumerate(lines))
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="16" r="5" fill="#4b5563"/>' for n in range(3))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">\n<title>{escape(command)}</title>\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>\n{dots}\n'
        '<g fill="#e6edf3" font-size="14" font-family="ui-monospace, SFMono-Regular, Menlo, '
        "Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace\" "
        f'xml:space="preserve">\n{rows}</g>\n</svg>\n'
    )


def _row(line: str, y: int) -> str:
    cells, at = [], 0
    for text, ink in _runs(line):
        for word in re.findall(r"\S+(?: \S+)*| +", text):
            if word.strip():
                cells.append(_words(word, at, y, ink))
            at += _columns(word)
    return "".join(f"{cell}\n" for cell in cells)


def _words(word: str, at: int, y: int, ink: str) -> str:
    """Words at their column, as wide as a terminal has them whatever the font."""
    colour = f' fill="{_INKS[ink]}"' if ink in _INKS else ""
    bold = ' font-weight="bold"' if ink.startswith("1;") else ""
    x, length = _MARGIN + at * _CELL, _columns(word) * _CELL
    return (
        f'<text x="{x:g}" y="{y}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"'
        f"{colour}{bold}>{escape(word)}</text>"
    )


def _runs(line: str) -> Iterator[tuple[str, str]]:
    """The parts of a line, each with its colour."""
    ink, parts = "", re.split("\x1b\\[([a-z0-9;]*)m", line)
    for number, part in enumerate(parts):
        if number % 2:
            ink = "" if part == "0" else part
        elif part:
            yield part, ink


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def main(wanted: Sequence[str]) -> None:
    """Draw the pictures of those names, or all."""
    for name, (columns, command) in SHOWN.items():
        if not wanted or name in wanted:
            picture = drawn(command, printed(command, columns), columns)
            (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
