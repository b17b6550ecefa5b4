"""The program as a page calls it: in a process that goes on, with texts for files.

A page has no terminal and no shell: what is called, and the files that it names, come as JSON, and
what the program printed goes back so. `iptsim/playground/python_worker.js` calls it, whose clock
(`alarm_clock.js`) gives the signal that ends what takes too long.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iptsim.cli.app import WRONG, run
from iptsim.cli.patience import others_count
from iptsim.learn.learned import default_folder

_FOLDER = "work"
_STATE = "state"


def answered(request: str) -> str:
    """What the program answers to a call, all as JSON.

    A request has `words`, or a `line` of a shell, `files` by their names, the `columns` of the
    page, and `learned`, files of exercises by their names. An answer has `code`, `out`, `err`
    and `learned` as it is then.
    """
    if sys.platform == "emscripten":
        others_count()
    asked = json.loads(request)
    os.environ["XDG_STATE_HOME"] = str(Path.cwd() / _STATE)
    learned = default_folder()
    _written(learned, asked.get("learned", {}))
    with _own_folder(asked.get("files", {})):
        told = _told(asked)
    return json.dumps({**told, "learned": dict(_read(learned))})


def _told(asked: Mapping[str, Any]) -> dict[str, object]:
    try:
        words = asked["words"] if "words" in asked else _split(asked["line"])
    except ValueError as wrong:
        return {"code": WRONG, "out": "", "err": f"{wrong}\n"}
    return _called(words, int(asked.get("columns", 100)))


def _split(line: str) -> list[str]:
    """The words of a line as a shell has them; the program's own name may stand first."""
    words = shlex.split(line)
    return words[1:] if words[:1] == ["iptsim"] else words


def _called(words: Sequence[str], columns: int) -> dict[str, object]:
    out, err = _Stream(), _Stream()
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr
    sys.argv = ["iptsim", *words]
    sys.stdin, sys.stdout, sys.stderr = _Stream(), out, err
    os.environ["COLUMNS"] = str(columns)
    try:
        code = run()
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = before
    return {"code": code, "out": out.text, "err": err.text}


class _Stream(io.TextIOWrapper):
    """A standard stream that is kept: the program asks it for its encoding."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        """All that was written."""
        return self._bytes.getvalue().decode()


@contextmanager
def _own_folder(files: Mapping[str, str]) -> Iterator[None]:
    """Within: the working directory holds these files and no others."""
    before, folder = Path.cwd(), Path.cwd() / _FOLDER
    _emptied(folder)
    _written(folder, files)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _emptied(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()


def _written(folder: Path, files: Mapping[str, str]) -> None:
    """Names are those of files alone: a page tells no folders."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / Path(name).name).write_text(text, encoding="utf-8")


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.iterdir():
        if file.is_file():
            yield file.name, file.read_text(encoding="utf-8")
