"""Lessons are what their sources make, and their checks tell right answers from wrong ones.

After a change, `make notebooks` writes them anew, to be read before they are kept. Cells are run by
docs/notebooks/make.py, in this process; Jupyter runs one lesson, too, and must show the same.
"""

from __future__ import annotations

import importlib.util
import json
import re
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
HOST = ROOT / "fixtures" / "firewall" / "host"
SOURCES = sorted((FOLDER / "sources").glob("*.md"))
NAMES = [file.name.removesuffix(".md") for file in SOURCES]
BEFORE, AFTER = iptsim.read(CASE / "before.txt"), iptsim.read(CASE / "after.txt")
SAVED = iptsim.read(CASE / "after.save.txt")
FIREWALL, WORKED_ON = (iptsim.read(HOST / f"{side}.save.txt") for side in ("before", "after"))
THREE = iptsim.read(
    text="*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
    "-A INPUT -p tcp --dport 8000:8005 -j DROP\n-A INPUT -p tcp --dport 8003 -j ACCEPT\n"
    "-A INPUT -p tcp --dport 8006:8010 -j DROP\nCOMMIT",
    family=4,
)
GUARD = iptsim.read(
    text="*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:GUARD -\n-A INPUT -j GUARD\n"
    "-A INPUT -p tcp --dport 25 -j DROP\n-A GUARD -s 198.51.100.0/24 -j DROP\nCOMMIT",
    family=4,
)
RIGHT = {
    "1": ("11", '"DROP"', '("INPUT", 7)'),
    "2": ('["INPUT", "LOGDROP"]', '("LOGDROP", 2)', '"-A GUARD -s 198.51.100.5 -j RETURN"'),
    "3": ('{"ISTIO_INBOUND", "ISTIO_OUTPUT"}', "9090", 'dict(proto="udp", dport=8088)'),
    "4": (
        "15001",
        'dict(dport=8088, src="127.0.0.6", dst="10.9.9.9", uid=1337, gid=1337, out="lo")',
        '("ISTIO_REDIRECT", 1)',
    ),
    "5": (
        'dict(dport=80, uid=1337, out="eth0")',
        "12",
        '"-A INPUT -p tcp --dport 8000:8010 -j DROP"',
    ),
    "6": (
        '"iptables -t nat -I PREROUTING 1 -p tcp -j ISTIO_INBOUND"',
        '"iptables -t nat -R ISTIO_IN_REDIRECT 1 -p tcp -j REDIRECT --to-ports 15006"',
        '"iptables -t nat -D ISTIO_OUTPUT 4"',
        '"iptables -t nat -D PREROUTING 1"',
        '"iptables -t nat -R ISTIO_OUTPUT 1 -p tcp --dport 5432 -j RETURN"',
    ),
    "7": (
        '"DROP"',
        '"tcp dport { 8088, 9090-9091 } jump istio-in-redirect"',
        '{"A", "D"}',
        'dict(dport=8088, src="2001:db8::7")',
    ),
}
"""The answers to the questions of each lesson, by its number."""


def module(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


# As Jupyter finds them. `make` imports the checks anew for each lesson; these stay what they are.
CHECKS, MAKE = module("checking", "checking/__init__.py"), module("make", "make.py")


def stored(source: Path) -> Any:
    return json.loads(MAKE.target_of(source).read_text(encoding="utf-8"))


def shown(notebook: Any) -> dict[str, list[dict[str, Any]]]:
    """What each cell shows, as text and as HTML; counts of runs are left out."""
    return {
        cell["id"]: [{**one.get("data", {}), "printed": one.get("text")} for one in cell["outputs"]]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }


def first_letter(output: dict[str, Any]) -> str:
    return str("".join(output["text/plain"])[0])


def test_there_are_seven_in_both_languages() -> None:
    numbers = [name.partition("-")[0] for name in NAMES]
    assert numbers == sorted([*RIGHT, *RIGHT])
    english = [name for name in NAMES if not name.endswith(".zh")]
    assert sorted(NAMES) == sorted([*english, *(f"{name}.zh" for name in english)])
    assert sorted(path.name for path in FOLDER.glob("*.ipynb")) == sorted(
        f"{name}.ipynb" for name in NAMES
    )


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_is_what_its_source_makes(source: Path) -> None:
    made = MAKE.notebook(source.read_text(encoding="utf-8"))
    assert made == stored(source)
    nbformat.validate(stored(source))


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_takes_right_answers_and_stores_none(source: Path) -> None:
    right = RIGHT[source.name[0]]
    answers = {f"question-{number}": told for number, told in enumerate(right, 1)}
    before = shown(stored(source))
    assert {name for name in before if name.startswith("question-")} == set(answers)
    assert {first_letter(before[name][0]) for name in answers} == {"…"}
    after = shown(MAKE.notebook(source.read_text(encoding="utf-8"), answers))
    assert {name: first_letter(after[name][0]) for name in answers} == dict.fromkeys(answers, "✔")


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_no_text_gives_an_answer_away(source: Path) -> None:
    cells = MAKE.cells_of(source.read_text(encoding="utf-8"))
    for number, cell in enumerate(cells):
        if cell["id"].startswith("question-"):
            told = "".join(cells[number - 1]["source"])
            assert told.count("<details>") >= 1
            answer = RIGHT[source.name[0]][int(cell["id"].removeprefix("question-")) - 1]
            assert answer.isdigit() or answer.strip('"') not in told


def test_both_languages_have_the_same_cells() -> None:
    for source in SOURCES:
        if not source.name.endswith(".zh.md"):
            other = source.with_name(f"{source.name.removesuffix('.md')}.zh.md")
            mine, theirs = (
                [cell["id"] for cell in MAKE.cells_of(one.read_text(encoding="utf-8"))]
                for one in (source, other)
            )
            assert mine == theirs


def test_links_lead_somewhere() -> None:
    for file in (*SOURCES, FOLDER / "README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
            assert (FOLDER / link).exists(), (file.name, link)


def test_chinese_is_not_broken_by_blanks() -> None:
    (cell,) = MAKE.cells_of("一行，\n另一行 and\nmore\n\n新段落")
    assert "".join(cell["source"]) == "一行，另一行 and\nmore\n\n新段落"


@pytest.mark.notebook
def test_jupyter_shows_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source = FOLDER / "sources" / "3-where-does-8088-go.md"
    text = json.dumps(stored(source))
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # as above
    place = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place)
    done = json.loads(nbformat.writes(client.execute()))  # type: ignore[no-untyped-call]  # as above
    assert _joined(shown(done)) == _joined(shown(stored(source)))


def _joined(cells: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, str]]]:
    return {
        name: [{key: "".join(text or ()).rstrip("\n") for key, text in one.items()} for one in told]
        for name, told in cells.items()
    }


def test_a_lesson_stores_what_the_library_shows() -> None:
    told = shown(stored(FOLDER / "sources" / "3-where-does-8088-go.md"))
    raw = (CASE / "before.txt").read_text().rstrip("\n")
    assert "".join(told["raw"][0]["printed"]) == raw
    assert "".join(told["diff"][0]["text/plain"]) == str(iptsim.diff(BEFORE, AFTER))
    value = AFTER.trace(dport=8088)
    assert "".join(told["after"][0]["text/html"]) == value._repr_html_()


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
        (9090, True, "on its way"),
        ("9090", True, "on its way"),
        (15001, False, "each rule"),
        (8088, False, "each rule"),
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
