"""The pictures of the documentation are what the program draws; `make pictures` draws them anew."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
from called_program import ROOT, called

FOLDER = ROOT / "docs" / "pictures"
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


def terminals() -> ModuleType:
    spec = importlib.util.spec_from_file_location("terminals", FOLDER / "terminals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["terminals"] = module
    spec.loader.exec_module(module)
    return module


TERMINALS = terminals()


def drawings() -> dict[str, list[str]]:
    """The commands of `make`, by the name of their picture."""
    text = (FOLDER / "make").read_text().replace("\\\n", " ")
    known = dict(re.findall(r"^(\w+)=(\S+)$", text, re.MULTILINE))
    found = re.findall(r"^draw (\S+) (.*)$", text, re.MULTILINE)
    return {
        name: shlex.split(re.sub(r"\$(\w+)", lambda m: known[m[1]], told)) for name, told in found
    }


DRAWN = drawings()


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_current(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = called(DRAWN[name], b"", {"LANG": "C.UTF-8"})
    assert done.err == ""
    assert done.out == (FOLDER / f"{name}.svg").read_text()


@pytest.mark.parametrize("name", TERMINALS.SHOWN)
def test_a_terminal_is_current(name: str) -> None:
    columns, command = TERMINALS.SHOWN[name]
    picture = TERMINALS.drawn(command, TERMINALS.printed(command, columns), columns)
    assert picture == (FOLDER / f"{name}.svg").read_text()


def test_what_a_terminal_shows_is_text_at_its_columns() -> None:
    picture = TERMINALS.drawn("iptsim x", "\x1b[1;31m✘ DROP\x1b[0m  <a&b>\n路由 by", 20)
    texts = ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314  # our own
    told = [(each.text, each.get("fill")) for each in texts]
    assert told == [("$", "#79c0ff"), ("iptsim x", None), ("✘ DROP", "#ff8b82"), ("<a&b>", None),
                    ("路由 by", None)]  # fmt: skip
    assert 'textLength="58.8"' in picture  # 路由 takes four columns


def test_every_picture_is_drawn_and_shown() -> None:
    drawn = {*DRAWN, *TERMINALS.SHOWN}
    assert {path.stem for path in FOLDER.glob("*.svg")} == drawn
    shown = {
        Path(link).stem
        for page in PAGES
        for link in re.findall(r"\]\((\S+\.svg)\)", page.read_text())
    }
    assert drawn - shown == set()
