"""The pictures of the documentation are what the program draws."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest

import iptsim
from iptsim.render.outputs.picture_svg import picture_svg
from iptsim.render.pictures.composing import change_pictures, dump_pictures, trace_picture
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer

ROOT = Path(__file__).resolve().parents[2]
DRAWN = ROOT / "docs" / "pictures"
CASE = ROOT / "fixtures" / "istio" / "both-directions"


def drawn(name: str) -> str:
    with chdir(CASE):
        after = iptsim.read("after.txt")
        if name == "istio":
            return picture_svg(dump_pictures(after.dump, "en"))
        if name == "istio-change":
            difference = iptsim.diff(iptsim.read("before.txt"), after).difference
            return picture_svg(change_pictures(difference, "en"))
        trace = after.trace(dport=8088).trace
    answer = TraceAnswer(trace=trace, ruleset=after.dump.rulesets[0], style=Style())
    return picture_svg([trace_picture(answer)])


@pytest.mark.parametrize("name", ["istio", "istio-8088", "istio-change"])
def test_picture(name: str, updating: bool) -> None:
    path, text = DRAWN / f"{name}.svg", drawn(name) + "\n"
    if updating:
        path.write_text(text)
    assert path.read_text() == text


def test_every_picture_of_the_pages_is_there() -> None:
    page = (ROOT / "docs" / "howto" / "pictures.md").read_text()
    shown = {part.partition(")")[0] for part in page.split("(../pictures/")[1:]}
    assert shown <= {path.name for path in DRAWN.glob("*.svg")}
    assert len(shown) == 4
