"""A set in place of a value asks for every packet of it, and for no other."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.asked_rules import ruleset_of
from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.extensions.values.hostnames import names_of, read_names
from iptsim.query import query
from iptsim.questions import read_packet
from iptsim.render.shared.value_json import asked_json
from iptsim.tracer import Trace, Tracer
from iptsim.tracing import trace_grouped

DUMP = read_text(
    "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -s 192.0.2.0/25 -p tcp --dport 22 -j ACCEPT\n"
    "-A INPUT -p tcp --dport 80:90 -j ACCEPT\n-A INPUT -p tcp --dport 5000 -j REJECT\nCOMMIT\n"
)


def trace(**given: str) -> Trace:
    question = read_packet({"in": "eth0", **given})
    ruleset = ruleset_of(DUMP, question.family)
    return trace_grouped(Tracer.of(ruleset), question.packet)


def verdicts(**given: str) -> set[str | None]:
    return {outcome.verdict for outcome in trace(**given).outcomes}


@every_row(
    ("given", "expected"),
    [
        ({"src": "192.0.2.0/24", "dport": "1-1024"}, {"ACCEPT", "DROP"}),
        ({"src": "192.0.2.128/25", "dport": "1-79"}, {"DROP"}),
        ({"src": "192.0.2.1-192.0.2.9", "dport": "22"}, {"ACCEPT"}),
        ({"src": "!192.0.2.0/25", "dport": "22"}, {"DROP"}),
        ({"src": "192.0.2.1,198.51.100.1", "dport": "22"}, {"ACCEPT", "DROP"}),
        ({"dport": "80-85,90"}, {"ACCEPT"}),
        ({"dport": "http,5000"}, {"ACCEPT", "REJECT"}),
        ({"dport": "!0-4999,5001-65535"}, {"REJECT"}),
    ],
)
def test_a_set_fares_as_its_packets(given: dict[str, str], expected: set[str]) -> None:
    assert verdicts(**given) == expected


def test_each_packet_of_a_set_fares_as_one_that_is_given() -> None:
    for low, high in ((20, 24), (78, 92), (4998, 5002)):
        single = {
            v for port in range(low, high + 1) for v in verdicts(dport=str(port), src="192.0.2.9")
        }
        assert verdicts(dport=f"{low}-{high}", src="192.0.2.9") == single


def test_conditions_speak_of_the_set_alone() -> None:
    told = {
        value
        for outcome in trace(src="192.0.2.0/24", dport="1-1024").outcomes
        for cube in outcome.when
        for condition in cube.conditions
        for value in condition.values
    }
    assert told <= {"22", "80-90", "192.0.2.0/25", "192.0.2.128/25"}


def test_an_answer_tells_the_set_that_was_asked() -> None:
    question = read_packet({"in": "eth0", "src": "192.0.2.0/24", "dport": "1-1024"})
    found = query(DUMP, question.packet, "DROP", family=question.family, hook=question.hook)
    cubes = [cube for answer in found.answers for cube in answer.where]
    fields = {condition.field for cube in cubes for condition in cube.conditions}
    assert fields == {"proto", "in", "src", "dport"}
    assert asked_json(question.packet)["dport"] == "1-1024"
    assert asked_json(question.packet)["src"] == "192.0.2.0/24"


def test_an_ipv6_prefix_tells_the_family() -> None:
    assert read_packet({"src": "2001:db8::/32"}).family == 6


@every_row(
    ("key", "text"),
    [
        ("dport", "5-3"), ("dport", "1-70000"), ("dport", "!0-65535"), ("dport", "22,"),
        ("src", "10.0.0.9-10.0.0.1"), ("src", "10.0.0.0/40"), ("src", "10.0.0.1,::1"),
        ("uid", "1,x y"), ("ttl", "1-256"), ("dst", "10.0.0.0/8"), ("proto", "tcp,udp"),
    ],
)  # fmt: skip
def test_what_is_no_set_is_refused(key: str, text: str) -> None:
    with pytest.raises(UsageError):
        read_packet({key: text})


NAMED = read_text(
    "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport shopctl -j ACCEPT\nCOMMIT\n", family=4
)


def test_a_name_in_a_set_stands_for_its_value() -> None:
    names = names_of(NAMED, read_names(["shopctl=8099"]))
    asked = read_packet({"dport": "!shopctl,80"}, names=names)
    assert dict(asked.packet.sets)["dport"].ranges == ((0, 79), (81, 8098), (8100, 65535))


def test_a_name_whose_value_nobody_told_stands_in_no_set() -> None:
    with pytest.raises(UsageError, match="--name shopctl=VALUE"):
        read_packet({"dport": "shopctl,80"}, names=names_of(NAMED))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("dst", "10.0.0.0/8"),
        ("dst", "10.0.0.1-10.0.0.9"),
        ("dst", "!10.0.0.1"),
        ("proto", "tcp,udp"),
        ("in", "eth0,eth1"),
        ("ctstate", "NEW,RELATED"),
        ("icmp_type", "8/0,0/0"),
    ],
)
def test_a_field_of_one_value_says_so(field: str, text: str) -> None:
    option = "--" + field.replace("_", "-")
    with pytest.raises(UsageError, match=f"{option}: takes one value, and .* is a set; sets take"):
        read_packet({field: text})


def test_one_value_with_a_slash_is_no_set() -> None:
    assert read_packet({"icmp_type": "8/0"}).packet.icmp_type is not None
