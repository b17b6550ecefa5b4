"""`iptsim learn`: exercises in the terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import Argument, option
from iptsim.cli.options import OutputOptions
from iptsim.cli.output import shown_as, tell_answer
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.learn import Exercise, Learned

DONE, WRONG = 0, 1
FORMATS = ("text", "json")


class Action(StrEnum):
    """What is done with an exercise."""

    LIST = "list"
    SHOW = "show"
    HINT = "hint"
    CHECK = "check"
    RESET = "reset"


class Ask(StrEnum):
    """When the real kernel is asked, too."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnOptions:
    """Where the exercises are kept, and how they are checked."""

    folder: Annotated[
        str | None,
        option("--folder", metavar="FOLDER", help="Where your files and progress are kept."),
    ] = None
    edit: Annotated[
        bool, option("--edit", help="Open the file in $VISUAL or $EDITOR, then check it.")
    ] = False
    kernel: Annotated[
        Ask, option("--kernel", help="Ask the real kernel, too; auto: where you are root.")
    ] = Ask.AUTO


def learn(
    action: Annotated[
        Action, Argument(metavar="[ACTION]", help="`list`, `show`, `hint`, `check` or `reset`.")
    ] = Action.LIST,
    exercise: Annotated[
        str | None,
        Argument(metavar="[EXERCISE]", help="Its number or name; the first that is not done."),
    ] = None,
    *,
    asked: LearnOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Learn by mending: ten rule sets that do not do what they should.

    `show` writes one into a file, which you mend; `check` tells what holds now, by iptsim and,
    where you are root, by the real kernel; `hint` helps, a little more each time; `reset` begins
    anew. Exit code 1 where something does not hold yet.
    """
    from iptsim.learn import Learned

    learned = Learned(None if asked.folder is None else Path(asked.folder))
    one = _exercise(action, exercise, learned)
    if action is Action.SHOW:
        return _show(one, learned, asked, output)
    if action is Action.HINT:
        return _hint(one, learned, output)
    if action is Action.CHECK:
        return _check(one, learned, asked, output)
    return _reset(one, learned, output) if action is Action.RESET else _list(learned, output)


def _exercise(action: Action, word: str | None, learned: Learned) -> Exercise:
    from iptsim.learn.exercise import exercise_of, exercises

    if word is not None:
        return exercise_of(word)
    if action is Action.RESET:
        message = "say which exercise: `iptsim learn reset 3`"
        raise UsageError(message, code=codes.EXERCISE_NOT_TOLD)
    return learned.current() or exercises()[-1]


def _list(learned: Learned, output: OutputOptions) -> int:
    from iptsim.learn import exercises
    from iptsim.render.outputs import learn_json, learn_text

    style = shown_as(output)
    if output.is_text:
        tell_answer(learn_text.list_text(learned, exercises(), style))
    else:
        tell_answer(learn_json.list_json(learned, exercises(), style.lang))
    return DONE


def _show(one: Exercise, learned: Learned, asked: LearnOptions, output: OutputOptions) -> int:
    from iptsim.render.outputs import learn_json, learn_text

    style, file = shown_as(output), learned.begin(one)
    if asked.edit:
        _edit(file)
        return _check(one, learned, asked, output)
    if output.is_text:
        tell_answer(learn_text.show_text(one, learned, style))
    else:
        tell_answer(learn_json.show_json(one, learned, style.lang))
    return DONE


def _hint(one: Exercise, learned: Learned, output: OutputOptions) -> int:
    from iptsim.render.outputs import learn_json, learn_text

    style, given = shown_as(output), learned.hint(one)
    if output.is_text:
        tell_answer(learn_text.hint_text(one, learned, given, style))
    else:
        tell_answer(learn_json.hint_json(one, learned, given, style.lang))
    return DONE


def _check(one: Exercise, learned: Learned, asked: LearnOptions, output: OutputOptions) -> int:
    from iptsim.cli.dump_files import read_text_file
    from iptsim.learn import check
    from iptsim.learn.kernels_word import can_be_asked
    from iptsim.render.outputs import learn_json, learn_text

    file = str(learned.begin(one))
    style = shown_as(output, [file])
    must = asked.kernel is Ask.ALWAYS
    ask = must or (asked.kernel is Ask.AUTO and can_be_asked())
    found = check(one, read_text_file(file), file=file, ask_kernel=ask, must=must)
    if found.right:
        learned.done(one)
    if output.is_text:
        tell_answer(learn_text.check_text(found, learned, style))
    else:
        tell_answer(learn_json.check_json(found, learned, style.lang))
    return DONE if found.right else WRONG


def _reset(one: Exercise, learned: Learned, output: OutputOptions) -> int:
    from iptsim.render.outputs import learn_json, learn_text

    style, file = shown_as(output), learned.reset(one)
    if output.is_text:
        tell_answer(learn_text.reset_text(str(file), style))
    else:
        tell_answer(learn_json.reset_json(one, learned, style.lang))
    return DONE


def _edit(file: Path) -> None:
    """Open the file in the user's editor; `UsageError` where none is told, or it is not there."""
    told = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    words = shlex.split(told or "")
    message = f"no editor: set EDITOR, or open {file} yourself"
    if not words:
        raise UsageError(message, code=codes.NO_EDITOR, file=str(file))
    try:
        subprocess.run([*words, str(file)], check=False)  # noqa: S603  # the user's own
    except OSError:
        raise UsageError(message, code=codes.NO_EDITOR, file=str(file)) from None
