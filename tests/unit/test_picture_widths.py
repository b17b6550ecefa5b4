"""How wide the pictures of large hosts are: a screen."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iptsim.dialects import read_files
from iptsim.render.outputs.picture_svg import picture_svg
from iptsim.render.pictures.drawn_rules import dump_pictures

FIXTURES = Path(__file__).parents[2] / "fixtures"


SCREEN = 1248 / 0.85
"""What a screen of 1280 pixels shows of a picture at the smallest scale of a page."""


@pytest.mark.parametrize(
    ("dump", "least"), [("docker/published-port", 1200), ("kube-proxy/services", 1200)]
)
def test_a_large_host_fits_a_screen(dump: str, least: float) -> None:
    read = read_files([str(FIXTURES / dump / "after.save.txt")])
    drawn = ET.fromstring(picture_svg(dump_pictures(read, "en")))  # noqa: S314  # our own
    assert least < float(drawn.attrib["viewBox"].split()[2]) <= SCREEN


def test_where_a_hook_is_deep_rows_tell_the_one_destination_of_a_service() -> None:
    read = read_files([str(FIXTURES / "kube-proxy/services/after.save.txt")])
    hook = dump_pictures(read, "en")[0].lanes[0]
    assert not [box.title for box in hook.boxes if box.title.startswith("KUBE-SEP")]
    web = next(box for box in hook.boxes if box.title.startswith("KUBE-SVC-WEBSHOP"))
    assert [(line.asks, line.does) for line in web.lines[1:3]] == [
        ("1/3 of them", "→ 10.244.1.5:8080"),
        ("1/3 of them", "→ 10.244.1.6:8080"),
    ]


def test_rows_below_the_name_of_a_service_do_not_repeat_it() -> None:
    read = read_files([str(FIXTURES / "kube-proxy/services/after.save.txt")])
    hook = dump_pictures(read, "en")[0].lanes[0]
    web = next(box for box in hook.boxes if box.title.startswith("KUBE-SVC-WEBSHOP"))
    assert web.note == "shop/web:http"
    assert web.lines[0].asks.startswith("!src 10.244.0.0/16 dst 10.96.45.10")


def test_rows_of_a_wide_hook_say_below_what_they_do() -> None:
    read = read_files([str(FIXTURES / "kube-proxy/services/after.save.txt")])
    drawn = picture_svg(dump_pictures(read, "en"))
    texts = [each for each in ET.fromstring(drawn).iter() if each.text == "→ KUBE-NODEPORTS"]  # noqa: S314  # our own
    asks = [each for each in ET.fromstring(drawn).iter() if each.text == "dst-type LOCAL"]  # noqa: S314  # our own
    assert texts[0].attrib["x"] == asks[0].attrib["x"]
