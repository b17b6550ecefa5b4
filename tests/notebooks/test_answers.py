"""What the checks of the lessons that are new tell to right and to wrong answers."""

from __future__ import annotations

from typing import Any

import pytest
from test_notebooks import CHECKS, FIREWALL, GUARD, RIGHT, SAVED

STRANGER = FIREWALL.trace(dport=5432, src="203.0.113.9", in_="eth0")
CHECKS.speak("en")


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        (11, True, "Titles are no rules"),
        ("11", True, "Titles are no rules"),
        (3, False, "There are more"),
        (12, False, "There are fewer"),
        ("many", False, "Give a number"),
    ],
)
def test_how_many(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.count(FIREWALL.chain("INPUT"), answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ("DROP", True, "how it ends"),
        ("drop", True, "how it ends"),
        ("ACCEPT", False, "the first that fits"),
        ("gone", False, "as a word"),
        (7, False, "as a word"),
    ],
)
def test_which_fate(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.fate(FIREWALL.trace(proto="gre", in_="eth0", out="eth1"), answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        (("LOGDROP", 2), True, "No rule before it"),
        (["LOGDROP", "2"], True, "No rule before it"),
        (("LOGDROP", 1), False, "goes on"),
        (("INPUT", 11), False, "goes on"),
        (("INPUT", 3), False, "not for this packet"),
        (("NOWHERE", 3), False, "not for this packet"),
        ("LOGDROP", False, "a chain and a number"),
        (2, False, "a chain and a number"),
    ],
)
def test_which_rule_decides(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.decider(STRANGER, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        (["INPUT", "LOGDROP"], True, "comes back"),
        (("INPUT", "LOGDROP"), True, "comes back"),
        (["LOGDROP", "INPUT"], False, "In which order"),
        (["INPUT"], False, "more on its way"),
        (["INPUT", "OFFICE", "LOGDROP"], False, "not come by all"),
        ("INPUT", False, "in order"),
    ],
)
def test_which_chains(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.way(STRANGER, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ("-A GUARD -s 198.51.100.5 -j RETURN", True, "comes back behind"),
        ("-A GUARD -s 198.51.100.0/28 -j RETURN", True, "comes back behind"),
        ("-A GUARD -s 198.51.100.5 -j ACCEPT", False, "decides at once"),
        ("-A GUARD -s 198.51.100.6 -j RETURN", False, "not for this packet"),
        ("-A GUARD -s 198.51.100.5 -j", False, "its end is missing"),
        ("-A GUARD -s nobody:5 -j RETURN", False, ""),
        ("-A INPUT -j RETURN", False, "one rule"),
        (5, False, "one rule"),
    ],
)
def test_a_rule_that_returns(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.returns(GUARD, {"dport": 25, "src": "198.51.100.5"}, answer)
    assert reply.right is right
    assert told in repr(reply)


ENVOYS = {"dport": 8088, "src": "127.0.0.6", "dst": "10.9.9.9", "uid": 1337, "out": "lo"}


@pytest.mark.parametrize(
    ("changed", "right", "told"),
    [
        ({}, True, "for this packet alone"),
        ({"gid": 1337}, True, "for this packet alone"),
        ({"dport": 80}, False, "listens on port 8088"),
        ({"uid": 1000}, False, "Somebody else"),
        ({"out": "eth0"}, False, "stays within the pod"),
        ({"src": "10.9.9.9"}, False, "once more"),
        ({"src": None}, False, "once more"),
        ({"colour": "red"}, False, "no such packet"),
        ({"uid": None, "out": None, "in_": "eth0"}, False, "who sends it"),
    ],
)
def test_to_the_application(changed: dict[str, Any], right: bool, told: str) -> None:
    reply = CHECKS.to_the_application(SAVED, {**ENVOYS, **changed})
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("number", "answer", "right", "told"),
    [
        (1, ..., None, "Not answered yet"),
        (1, "iptables -t nat -A PREROUTING -p tcp -j ISTIO_INBOUND", True, "healthy mesh"),
        (1, "iptables -t nat -A PREROUTING -j ISTIO_INBOUND", True, "healthy mesh"),
        (1, "iptables -t nat -A PREROUTING -p tcp -j ISTIO_IN_REDIRECT", False, "another one"),
        (1, "iptables -t nat -A OUTPUT -p tcp -j ISTIO_INBOUND", False, "fares as it did"),
        (1, "iptables -t nat -D PREROUTING 4", False, ""),
        (1, "iptables -t nat -A PREROUTING --colour red -j DROP", False, ""),
        (1, "-A PREROUTING -p tcp -j ISTIO_INBOUND", False, "one command"),
        (1, "iptables -F\niptables -X", False, "one command"),
        (2, "iptables -t nat -D ISTIO_IN_REDIRECT 1", False, "fares as it did"),
        (3, "iptables -t nat -D ISTIO_OUTPUT 6", False, "fares as it did"),
        (3, "iptables -t nat -D ISTIO_OUTPUT -p tcp -j ISTIO_REDIRECT", True, "healthy mesh"),
        (3, "iptables -t nat -F ISTIO_OUTPUT", False, "another one"),
        (4, "iptables -t nat -F PREROUTING", False, "fares as it did"),
        (5, "iptables -t nat -D ISTIO_OUTPUT 1", False, "fares as it did"),
    ],
)
def test_mended(number: int, answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.mended(number, answer)
    assert reply.right is right
    assert told in repr(reply)


def test_each_mesh_is_broken_and_none_is_mended_by_anothers_answer() -> None:
    answers = [told.strip('"') for told in RIGHT["6"]]
    for number, (packet, fate) in CHECKS.MESHES.items():
        walk = CHECKS.mesh(number).trace(**packet)
        redirected = any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps)
        assert not walk.meets(fate) or (fate == "ACCEPT" and redirected)
        right = [CHECKS.mended(number, answer).right for answer in answers]
        assert right == [n == number for n in range(1, 6)]


def test_replies_speak_chinese() -> None:
    CHECKS.speak("zh")
    try:
        for reply in (
            CHECKS.count(FIREWALL, ...),
            CHECKS.count(FIREWALL, 1),
            CHECKS.decider(STRANGER, ("LOGDROP", 2)),
            CHECKS.mended(1, "iptables -t nat -A PREROUTING -p tcp -j ISTIO_IN_REDIRECT"),
        ):
            assert "\u4e00" <= reply.text[0] <= "\u9fff"
            assert "packet" not in reply.text
    finally:
        CHECKS.speak("en")
