"""When the time for an answer is over: what is found by then is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from iptsim.errors import TimeUp
from iptsim.query.answer import Answer

T = TypeVar("T")


class Deadline:
    """Does one thing after the other until the time is over, and then nothing any more.

    `late` says what to tell for a whole answer, and is empty before; `unasked` are the hooks whose
    packets were not gone through.
    """

    def __init__(self) -> None:
        self.late = ""
        self._up: TimeUp | None = None
        self._unasked: dict[str, None] = {}

    @property
    def unasked(self) -> tuple[str, ...]:
        """The hooks, each once."""
        return tuple(self._unasked)

    def ask(self, hook: str, work: Callable[[], T]) -> T | None:
        """What the work comes to; None where there is no time for it."""
        found = self._in_time(work)
        if found is None:
            self._unasked[hook] = None
        return found

    def told(self, answer: Answer, tell: Callable[[], Answer], wanted: bool) -> Answer:
        """The answer with its packets, where these are wanted and there is time."""
        found = self._in_time(tell) if wanted else None
        return answer if found is None else found

    def settle(self, *, tells: bool) -> None:
        """Raises `TimeUp` where the time was over, and there is nothing to tell."""
        if self._up is not None and not tells:
            raise self._up

    def _in_time(self, work: Callable[[], T]) -> T | None:
        if self._up is not None:
            return None
        try:
            return work()
        except TimeUp as up:
            self._up, self.late = up, up.message
            return None
