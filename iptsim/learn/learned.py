"""How far somebody has come: the files that they edit, and what is done."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.learn.exercise import Exercise, exercises

_SCHEMA = "iptsim.learned/1"


def default_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where state belongs (XDG Base Directory Specification): `~/.local/state/iptsim/learn`."""
    told = environ.get("XDG_STATE_HOME", "")
    base = Path(told) if told.startswith("/") else Path.home() / ".local" / "state"
    return base / "iptsim" / "learn"


class Learned:
    """A learner's folder: a file of rules for each exercise begun, and `progress.json`.

    Raises `UsageError` where it cannot be read or written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """None is the default folder."""
        self._folder = folder or default_folder()
        self._named = folder is not None
        self._told = self._read()

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def call(self, action: str, exercise: Exercise) -> str:
        """How to call the program for an exercise of this folder."""
        words = ["iptsim", "learn", action, str(exercise.number)]
        return shlex.join([*words, "--folder", str(self._folder)] if self._named else words)

    def comparison(self, exercise: Exercise) -> str:
        """How to call the program to see which packets fare otherwise than at first."""
        return shlex.join(["iptsim", "diff", str(self._first(exercise)), str(self.file(exercise))])

    def is_done(self, exercise: Exercise) -> bool:
        """Whether it was solved once."""
        return exercise.name in self._told["done"]

    def hints(self, exercise: Exercise) -> int:
        """How many of its hints were given."""
        return int(self._told["hints"].get(exercise.name, 0))

    def file(self, exercise: Exercise) -> Path:
        """Where its rules are, or will be."""
        return self._folder / exercise.file

    def current(self) -> Exercise | None:
        """The first that is not done; None where all are."""
        return next((one for one in exercises() if not self.is_done(one)), None)

    def begin(self, exercise: Exercise) -> Path:
        """Its file, with the rules to be mended where it is not there yet."""
        file = self.file(exercise)
        if not file.exists():
            self._write(file, exercise.start)
        return file

    def done(self, exercise: Exercise) -> None:
        """Keep that it is solved."""
        if not self.is_done(exercise):
            self._told["done"].append(exercise.name)
            self._keep()

    def hint(self, exercise: Exercise) -> int:
        """Count one more hint as given, as far as there are some; how many that makes."""
        there = len(exercise.hints["en"])
        count = min(self.hints(exercise) + 1, there)
        self._told["hints"][exercise.name] = count
        self._keep()
        return count

    def reset(self, exercise: Exercise) -> Path:
        """Its file as it was at first, and nothing done."""
        self._write(self.file(exercise), exercise.start)
        self._told["done"] = [name for name in self._told["done"] if name != exercise.name]
        self._told["hints"].pop(exercise.name, None)
        self._keep()
        return self.file(exercise)

    def _first(self, exercise: Exercise) -> Path:
        """A file with its rules as they were at first, to be compared with."""
        file = self._folder / "start" / exercise.file
        if not file.exists():
            self._write(file, exercise.start)
        return file

    def _read(self) -> dict[str, Any]:
        file = self._folder / "progress.json"
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"schema": _SCHEMA, "done": [], "hints": {}}
        except (OSError, ValueError) as error:
            raise _unread(file, str(error)) from None
        if not isinstance(told, dict) or told.get("schema") != _SCHEMA:
            raise _unread(file, _SCHEMA)
        return {**told, "done": list(told.get("done", ())), "hints": dict(told.get("hints", {}))}

    def _keep(self) -> None:
        self._write(self._folder / "progress.json", json.dumps(self._told, indent=2) + "\n")

    def _write(self, file: Path, text: str) -> None:
        with _written(self._folder):
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f"{file.name}.new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        message = f"{folder} cannot be written: {why}"
        facts = {"folder": str(folder), "why": why}
        raise UsageError(message, code=codes.FOLDER_NOT_WRITTEN, **facts) from None


def _unread(file: Path, why: str) -> UsageError:
    message = f"{file} cannot be read ({why}); remove it to begin anew"
    return UsageError(message, code=codes.PROGRESS_NOT_READ, file=str(file), why=why)
