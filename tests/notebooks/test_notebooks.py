"""Notebooks run, show what is stored in them, and their checks tell right answers from wrong ones.

After a change, `jupyter execute --inplace --NotebookClient.record_timing=False NOTEBOOK` writes
their outputs anew, to be read before they are kept.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import iptsim

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "notebooks"
CASE = ROOT / "fixtures" / "istio" / "both-directions"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSON, SECOND = FOLDER / "both_directions.ipynb", FOLDER / "all_packets.ipynb"
BEFORE, AFTER = iptsim.read(CASE / "before.txt"), iptsim.read(CASE / "after.txt")
SAVED = iptsim.read(CASE / "after.save.txt")
HOST = ROOT / "fixtures" / "firewall" / "host"
FIREWALL, WORKED_ON = (iptsim.read(HOST / f"{side}.save.txt") for side in ("before", "after"))
THREE = iptsim.read(
    text="*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
    "-A INPUT -p tcp --dport 8000:8005 -j DROP\n-A INPUT -p tcp --dport 8003 -j ACCEPT\n"
    "-A INPUT -p tcp --dport 8006:8010 -j DROP\nCOMMIT",
    family=4,
)
RIGHT = {
    "question-1": '{"ISTIO_INBOUND", "ISTIO_OUTPUT"}',
    "question-2": "9090",
    "question-3": 'dict(proto="udp", dport=8088)',
}
RIGHT_IN = {
    LESSON: RIGHT,
    SECOND: {
        "question-1": 'dict(dport=80, uid=1337, out="eth0")',
        "question-2": "12",
        "question-3": '"-A INPUT -p tcp --dport 8000:8010 -j DROP"',
    },
}


def checking() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checking", FOLDER / "checking.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["checking"] = module
    spec.loader.exec_module(module)
    return module


CHECKS = checking()


def read(file: Path) -> Any:
    return nbformat.reads(file.read_text(), as_version=4)  # type: ignore[no-untyped-call]  # it has no types


def executed(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    place = {"metadata": {"path": str(FOLDER)}}
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()


def outputs(notebook: Any) -> dict[str, list[dict[str, Any]]]:
    """What each cell shows, as text and as HTML; counts of runs are left out."""
    return {
        cell.id: [dict(one.get("data", {}), text=one.get("text")) for one in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.mark.notebook
@pytest.mark.parametrize("file", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_shows_what_is_stored(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = outputs(read(file))
    assert outputs(executed(read(file), monkeypatch)) == stored


@pytest.mark.notebook
@pytest.mark.parametrize("file", RIGHT_IN, ids=[file.stem for file in RIGHT_IN])
def test_a_lesson_takes_right_answers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook, right = read(file), RIGHT_IN[file]
    for cell in notebook.cells:
        if cell.id in right:
            assert cell.source.startswith("answer = ...")
            cell.source = cell.source.replace("...", right[cell.id], 1)
    shown = outputs(executed(notebook, monkeypatch))
    assert [shown[cell][0]["text/plain"][0] for cell in right] == ["✔", "✔", "✔"]


def test_the_lesson_stores_what_it_shows_and_no_answer() -> None:
    notebook = read(LESSON)
    shown = outputs(notebook)
    assert shown["raw"][0]["text"].rstrip("\n") == (CASE / "before.txt").read_text().rstrip("\n")
    for cell, value in (("before", BEFORE), ("after", AFTER.trace(dport=8088))):
        assert shown[cell][0]["text/plain"] == str(value)
        assert shown[cell][0]["text/html"] == value._repr_html_()
    assert shown["diff"][0]["text/plain"] == str(iptsim.diff(BEFORE, AFTER))
    assert {shown[cell][0]["text/plain"][0] for cell in RIGHT} == {"…"}


def test_the_second_lesson_stores_what_it_shows_and_no_answer() -> None:
    shown = outputs(read(SECOND))
    for cell, value in (
        ("firewall", FIREWALL),
        ("partly-trace", FIREWALL.trace(proto="tcp")),
        ("query", SAVED.query("REDIRECT:15001")),
        ("lint", WORKED_ON.lint()),
        ("three", THREE),
    ):
        assert shown[cell][0]["text/plain"] == str(value)
        assert shown[cell][0]["text/html"] == value._repr_html_()
    assert (
        "No packet to, from or through this host fares otherwise."
        in shown["tidied"][0]["text/plain"]
    )
    assert shown["none"][0]["text/plain"].startswith("No packet meets REDIRECT:15001.")
    assert "Possibly" in shown["possibly"][0]["text/plain"]
    assert {shown[cell][0]["text/plain"][0] for cell in RIGHT_IN[SECOND]} == {"…"}


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ({"ISTIO_INBOUND", "ISTIO_OUTPUT"}, True, "(2 references)"),
        (["ISTIO_OUTPUT", "ISTIO_INBOUND"], True, "(2 references)"),
        ({"ISTIO_INBOUND"}, False, "not all"),
        ("ISTIO_INBOUND", False, "not all"),
        ({"PREROUTING", "ISTIO_INBOUND"}, False, "target column"),
        ({"ISTIO_INBUOND"}, False, "no chain ISTIO_INBUOND"),
        (2, False, "names of chains"),
    ],
)
def test_question_1(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.callers(AFTER, "ISTIO_IN_REDIRECT", answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        (9090, True, "no rule there"),
        ("9090", True, "no rule there"),
        (15001, False, "only rule"),
        (8088, False, "only rule"),
    ],
)
def test_question_2(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.port(AFTER.trace(dport=9090), answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ({"proto": "udp", "dport": 8088}, True, "another"),
        ({"proto": "sctp", "dport": "8088", "src": "10.0.0.7"}, True, "another"),
        ({"dport": 8088}, False, "redirected"),
        ({"dport": 8088, "src": "10.0.0.7", "in_": "eth0"}, False, "redirected"),
        ({"dport": 9090}, False, "must be 8088"),
        ({"dport": 8088, "ctstate": "ESTABLISHED"}, False, "open already"),
        ({"dport": 8088, "uid": 1337}, False, "another hook"),
        ({"dport": 8088, "colour": "red"}, False, "no such packet"),
        ({"dport": "http8088"}, False, "no such packet"),
        (8088, False, "no such packet"),
    ],
)
def test_question_3(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.untouched(BEFORE, AFTER, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ({"dport": 80, "uid": 1337, "out": "eth0"}, True, "none of the sets"),
        ({"proto": "tcp", "dst": "127.0.0.1", "out": "lo"}, True, "none of the sets"),
        ({"proto": "tcp", "src": "127.0.0.6", "out": "lo"}, True, "none of the sets"),
        ({"proto": "tcp", "dst": "10.0.0.7", "uid": 1000, "gid": 1000}, False, "which of the"),
        ({"proto": "tcp", "out": "eth0"}, False, "some are not"),
        ({"proto": "udp", "uid": 1000}, False, "need not be TCP"),
        ({"dst": "10.0.0.7", "uid": 1337}, False, "need not be TCP"),
        ({"proto": "tcp", "dport": 9090}, False, "arrives from the network"),
        ({"dport": 80, "colour": "red"}, False, "no such packet"),
        (80, False, "no such packet"),
    ],
)
def test_second_question_1(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.unredirected(SAVED, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        (12, True, "One place further down"),
        (13, False, "Which rule leaves none"),
        (11, False, "later still"),
        (1, False, "later still"),
        (0, False, "from 1 to 13"),
        ("the end", False, "Give a number"),
    ],
)
def test_second_question_2(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.latest(WORKED_ON, 13, answer)
    assert reply.right is right
    assert told in repr(reply)


@pytest.mark.parametrize(
    ("answer", "right", "told"),
    [
        (..., None, "Not answered yet"),
        ("-A INPUT -p tcp --dport 8000:8010 -j DROP", True, "do not notice"),
        ("-A INPUT -p 6 -m multiport --dports 8000:8005,8006:8010 -j DROP", True, "do not notice"),
        ("-A INPUT -p tcp --dport 8000:8009 -j DROP", False, "TCP to port 8010"),
        ("-A INPUT -p tcp --dport 8003 -j ACCEPT", False, "fare otherwise"),
        ("-A INPUT -p tcp --dport 8000:8010 -j REJECT", False, "fare otherwise"),
        ("-A INPUT -p udp --dport 8000:8010 -j DROP", False, "fare otherwise"),
        ("-A FORWARD -p tcp --dport 8000:8010 -j DROP", False, "fare otherwise"),
        ("drop them all", False, "one rule"),
        ("-A INPUT -p tcp --dport 8000:8010 -j", False, "no rule"),
        ("-A INPUT -j DROP\n-A INPUT -j DROP", False, "one rule"),
        (8003, False, "one rule"),
    ],
)
def test_second_question_3(answer: Any, right: bool | None, told: str) -> None:
    reply = CHECKS.merged(THREE, answer)
    assert reply.right is right
    assert told in repr(reply)


def test_no_wrong_answer_is_told_the_right_one() -> None:
    told = [
        CHECKS.callers(AFTER, "ISTIO_IN_REDIRECT", {"PREROUTING"}),
        CHECKS.port(AFTER.trace(dport=9090), 15001),
        CHECKS.untouched(BEFORE, AFTER, {"dport": 8088}),
    ]
    assert not any(word in repr(told) for word in ("ISTIO_OUTPUT", "9090", "udp"))
    told = [
        CHECKS.unredirected(SAVED, {"dport": 80, "uid": 1000, "gid": 1000, "out": "eth0"}),
        CHECKS.latest(WORKED_ON, 13, 13),
        CHECKS.merged(THREE, "-A INPUT -p tcp --dport 8003 -j DROP"),
    ]
    assert not any(word in repr(told) for word in ("1337", "12", "8000:8010"))
