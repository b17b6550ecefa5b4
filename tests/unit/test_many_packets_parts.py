"""The parts of the way of many packets: conditions, indexes, frames, classes of addresses."""

from __future__ import annotations

from iptsim.host import NOBODY
from iptsim.many.address_classes import AddressClasses
from iptsim.many.flows import flow
from iptsim.many.indexed import FEW, Index
from iptsim.many.line_frames import Frames, told_by
from iptsim.many.quick_conditions import Condition
from iptsim.many.ways import Own
from iptsim.predicate import Fact, all_of, any_of, between, equals, negate
from iptsim.questions import read_packet

PORT, OTHER = equals("dport", 80), between("sport", 1024, 65535)
FACT = Fact(key="limit")


def test_a_condition_is_open_where_a_field_is_that_may_decide() -> None:
    asked = Condition.of(all_of((PORT, negate(OTHER))))
    assert asked.of_packet({"dport": 80, "sport": 7}, {}) is True
    assert asked.of_packet({"dport": 80, "sport": 2000}, {}) is False
    assert asked.of_packet({"dport": 80}, {}) is None
    assert asked.of_packet({"dport": 81}, {}) is False


def test_a_condition_tells_the_fact_that_alone_is_left() -> None:
    asked = Condition.of(all_of((PORT, negate(FACT))))
    assert asked.of_packet({"dport": 80}, {}) == (FACT, False)
    assert asked.of_packet({"dport": 22}, {}) is False
    two = Condition.of(all_of((FACT, Fact(key="quota"))))
    assert two.of_packet({}, {}) is None


def test_one_of_several_is_told_as_soon_as_one_is() -> None:
    asked = Condition.of(any_of((PORT, OTHER)))
    assert asked.of_packet({"dport": 80}, {}) is True
    assert asked.of_packet({"dport": 22}, {}) is None


def test_an_index_keeps_the_order_of_rules_and_leaves_none_out_that_may_match() -> None:
    parts = [equals("dst", n % 5) if n % 3 else between("dst", 0, n) for n in range(4 * FEW)]
    conditions = [Condition.of(part) for part in parts]
    index = Index(conditions, range(len(parts)))
    for value in range(7):
        places = index.places({"dst": value})
        met = [n for n, one in enumerate(conditions) if one.of_packet({"dst": value}, {})]
        assert [*places] == sorted(places)
        assert set(met) <= set(places)
    assert [*index.places({})] == [*range(len(parts))]
    assert len(index.places({"dst": 6})) < len(parts)


def test_lines_alike_have_one_frame() -> None:
    frames = Frames()
    line = {"id": 1, "proto": "tcp", "src": "10.0.0.1", "dport": 80}
    question = read_packet(line)
    assert frames.of_line(line) is None
    frame = frames.of(question, told_by(question), 4)
    frames.read(line, frame, told_by(question))
    again = frames.of_line({"id": "x", "proto": "tcp", "src": "10.9.9.9", "dport": 22})
    assert again == (frame, {"src": 0x0A090909, "dport": 22})
    for other in (
        {"proto": "tcp", "src": "fd00::1", "dport": 80},
        {"proto": "udp", "src": "10.0.0.1", "dport": 80},
        {"proto": "tcp", "src": "10.0.0.1", "dport": "80"},
        {"proto": "tcp", "src": "10.0.0.1", "dport": 65536},
        {"proto": "tcp", "src": "10.0.0.1/8", "dport": 80},
        {"proto": "tcp", "src": "10.0.0.1", "dport": True},
    ):
        assert frames.of_line(other) is None


def test_addresses_of_one_kind_are_of_one_class() -> None:
    classes = AddressClasses(NOBODY, 32)
    one, other, loop, group, nobody = (
        classes(a) for a in (0x0A000001, 0x0A090909, 0x7F000001, 0xE0000005, 0)
    )
    assert one == other
    assert len({one, loop, group, nobody}) == 4


def test_a_flow_is_told_with_the_packets_own_fields() -> None:
    made = flow("{", ['"from": ', Own("sport"), "}"])
    assert made.told("7", {"sport": "1024"}) == '{"id": 7, "from": 1024}'
    assert made.told("", {"sport": "9"}) == '{"from": 9}'
