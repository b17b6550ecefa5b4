"""How wide the pictures of large hosts are: a screen, or one and two thirds."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iptsim.dialects import read_files
from iptsim.render.outputs.picture_svg import picture_svg
from iptsim.render.pictures.drawn_rules import dump_pictures

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    ("dump", "least", "most"),
    [("docker/published-port", 1400, 1900), ("kube-proxy/services", 1900, 2450)],
)
def test_a_large_host_is_no_wider_than_a_screen_and_two_thirds(
    dump: str, least: float, most: float
) -> None:
    read = read_files([str(FIXTURES / dump / "after.save.txt")])
    drawn = ET.fromstring(picture_svg(dump_pictures(read, "en")))  # noqa: S314  # our own
    assert least < float(drawn.attrib["viewBox"].split()[2]) <= most


def test_rows_of_a_wide_hook_say_below_what_they_do() -> None:
    read = read_files([str(FIXTURES / "kube-proxy/services/after.save.txt")])
    drawn = picture_svg(dump_pictures(read, "en"))
    texts = [each for each in ET.fromstring(drawn).iter() if each.text == "→ KUBE-NODEPORTS"]  # noqa: S314  # our own
    asks = [each for each in ET.fromstring(drawn).iter() if each.text == "dst-type LOCAL"]  # noqa: S314  # our own
    assert texts[0].attrib["x"] == asks[0].attrib["x"]
