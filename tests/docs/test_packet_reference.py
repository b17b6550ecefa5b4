"""The page on the packet's options has every one of them, each once."""

from __future__ import annotations

import re
from pathlib import Path

from iptsim.packet import option_of
from iptsim.questions import KEYS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "packet.md"
FIRST_CELL = re.compile(r"^\| (`-[^|]*) \|", re.MULTILINE)


def test_every_option_has_its_row() -> None:
    cells = FIRST_CELL.findall(PAGE.read_text(encoding="utf-8"))
    shown = [word for cell in cells for word in re.findall(r"--[a-z-]+", cell)]
    assert sorted(shown) == sorted(option_of(key) for key in KEYS)
