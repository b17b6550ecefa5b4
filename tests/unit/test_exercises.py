"""Exercises: the start is wrong, the solution right, and a learner's progress is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from every_row import every_row

from iptsim.errors import DumpError, IptsimError, UsageError
from iptsim.explain.catalogue import LANGUAGES
from iptsim.learn import Exercise, Learned, check, exercises
from iptsim.learn.exercise import exercise_of
from iptsim.learn.learned import default_folder

ALL = exercises()
NAMES = [one.name for one in ALL]


@pytest.fixture
def learned(tmp_path: Path) -> Learned:
    return Learned(tmp_path / "mine")


def rules_of(text: str) -> set[str]:
    return {line for line in text.splitlines() if line.startswith("-A ")}


def test_there_are_ten_in_order() -> None:
    assert [one.number for one in ALL] == list(range(1, 11))
    assert len(set(NAMES)) == 10


@every_row("exercise", ALL, ids=NAMES)
def test_the_start_is_wrong_and_the_solution_right(exercise: Exercise) -> None:
    start = check(exercise, exercise.start, file=exercise.file)
    assert not start.right
    assert any(one.holds for one in start.held)
    solved = check(exercise, exercise.solution, file=exercise.file)
    assert [one.question.said["en"] for one in solved.held if not one.holds] == []
    assert solved.right


@every_row("exercise", ALL, ids=NAMES)
def test_to_let_all_pass_or_none_solves_nothing(exercise: Exercise) -> None:
    for target in ("ACCEPT", "DROP"):
        text = f"*filter\n:INPUT {target} [0:0]\n:FORWARD {target} [0:0]\n:OUTPUT {target} [0:0]\n"
        assert not check(exercise, f"{text}COMMIT\n", file="mine").right


@every_row("exercise", ALL, ids=NAMES)
def test_all_is_told_in_every_language(exercise: Exercise) -> None:
    said = (exercise.title, exercise.story, *(one.said for one in exercise.questions))
    for texts in (*said, exercise.hints):
        assert set(texts) == set(LANGUAGES)
    assert len({len(hints) for hints in exercise.hints.values()}) == 1
    assert len(exercise.hints["en"]) >= 3


@every_row("exercise", ALL, ids=NAMES)
def test_nothing_told_gives_the_answer_away(exercise: Exercise) -> None:
    new = rules_of(exercise.solution) - rules_of(exercise.start)
    told = [*exercise.story.values(), *(h for hints in exercise.hints.values() for h in hints)]
    told += [text for one in exercise.questions for text in one.said.values()]
    for rule in new:
        asked = rule.split(" ", 2)[2]
        assert not any(asked in text for text in told)


def test_a_rule_that_cannot_be_read_is_told_with_its_place() -> None:
    text = ALL[0].start.replace("--dport 2222", "--dprt 22")
    with pytest.raises(DumpError, match="dprt") as caught:
        check(ALL[0], text, file="mine.rules")
    assert (caught.value.place.file, caught.value.place.line) == ("mine.rules", 7)


def test_a_loop_is_no_answer() -> None:
    exercise = exercise_of("return-or-accept")
    loops = exercise.start.replace("-s 198.51.100.5/32 -j ACCEPT", "-j GUARD")
    held = check(exercise, loops, file="mine").held
    assert all(one.loop is not None and not one.holds for one in held)


def test_a_trick_for_one_packet_is_found_out_over_all() -> None:
    exercise = exercise_of("only-the-office")
    trick = exercise.start.replace(
        "-A INPUT -p tcp -m tcp --dport 5432",
        "-A INPUT -s 192.0.2.66/32 -j DROP\n-A INPUT -s 198.51.100.0/24 -j DROP\n"
        "-A INPUT -p tcp -m tcp --dport 5432",
    )
    found = check(exercise, trick, file="mine")
    assert [one.holds for one in found.held] == [True, True, False, True]
    assert not found.right


@pytest.mark.parametrize("word", ["3", "03", "answers-come-back", "03-answers-come-back.rules"])
def test_an_exercise_has_a_number_and_a_name(word: str) -> None:
    assert exercise_of(word) is ALL[2]


@pytest.mark.parametrize("word", ["0", "11", "ssh", ""])
def test_another_word_names_none(word: str) -> None:
    with pytest.raises(UsageError, match="there are 1 to 10"):
        exercise_of(word)


# Progress


def test_progress_is_kept(learned: Learned) -> None:
    first, second = ALL[:2]
    assert learned.current() is first
    file = learned.begin(first)
    assert file.read_text() == first.start
    file.write_text("mine")
    assert learned.begin(first).read_text() == "mine"
    learned.done(first)
    learned.done(first)
    assert [learned.hint(first) for _ in range(5)] == [1, 2, 3, 3, 3]
    again = Learned(learned.folder)
    assert again.is_done(first)
    assert again.hints(first) == 3
    assert again.current() is second
    again.reset(first)
    assert file.read_text() == first.start
    assert Learned(learned.folder).current() is first
    assert Learned(learned.folder).hints(first) == 0


def test_when_all_are_done_none_is_next(learned: Learned) -> None:
    for one in ALL:
        learned.done(one)
    assert Learned(learned.folder).current() is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "another/1"}', "\x00"])
def test_progress_that_cannot_be_read_is_left_alone(learned: Learned, text: str) -> None:
    learned.done(ALL[0])
    file = learned.folder / "progress.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="remove it to begin anew"):
        Learned(learned.folder)
    assert file.read_text() == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IptsimError, match="cannot be"):
        Learned(tmp_path / "file" / "mine").begin(ALL[0])


def test_calls_name_the_folder_that_was_named(tmp_path: Path) -> None:
    named = Learned(tmp_path / "a b").call("hint", ALL[0])
    assert named == f"iptsim learn hint 1 --folder '{tmp_path / 'a b'}'"
    assert Learned().call("check", ALL[1]) == "iptsim learn check 2"


def test_state_is_where_state_belongs() -> None:
    assert default_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/iptsim/learn")
    home = Path.home() / ".local/state/iptsim/learn"
    assert default_folder({}) == home
    assert default_folder({"XDG_STATE_HOME": "relative"}) == home


def test_the_kept_file_is_json(learned: Learned) -> None:
    learned.hint(ALL[3])
    told = json.loads((learned.folder / "progress.json").read_text())
    assert told == {"schema": "iptsim.learned/1", "done": [], "hints": {ALL[3].name: 1}}
