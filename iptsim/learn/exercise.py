"""An exercise as its file tells it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError

Said = Mapping[str, str]
"""A text in each language, by its tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that must hold of the mended rules.

    Of every packet that `packet` tells (as the keys of a JSON packet; values may be sets): that it
    meets `fate`, or that none meets `never`. Or, without a packet: with `same`, that all packets
    fare as by the rules of the start; that there are `most_rules` rules.
    """

    said: Said
    packet: Mapping[str, str] | None = None
    fate: str | None = None
    never: str | None = None
    same: bool = False
    most_rules: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise; `number` counts from 1, `solution` is for tests alone.

    `hints` say more and more, none of them the answer.
    """

    number: int
    name: str
    family: int
    start: str
    solution: str
    title: Said
    story: Said
    hints: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]

    @property
    def file(self) -> str:
        """The name of the learner's file."""
        return f"{self.number:02}-{self.name}.rules"


@cache
def exercises() -> tuple[Exercise, ...]:
    """All exercises, the easiest first."""
    found = [one for one in (files("iptsim.learn") / "exercises").iterdir() if _is_one(one.name)]
    found.sort(key=lambda one: one.name)
    return tuple(_read(one.name, one.read_text(encoding="utf-8")) for one in found)


def exercise_of(word: str) -> Exercise:
    """The exercise of that number or name; `UsageError` where there is none."""
    known = exercises()
    for one in known:
        if word in (one.name, str(one.number), f"{one.number:02}", one.file):
            return one
    message = f"no exercise {word}; there are 1 to {len(known)}, and `iptsim learn list` names them"
    raise UsageError(message, code=codes.NO_SUCH_EXERCISE, name=word, count=len(known))


def _is_one(name: str) -> bool:
    return name.endswith(".toml")


def _read(name: str, text: str) -> Exercise:
    told = tomllib.loads(text)
    number, _, rest = name.removesuffix(".toml").partition("-")
    langs = [key for key, value in told.items() if isinstance(value, dict)]
    return Exercise(
        number=int(number),
        name=rest,
        family=told["family"],
        start=told["start"].lstrip("\n"),
        solution=told["solution"].lstrip("\n"),
        title={lang: told[lang]["title"] for lang in langs},
        story={lang: _one_line(told[lang]["story"]) for lang in langs},
        hints={lang: tuple(told[lang]["hints"]) for lang in langs},
        questions=tuple(_question(one, langs) for one in told["questions"]),
    )


def _one_line(text: str) -> str:
    """A story without its file's line breaks: 中文 has no blank there, but beside Latin letters."""
    found = ""
    for line in text.strip().splitlines():
        close = found and not (found[-1].isascii() or line[0].isascii())
        found += line if not found or close else f" {line}"
    return found


def _question(told: Mapping[str, Any], langs: list[str]) -> Question:
    said = {lang: told[lang] for lang in langs}
    return Question(said=said, **{key: value for key, value in told.items() if key not in langs})
