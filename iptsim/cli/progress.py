"""How far many packets are, on a terminal, for who waits longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
FIRST, EACH = 1.0, 0.2
"""Seconds after which the count is shown at first, and then each time."""


def counted(items: Iterable[T], lang: str) -> Iterator[T]:
    """The items; meanwhile a terminal's standard error shows how many were worked on.

    But where the answers come to a terminal: there they tell it themselves.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return iter(items)
    return _shown(items, lang)


def _shown(items: Iterable[T], lang: str) -> Iterator[T]:
    due = monotonic() + FIRST
    show: Callable[[int], None] | None = None
    stop: Callable[[], None] = _nothing
    try:
        for number, item in enumerate(items, 1):
            yield item
            if monotonic() >= due:
                if show is None:
                    show, stop = _bar(lang)
                show(number)
                due = monotonic() + EACH
    finally:
        stop()


def _bar(lang: str) -> tuple[Callable[[int], None], Callable[[], None]]:
    """What shows a number, and what takes it off the screen again."""
    from iptsim.explain.catalogue import sentence

    with suppress(ImportError):
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        task = bar.add_task("")
        bar.start()

        def show(number: int) -> None:
            bar.update(task, description=sentence("progress.packets", lang, count=number))

        return show, bar.stop
    return _ignored, _nothing


def _ignored(_number: int) -> None:
    pass


def _nothing() -> None:
    pass
