"""How wide the pictures of large hosts are: a screen."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import iptsim
from iptsim.dialects import read_files, read_text
from iptsim.render.outputs.picture_svg import picture_svg
from iptsim.render.pictures.drawn import Picture
from iptsim.render.pictures.drawn_rules import change_picture, dump_pictures, trace_picture
from iptsim.render.pictures.placed import Area, PlacedLine
from iptsim.render.pictures.sheets import narrow, wide
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer

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


def test_what_changed_on_a_large_host_fits_a_screen_too() -> None:
    drawn = wide(_changed("kube-proxy/services"), titled=False)
    assert 1200 < drawn.width <= SCREEN


def test_a_deep_hook_leaves_out_ends_that_its_rows_tell() -> None:
    drawn = wide(_changed("kube-proxy/services"), titled=False)
    arriving = next(lane for lane in drawn.lanes if lane.hook == "PREROUTING")
    assert [end.end.title for end in arriving.ends] == ["ACCEPT"]
    pods = [box for box in arriving.boxes if box.box.title.startswith("KUBE-SEP-WEB2")]
    told = [text.text for line in pods[0].lines for text in line.texts]
    assert "DNAT → 10.244.1.6:8080" in " ".join(told)


def test_where_rows_go_on_below_nothing_of_what_they_ask_is_cut() -> None:
    drawn = wide(_changed("kube-proxy/services"), titled=False)
    services = drawn.lanes[0].boxes[1]
    asked = [_joined(line, "asks") for line in services.lines]
    assert asked[1:3] == [
        "shop/web:http dst 10.96.45.10 tcp dport 80",
        "shop/queue:amqp dst 10.96.77.7 tcp dport 5672",
    ]
    for one in (*drawn.lanes, *narrow(_changed("kube-proxy/services")).lanes):
        for line in (line for box in one.boxes for line in box.lines):
            assert all(line.area.holds(text.x, text.y) for text in line.texts)


def test_where_there_is_room_nothing_is_cut() -> None:
    rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 192.0.2.0/24 -d 198.51.100.0/24 -p tcp "
    rules += "--dport 8443 -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n"
    drawn = wide(dump_pictures(read_text(rules, file="f", family=4), "en")[0])
    told = [text.text for text in drawn.lanes[0].boxes[0].lines[0].texts]
    assert "REJECT --reject-with icmp-port-unreachable" in told
    assert not [text for text in told if text.endswith("…")]


def _changed(case: str) -> Picture:
    both = [iptsim.read(FIXTURES / case / f"{side}.save.txt") for side in ("before", "after")]
    return change_picture(iptsim.diff(*both).difference, 4, "en")


def _joined(line: PlacedLine, kind: str) -> str:
    return " ".join(" ".join(each.text for each in line.texts if each.kind == kind).split())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_telephone_what_was_rewritten_stands_clear_of_boxes_and_ends(lang: str) -> None:
    found = iptsim.read(FIXTURES / "istio/both-directions/after.txt")
    trace = found.trace(dport=8088).trace
    answer = TraceAnswer(trace=trace, ruleset=found.dump.rulesets[0], style=Style(lang=lang))
    (told,) = (
        (edge.label, [*(box.area for box in lane.boxes), *(end.area for end in lane.ends)])
        for lane in narrow(trace_picture(answer)).lanes
        for edge in lane.edges
        if edge.label is not None and edge.label.text == "8088 → 15001"
    )
    label, areas = told
    room = Area(x=label.x, y=label.y - 11, width=label.width, height=14)
    assert not [area for area in areas if area.overlaps(room)]
