"""What the program is at, for a person who waits: a stage, and how far it is in it.

One answer is worked out at a time. A stage within another is part of that one, which goes on being
told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from iptsim.dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage by its name in the catalogue (`late.at.…`): at thing number `at` of so many.

    `where` is what it is about: a table's hook, files.
    """

    name: str
    at: int
    count: int
    where: str = ""


@dataclass(slots=True)
class _Now:
    """Where the program is. Its fields are set for each thing, so nothing is made for one."""

    name: str = ""
    at: int = 0
    count: int = 0
    where: str = ""


_now = _Now()


def now() -> Stage | None:
    """The stage that the program is at; None between stages."""
    if not _now.name:
        return None
    return Stage(name=_now.name, at=_now.at, count=_now.count, where=_now.where)


def begin() -> None:
    """No stage: a new question."""
    _now.name = ""


def each(items: Sequence[T], name: str, where: str = "") -> Iterable[T]:
    """The items one by one, of which the stage is about to work on one after the other."""
    return items if _now.name else _counted(items, name, where)


def _counted(items: Sequence[T], name: str, where: str) -> Iterator[T]:
    with at(name, len(items), where):
        for number, item in enumerate(items, 1):
            _now.at = number
            yield item


@contextmanager
def at(name: str, count: int, where: str = "") -> Iterator[None]:
    """Within: the stage, of which only its size is known."""
    if _now.name:
        yield
        return
    _now.at, _now.count, _now.where, _now.name = 0, count, where, name
    try:
        yield
    finally:
        begin()
