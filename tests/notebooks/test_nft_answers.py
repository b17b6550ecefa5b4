"""What the checks of the lesson on nftables tell to right and to wrong answers."""

from __future__ import annotations

from typing import Any

import pytest
from test_notebooks import CHECKS, FOLDER, MAKE, ROOT, stored

import iptsim

NFT = ROOT / "fixtures" / "nft"
OLD, NEW = iptsim.read(NFT / "shop.save.txt"), iptsim.read(NFT / "shop.list")
PLAIN = (NFT / "shop.list").read_text()
JUMP = "tcp dport 8088 counter packets 0 bytes 0 jump istio-in-redirect"
LISTED = PLAIN.replace(JUMP, f"{JUMP}\n\t\ttcp dport 9090-9091 jump istio-in-redirect")


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ("tcp dport { 8088, 9090, 9091 } jump istio-in-redirect", True, "One look"),
        ("tcp dport { 9090-9091, 8088 } redirect to :15006", True, "One look"),
        ("tcp dport vmap { 15008 : return, 8088 : goto istio-in-redirect, "
         "9090-9091 : jump istio-in-redirect }", True, "One look"),
        ("tcp dport 8088 jump istio-in-redirect", False, "ports 9090-9091"),
        ("meta l4proto tcp jump istio-in-redirect", False, "fare otherwise"),
        ("tcp dport 8088 jump nowhere", False, "no rule of nft"),
        ("redirekt them all", False, "no rule of nft"),
        ("tcp dport 8088 limit rate 5/second jump istio-in-redirect", False, "no rule of nft"),
        ("tcp dport { 8088", False, "one rule"),
        ("accept\ndrop", False, "one rule"),
        ("", False, "one rule"),
        (8088, False, "one rule"),
    ],
)  # fmt: skip
def test_one_rule(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.one_rule(LISTED, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ({"A", "D"}, True, "no packet can tell"),
        ("DA", True, "no packet can tell"),
        (["A"], False, "not all"),
        ({"A", "B", "D"}, False, "that B treats otherwise"),
        ({"C"}, False, "that C treats otherwise"),
        (set(), False, "Give letters"),
        ({"E"}, False, "Give letters"),
        (1, False, "Give letters"),
    ],
)
def test_migrations(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.migrations(answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ({"dport": 8088, "src": "2001:db8::7"}, True, "never saw it"),
        ({"dport": 8088, "dst": "2001:db8::1", "in_": "eth0"}, True, "never saw it"),
        ({"dport": 8088}, False, "same to this one"),
        ({"dport": 8088, "src": "2001:db8::7", "proto": "udp"}, False, "same to this one"),
        ({"dport": 8088, "src": "2001:db8::7", "ctstate": "ESTABLISHED"}, False, "same to"),
        ({"dport": 80, "src": "2001:db8::7"}, False, "for port 8088"),
        ({"dport": 8088, "dst": "2001:db8::7", "uid": 1000}, False, "arrive from the network"),
        ({"colour": "red"}, False, "no such packet"),
        (6, False, "no such packet"),
    ],
)
def test_elsewhere(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.elsewhere(OLD, NEW, answer)
    assert reply.right is right
    assert told in repr(reply)


def test_no_wrong_answer_is_told_the_right_one() -> None:
    told = [
        CHECKS.one_rule(LISTED, "accept"),
        CHECKS.migrations({"B"}),
        CHECKS.migrations("none"),
        CHECKS.elsewhere(OLD, NEW, {"dport": 8088}),
    ]
    assert not any(word in repr(told) for word in ("{ 8088", '"D"', "IPv6", ":db8"))


def test_the_lesson_proves_what_it_says() -> None:
    cells = {
        cell["id"]: cell
        for cell in stored(FOLDER / "sources" / "7-same-host-in-nftables.md")["cells"]
    }
    proof = "".join(cells["proof"]["outputs"][0]["data"]["text/plain"])
    assert proof.startswith("The two rule sets do the same to every packet")
    assert not iptsim.diff(OLD, NEW).same_effect
    ways = {"".join(cells[name]["outputs"][0]["data"]["text/plain"]).count("port 15006")
            for name in ("old-trace", "new-trace")}  # fmt: skip
    assert ways == {1}


def test_lessons_import_the_checks_anew() -> None:
    before = CHECKS.Reply
    MAKE.notebook("```python setup\nimport checking\n\nchecking.speak('zh')\n```\n")
    assert CHECKS.Reply is before
    assert "Right." in repr(CHECKS.migrations({"A", "D"}))
