"""How long a command may take: it says that it works on, and ends with what to tell."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.model import Dump

FIRST, ENDS = 5, 55
"""Seconds after which a person is told that it works on, each time; and after which it ends."""
_read: list[Dump] = []
_BOUNDED = ("trace", "query", "diff", "lint")


@contextmanager
def patience(arguments: Sequence[str]) -> Iterator[None]:
    """Within: a line on a terminal's stderr now and then, and `UsageError` when it takes too long.

    Packets of a stream have answers of their own, and the kernel takes its time: these are not
    bounded, nor is a call that is not from the main thread, where no signal comes.
    """
    bounded = arguments[:1] and arguments[0] in _BOUNDED and "--packets" not in arguments
    able = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()
    if not (bounded and able):
        yield
        return
    _read.clear()
    before = signal.signal(signal.SIGALRM, _Clock(_read).tick)
    signal.setitimer(signal.ITIMER_REAL, FIRST, FIRST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def has_read(dump: Dump) -> None:
    """Tell what the command is about, so that no text is asked for that was given."""
    _read.append(dump)


def better_text(dumps: Iterable[Dump]) -> str:
    """`, or give …`: a text that tells more than those; nothing where they tell all."""
    from iptsim.tracer.completed import completed

    rulesets = [ruleset for dump in dumps for ruleset in dump.rulesets]
    if any(rule.hides for each in rulesets for _table, _chain, _number, rule in each.rules()):
        return ", or give iptables-save text"
    if any(completed(each) is not each for each in rulesets):
        return ", or give all that iptables-save prints there, not a part of it"
    return ""


class _Clock:
    """Counts the ticks of one command."""

    def __init__(self, dumps: Sequence[Dump] = ()) -> None:
        self._seconds, self._dumps = 0, dumps

    def tick(self, *_signal: object) -> None:
        """Every `FIRST` seconds."""
        self._seconds += FIRST
        if self._seconds >= ENDS:
            raise UsageError(
                f"no answer within {ENDS} seconds: too much is open; "
                f"tell more of the packet (--src, --dst, --in, …){better_text(self._dumps)}",
                code="IPT0151",
            )
        if sys.stderr.isatty():
            sys.stderr.write(f"still working: {self._seconds} s\n")
            sys.stderr.flush()
