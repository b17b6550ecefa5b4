"""How long a command may take: it says that it works on, and ends with what to tell."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from iptsim.errors import UsageError

FIRST, ENDS = 5, 55
"""Seconds after which a person is told that it works on, each time; and after which it ends."""
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
    before = signal.signal(signal.SIGALRM, _Clock().tick)
    signal.setitimer(signal.ITIMER_REAL, FIRST, FIRST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Clock:
    """Counts the ticks of one command."""

    def __init__(self) -> None:
        self._seconds = 0

    def tick(self, *_signal: object) -> None:
        """Every `FIRST` seconds."""
        self._seconds += FIRST
        if self._seconds >= ENDS:
            raise UsageError(
                f"no answer within {ENDS} seconds: too much is open; "
                "tell more of the packet (--src, --dst, --in, …), or give iptables-save text",
                code="IPT0151",
            )
        if sys.stderr.isatty():
            sys.stderr.write(f"still working: {self._seconds} s\n")
            sys.stderr.flush()
