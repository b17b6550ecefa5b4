"""The house as its plan tells it: each name once, files that can be read, paths that are there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "iptsim"
FILES = sorted(path.relative_to(HOUSE) for path in HOUSE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PLANS = sorted((ROOT / "docs/explanation").glob("*.md"))
SAME = frozenset({"extensions/matches", "extensions/targets", "cli"})
"""Rooms whose files are called as what a user calls them: an extension, a command."""


def test_a_file_name_stands_once() -> None:
    rooms = defaultdict(list)
    for path in FILES:
        if path.name != "__init__.py" and str(path.parent) not in SAME:
            rooms[path.name].append(str(path.parent))
    assert {name: where for name, where in rooms.items() if len(where) > 1} == {}


def test_a_test_modules_name_stands_once() -> None:
    names = Counter(path.name for path in TESTS if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_no_file_is_longer_than_a_reader_takes() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in (*(HOUSE / each for each in FILES), *TESTS)
    }
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_every_room_says_what_it_is_for() -> None:
    rooms = [path for path in FILES if path.name == "__init__.py"]
    assert [str(path) for path in rooms if not (HOUSE / path).read_text().startswith('"""')] == []


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_paths_that_a_plan_names_are_there(plan: Path) -> None:
    found = re.findall(r"`(?:iptsim/)?([\w/]+\.py)`", plan.read_text())
    named = {name for name in found if name.islower()}  # not a recipe's NAME
    known = {str(path) for path in FILES}
    ends = {"/".join(path.parts[n:]) for path in FILES for n in range(len(path.parts))}
    elsewhere = {name for name in named if (ROOT / name).exists()}
    assert named - elsewhere - known - ends == set()
