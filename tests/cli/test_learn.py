"""`iptsim learn` as it is called."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from called_program import called
from json_schemas import hold

from iptsim.learn import exercises

ALL = exercises()


def learn(*words: str, environ: dict[str, str] | None = None) -> Any:
    told = {**os.environ, "COLUMNS": "100", **(environ or {})}
    return called(["learn", *words], b"", told)


@pytest.fixture
def folder(tmp_path: Path) -> list[str]:
    return ["--folder", str(tmp_path / "mine"), "--lang", "en"]


def test_a_whole_exercise(folder: list[str]) -> None:
    first = ALL[0]
    shown = learn("show", *folder)
    assert shown.code == 0
    file = Path(folder[1]) / first.file
    assert str(file) in shown.out
    assert all(f"{n}  {q.said['en']}" in shown.out for n, q in enumerate(first.questions, 1))
    wrong = learn("check", *folder, "--kernel", "never")
    assert wrong.code == 1
    assert wrong.out.startswith("✘ 1  Let ssh in: 1 of 4 hold\n")
    assert "now: ✘ DROP  tcp to this host, port 22" in wrong.out
    assert learn("hint", *folder).out.startswith("Hint 1 of 3\n")
    assert learn("hint", "1", *folder).out.startswith("Hint 2 of 3\n")
    file.write_text(first.solution)
    right = learn("check", "let-ssh-in", *folder, "--kernel", "never")
    assert right.code == 0
    assert right.out.startswith("✔ 1  Let ssh in: all 4 hold\n")
    assert f"Next: `iptsim learn show 2 --folder {folder[1]}`" in right.out
    assert "✔  1  Let ssh in" in learn(*folder).out
    assert learn("reset", "1", *folder).code == 0
    assert file.read_text() == first.start
    assert learn(*folder).out.startswith("0 of 10 done")


def test_all_done(folder: list[str]) -> None:
    for one in ALL:
        learn("show", str(one.number), *folder)
        (Path(folder[1]) / one.file).write_text(one.solution)
        assert learn("check", one.name, *folder, "--kernel", "never").code == 0
    assert learn("list", *folder).out.rstrip().endswith("All exercises are done.")
    assert learn("check", *folder, "--kernel", "never").out.startswith("✔ 10 ")


@pytest.mark.parametrize("action", ["list", "show", "hint", "check"])
def test_json(folder: list[str], action: str) -> None:
    done = learn(action, *folder, "--format", "json", "--kernel", "never")
    told = json.loads(done.out)
    assert told["schema"] == "iptsim.learn/1"
    one = told["exercises"][0] if action == "list" else told
    assert (one["exercise"], one["name"], one["done"]) == (1, "let-ssh-in", False)
    if action == "check":
        assert done.code == 1
        assert [each["holds"] for each in told["questions"]] == [False, False, False, True]
        assert {each["kernel"] for each in told["questions"]} == {"unasked"}
        assert told["questions"][0]["now"][0]["verdict"] == "DROP"


@pytest.mark.parametrize("action", ["list", "show", "hint", "check", "reset"])
def test_colour_adds_nothing_but_colour(folder: list[str], action: str) -> None:
    words = [action, "1", *folder, "--kernel", "never"]
    plain = learn(*words).out
    learn("reset", "1", *folder)
    coloured = learn(*words, "--color", "always").out
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_in_chinese(folder: list[str]) -> None:
    words = [*folder[:2], "--lang", "zh", "--kernel", "never"]
    for action in ("list", "show", "hint", "check"):
        shown = learn(action, "8", *words).out
        assert any("\u4e00" <= letter <= "\u9fff" for letter in shown)
        assert "Both" not in shown


def test_what_differs_is_told_by_a_call_that_works(folder: list[str]) -> None:
    learn("show", "7", *folder)
    file = Path(folder[1]) / ALL[6].file
    file.write_text(ALL[6].solution.replace("6009", "6008"))
    told = learn("check", "7", *folder).out
    call = next(line for line in told.splitlines() if "iptsim diff" in line).split()
    compared = called([*call[1:], "--lang", "en"], b"", os.environ)
    assert compared.code == 1
    assert "6009" in compared.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("reset",), "say which exercise"),
        (("show", "11"), "there are 1 to 10"),
        (("fly",), "none of list, show, hint, check, reset"),
        (("show", "1", "2"), "2"),
    ],
)
def test_wrong_calls(folder: list[str], words: tuple[str, ...], told: str) -> None:
    done = learn(*words, *folder)
    assert done.code == 2
    assert told in done.err


def test_a_line_that_cannot_be_read(folder: list[str]) -> None:
    learn("show", "1", *folder)
    file = Path(folder[1]) / ALL[0].file
    file.write_text(ALL[0].start.replace("-j ACCEPT", "-j ACCEPT -x", 1))
    done = learn("check", "1", *folder)
    assert done.code == 2
    assert f"{file}:5" in done.err


def test_an_editor_is_opened_and_the_file_checked(folder: list[str], tmp_path: Path) -> None:
    editor = tmp_path / "my editor"
    editor.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nfile = pathlib.Path(sys.argv[-1])\n"
        "file.write_text(file.read_text().replace('2222', '22'))\n"
    )
    editor.chmod(0o755)
    environ = {"VISUAL": "", "EDITOR": f"'{editor}'"}
    done = learn("show", "1", "--edit", "--kernel", "never", *folder, environ=environ)
    assert done.code == 0
    assert done.out.startswith("✔ 1 ")


@pytest.mark.parametrize("editor", ["", "/nowhere/at-all"])
def test_without_an_editor_the_file_is_told(folder: list[str], editor: str) -> None:
    environ = {"VISUAL": "", "EDITOR": editor}
    done = learn("show", "1", "--edit", *folder, environ=environ)
    assert done.code == 2
    assert ALL[0].file in done.err
    assert (Path(folder[1]) / ALL[0].file).exists()


def test_the_default_folder(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    assert learn("show", environ=environ).code == 0
    assert (tmp_path / "iptsim" / "learn" / ALL[0].file).exists()


def test_each_answer_holds_to_its_schema(folder: list[str]) -> None:
    form = [*folder, "--format", "json"]
    for words in (["list"], ["show"], ["check", "--kernel", "never"], ["hint"], ["reset", "1"]):
        done = learn(*words, *form)
        assert done.err == ""
        answer = json.loads(done.out)
        assert answer["schema"] == "iptsim.learn/1"
        hold(answer)
