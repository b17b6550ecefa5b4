"""Pictures: nothing overlaps, all text is inside, edges end at their boxes, nothing gets out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from every_row import every_row

import iptsim
from iptsim.dialects import read_text
from iptsim.model import Dump
from iptsim.render.pictures.drawn import Lane, Line, Picture
from iptsim.render.pictures.drawn_rules import change_picture, rules_picture, trace_picture
from iptsim.render.pictures.layered import layers_of
from iptsim.render.pictures.measures import fit
from iptsim.render.pictures.placed import Area, Drawing, PlacedLane, Text
from iptsim.render.pictures.shares import part_text, parts_of, shares
from iptsim.render.pictures.sheets import narrow, wide, wide_all
from iptsim.render.pictures.svg import svg
from iptsim.render.pictures.told_chains import chains_of
from iptsim.render.shared.terminal import Style, columns_of
from iptsim.render.shared.trace_answer import TraceAnswer

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
AFTER = FIXTURES / "istio" / "both-directions" / "after.txt"
BEFORE = AFTER.with_name("before.txt")
LONG = "N" * 255
HOSTILE = f"""*filter
:INPUT DROP [3:180]
:FORWARD ACCEPT [12345678:99999]
:OUTPUT ACCEPT [0:0]
:A<b>&amp; - [0:0]
:\u202eevil\u202c - [0:0]
:\u05d0\u05d1\u05d2 - [0:0]
:LOOP - [0:0]
:LOOP2 - [0:0]
:{LONG} - [0:0]
-A INPUT -m comment --comment "</title></svg><script>alert(1)</script>" -j A<b>&amp;
-A INPUT -p tcp -j \u202eevil\u202c
-A INPUT -j LOOP
-A LOOP -p tcp -j LOOP2
-A LOOP -j DROP
-A LOOP2 -j LOOP
-A INPUT -p udp -g \u05d0\u05d1\u05d2
-A INPUT -j {LONG}
-A INPUT -j MISSING
-A \u05d0\u05d1\u05d2 -m comment --comment "\u4e2d\u6587\u6ce8\u91ca \x07" -j REJECT
-A A<b>&amp; -p udp -m udp --dport 53 -j LOG --log-prefix "<script>x</script>"
[5000000:123] -A {LONG} -m string --string "]]>" --algo bm -j ACCEPT
COMMIT
"""


def of_text(text: str) -> Dump:
    return read_text(text, file="f", family=4)


def services(count: int) -> str:
    """A table of kube-proxy's shape: as many services, each on three pods."""
    lines = ["*nat", ":PREROUTING ACCEPT [0:0]", ":SERVICES - [0:0]", "-A PREROUTING -j SERVICES"]
    for n in range(count):
        lines += [f":SVC-{n} - [0:0]", *(f":SEP-{n}-{pod} - [0:0]" for pod in range(3))]
        said = f'-m comment --comment "shop/s{n}:http cluster IP"'
        lines.append(f"-A SERVICES -d 10.96.{n // 250}.{n % 250}/32 {said} -j SVC-{n}")
        for pod, chance in enumerate(("0.33333333349", "0.50000000000", "")):
            asked = f"-m statistic --mode random --probability {chance} " if chance else ""
            lines.append(f"-A SVC-{n} {asked}-j SEP-{n}-{pod}")
            lines.append(f"-A SEP-{n}-{pod} -p tcp -j DNAT --to-destination 10.2.{pod}.9:8080")
    return "\n".join([*lines, "COMMIT", ""])


def traced(dump: Dump, **packet: int | str) -> Picture:
    found = iptsim.Rules(dump=dump).trace(**packet).trace  # type: ignore[arg-type]  # by name
    answer = TraceAnswer(trace=found, ruleset=dump.rulesets[0], style=Style())
    return trace_picture(answer)


def files(*parts: str) -> Dump:
    return iptsim.read(FIXTURES.joinpath(*parts)).dump


def both_sides(before: Path, after: Path) -> Picture:
    difference = iptsim.diff(iptsim.read(before), iptsim.read(after)).difference
    return change_picture(difference, 4, "en")


CASES: dict[str, Callable[[], Picture]] = {
    "istio": lambda: rules_picture(iptsim.read(AFTER).dump.rulesets[0], "en"),
    "istio, one chain": lambda: rules_picture(
        iptsim.read(AFTER).dump.rulesets[0], "zh", start="ISTIO_OUTPUT"
    ),
    "istio, a packet": lambda: traced(iptsim.read(AFTER).dump, dport=8088),
    "istio, what changed": partial(both_sides, BEFORE, AFTER),
    "docker": lambda: rules_picture(
        files("docker", "published-port", "after.save.txt").rulesets[0], "zh"
    ),
    "docker, what changed": partial(
        both_sides,
        FIXTURES / "docker" / "published-port" / "before.save.txt",
        FIXTURES / "docker" / "published-port" / "after.save.txt",
    ),
    "kube-proxy": lambda: rules_picture(
        files("kube-proxy", "services", "after.save.txt").rulesets[0], "en"
    ),
    "kube-proxy, a packet": lambda: traced(
        files("kube-proxy", "services", "after.save.txt"), dport=80, dst="10.96.45.10"
    ),
    "many services": lambda: rules_picture(of_text(services(300)).rulesets[0], "en"),
    "a packet to one of many": lambda: traced(
        of_text(services(300)), proto="tcp", dport=80, dst="10.96.1.3", **{"in": "eth0"}
    ),
    "hostile": lambda: rules_picture(of_text(HOSTILE).rulesets[0], "en"),
    "hostile, a packet": lambda: traced(of_text(HOSTILE), proto="udp", dport=53, src="10.0.0.1"),
}
LAYOUTS = {"wide": wide, "narrow": narrow}
BOTH = every_row("layout", LAYOUTS)
EACH = every_row("case", CASES)


@cache
def picture_of(case: str) -> Picture:
    return CASES[case]()


@cache
def drawn(case: str, layout: str) -> Drawing:
    return LAYOUTS[layout](picture_of(case))


def areas(lane: PlacedLane) -> list[Area]:
    return [box.area for box in lane.boxes] + [end.area for end in lane.ends]


def extent(text: Text) -> Area:
    return Area(x=text.x, y=text.y - 9, width=text.width, height=11)


@BOTH
@EACH
def test_no_two_boxes_overlap(case: str, layout: str) -> None:
    drawing = drawn(case, layout)
    assert drawing.lanes
    for lane in drawing.lanes:
        assert [pair for pair in combinations(areas(lane), 2) if pair[0].overlaps(pair[1])] == []
    for one, other in combinations(drawing.lanes, 2):
        assert not one.area.overlaps(other.area)


@BOTH
@EACH
def test_boxes_lie_within_their_hook_and_that_within_the_picture(case: str, layout: str) -> None:
    drawing = drawn(case, layout)
    sheet = Area(x=0, y=0, width=drawing.width, height=drawing.height)
    for lane in drawing.lanes:
        assert sheet.holds(lane.area.x, lane.area.y)
        assert sheet.holds(lane.area.right, lane.area.bottom)
        for area in areas(lane):
            assert lane.area.holds(area.x, area.y)
            assert lane.area.holds(area.right, area.bottom)


def held(drawing: Drawing) -> Iterator[tuple[Area, Text]]:
    for stop in drawing.stops:
        yield stop.area, stop.text
    for lane in drawing.lanes:
        yield from ((lane.area, text) for text in lane.texts)
        yield from ((lane.area, edge.label) for edge in lane.edges if edge.label is not None)
        for end in lane.ends:
            yield from ((end.area, text) for text in end.texts)
        for box in lane.boxes:
            yield from ((box.area, text) for text in box.texts)
            yield from ((line.area, text) for line in box.lines for text in line.texts)


@BOTH
@EACH
def test_all_text_is_inside_its_box(case: str, layout: str) -> None:
    out = [
        text.text
        for area, text in held(drawn(case, layout))
        if not (area.holds(text.x, text.y) and area.holds(text.x + text.width, text.y))
    ]
    assert out == []


@BOTH
@EACH
def test_the_cells_of_a_row_do_not_overlap(case: str, layout: str) -> None:
    for lane in drawn(case, layout).lanes:
        for line in (line for box in lane.boxes for line in box.lines):
            cells = [extent(text) for text in line.texts]
            cells += [line.steps] if line.steps else []
            assert not any(a.overlaps(b) for a, b in combinations(cells, 2))


@EACH
def test_conditions_on_edges_cover_no_box_and_no_other_condition(case: str) -> None:
    for lane in drawn(case, "wide").lanes:
        labels = [extent(edge.label) for edge in lane.edges if edge.label is not None]
        assert not any(label.overlaps(area) for label in labels for area in areas(lane))
        assert not any(a.overlaps(b) for a, b in combinations(labels, 2))


@BOTH
@EACH
def test_edges_begin_and_end_at_their_boxes(case: str, layout: str) -> None:
    edges = 0
    for lane in drawn(case, layout).lanes:
        boxes = {placed.box.key: placed.area for placed in lane.boxes}
        for edge in lane.edges:
            ends = [boxes[edge.to]] if edge.to else [end.area for end in lane.ends]
            assert boxes[edge.source].holds(*edge.points[0])
            assert any(area.holds(*edge.points[-1]) for area in ends)
            edges += 1
    assert edges


@EACH
def test_no_edge_crosses_a_box(case: str) -> None:
    for lane in drawn(case, "wide").lanes:
        for edge in lane.edges:
            for (x0, y0), (x1, y1) in zip(edge.points, edge.points[1:], strict=False):
                way = Area(
                    x=min(x0, x1) + 0.01,
                    y=min(y0, y1),
                    width=abs(x1 - x0) - 0.02,
                    height=max(abs(y1 - y0), 0.01),
                )
                assert way.width < 0 or not any(way.overlaps(area) for area in areas(lane))


@BOTH
@EACH
def test_it_is_xml_without_scripts(case: str, layout: str) -> None:
    text = svg(drawn(case, layout))
    tree = ET.fromstring(text)  # noqa: S314  # our own text
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags <= {"svg", "title", "style", "rect", "text", "path", "g"}
    names = {name for element in tree.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in names)
    assert "url(" not in text
    assert re.search("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e]", text) is None


def boxes_of(picture: Picture) -> dict[str, tuple[Line, ...]]:
    return {box.key: box.lines for lane in picture.lanes for box in lane.boxes}


def test_the_story_is_told() -> None:
    lines = boxes_of(picture_of("istio"))["nat ISTIO_INBOUND"]
    assert (lines[0].asks, lines[0].to) == ("tcp dport 8088", "nat ISTIO_IN_REDIRECT")
    (sent,) = (line.end for line in boxes_of(picture_of("istio"))["nat ISTIO_REDIRECT"] if line.end)
    assert (sent.title, sent.meaning) == ("15001", "Port 15001 is where Envoy listens")


def test_the_way_is_lit_and_numbered_and_says_what_was_rewritten() -> None:
    picture = picture_of("istio, a packet")
    lit = [
        (box.key, line.lit, line.change)
        for lane in picture.lanes
        for box in lane.boxes
        for line in box.lines
        if line.lit
    ]
    assert lit == [
        ("nat PREROUTING", (1,), ""),
        ("nat ISTIO_INBOUND", (2,), ""),
        ("nat ISTIO_IN_REDIRECT", (3,), "8088 → 15001"),
        ("nat INPUT", (4,), ""),
    ]
    assert picture.verdict == "good"
    assert [lane.hook for lane in picture.lanes] == ["PREROUTING", "INPUT"]


def test_what_changed_has_signs_and_what_new_rules_lead_to() -> None:
    boxes = boxes_of(picture_of("istio, what changed"))
    signs = {key: [line.sign for line in lines] for key, lines in boxes.items()}
    assert signs == {
        "nat PREROUTING": ["+", ""],
        "nat ISTIO_INBOUND": ["+", ""],
        "nat ISTIO_IN_REDIRECT": ["", ""],
    }


def test_removed_and_changed_rules_stand_where_they_were(tmp_path: Path) -> None:
    head = "*filter\n:INPUT ACCEPT [0:0]\n"
    old, new = tmp_path / "old", tmp_path / "new"
    ports = "-A INPUT -p tcp -m tcp --dport {} -j {}\n"
    old.write_text(head + "".join(ports.format(p, "DROP") for p in (1, 2, 3, 4)) + "COMMIT\n")
    kept = [ports.format(1, "DROP"), ports.format(3, "ACCEPT"), ports.format(4, "DROP")]
    new.write_text(head.replace("ACCEPT", "DROP") + "".join(kept) + "COMMIT\n")
    lines = boxes_of(both_sides(old, new))["filter INPUT"]
    told = [(line.sign, line.asks.rpartition(" ")[2], line.does) for line in lines]
    assert told == [
        ("", "1", "DROP"),
        ("-", "2", "DROP"),
        ("-", "3", "DROP"),
        ("~", "3", "ACCEPT"),
        ("", "4", "DROP"),
        ("~", "ACCEPT)", "DROP"),
    ]


def test_a_large_table_is_folded_and_says_so() -> None:
    picture = picture_of("many services")
    lines = boxes_of(picture)["nat SERVICES"]
    assert lines[0].does == "→ 3 destinations, 1/3 each"
    assert lines[0].asks.startswith("shop/s0:http  ")
    folded = [(line.asks, line.does) for line in lines if line.folded]
    assert folded == [("… 286 more rules", "lead to 286 more chains")]
    assert (picture.folded, picture.chains) == (1200, 1201)
    assert sum(len(lane.boxes) for lane in picture.lanes) == 2


def test_a_packet_opens_what_it_meets() -> None:
    boxes = boxes_of(picture_of("a packet to one of many"))
    assert "nat SVC-253" in boxes
    assert len(boxes) < 8


def test_shares() -> None:
    ruleset = of_text(services(1)).rulesets[0]
    chains = chains_of(ruleset)
    found = [(s.to, part_text(s.part)) for s in shares(chains["nat SVC-0"], chains, 4) if s.part]
    assert found == [(f"10.2.{pod}.9:8080", "1/3") for pod in range(3)]
    assert parts_of(chains["nat SERVICES"]) == {}


def test_layers_follow_the_longest_way_and_take_no_harm_from_loops() -> None:
    lane = picture_of("hostile").lanes[0]
    found = layers_of(lane)
    assert found["filter INPUT"] == 0
    assert found["filter LOOP2"] == found["filter LOOP"] + 1
    assert layers_of(Lane(hook="INPUT", title="", boxes=(), roots=())) == {}


def test_rules_that_do_nothing_are_a_picture_too() -> None:
    ruleset = of_text("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n").rulesets[0]
    picture = rules_picture(ruleset, "en")
    assert (picture.lanes, picture.subtitle) == ((), ("There is no rule here.",))
    for layout in (wide, narrow):
        assert "There is no rule here." in svg(layout(picture))


def test_a_step_that_no_text_has_is_told() -> None:
    chain = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j GONE\nCOMMIT\n"
    picture = traced(of_text(chain), proto="tcp", hook="FORWARD", dport=80)
    numbers = [line.lit for lane in picture.lanes for box in lane.boxes for line in box.lines]
    told = [text for text in picture.subtitle if "no text has" in text]
    assert (1,) in numbers
    assert bool(told) == ((2,) not in numbers)


def test_several_families_stand_below_each_other() -> None:
    picture = picture_of("istio")
    one, both = wide(picture), wide_all([picture, picture])
    assert both.height == 2 * one.height
    assert len(both.lanes) == 2 * len(one.lanes)


@pytest.mark.parametrize("text", ["plain", "中文链名很长很长很长", "a" * 300, "\u202ex\x1b[0m", ""])
def test_fitted_text_fits(text: str) -> None:
    assert columns_of(fit(text, 12)) <= 12
    assert fit(text, 12).isprintable()
