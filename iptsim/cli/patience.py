"""How long a command may take: it says that it works on, and ends with what to tell."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.errors import TimeUp, UsageError
from iptsim.stages import begin, now

if TYPE_CHECKING:
    from iptsim.model import Dump

FIRST, ENDS = 5, 55
"""Seconds after which a person is told that it works on, each time; and after which it ends."""
_others_count = False
_read: list[Dump] = []
_BOUNDED = ("trace", "query", "diff", "lint")
_ADVICE = {"trace": "late.packet", "query": "late.packet", "diff": "late.chain"}


@contextmanager
def patience(arguments: Sequence[str], lang: str = "en") -> Iterator[None]:
    """Within: a line on a terminal's stderr now and then, and `TimeUp` when it takes too long.

    What nobody answers in part by then is a `UsageError`. Packets of a stream have answers of their
    own, and the kernel takes its time: these are not bounded, nor is a call that is not from the
    main thread, where no signal comes, or where nothing counts the time.
    """
    bounded = arguments[:1] and arguments[0] in _BOUNDED and "--packets" not in arguments
    clock = _Clock(_read, command=arguments[0] if bounded else "", lang=lang)
    try:
        counted = _others_count or bool(signal.setitimer)
        before = signal.signal(signal.SIGALRM, clock.tick) if bounded and counted else None
    except (AttributeError, ValueError):  # there is no such signal, or not for this thread
        before = None
    if before is None:
        yield
        return
    _read.clear()
    begin()
    _count(FIRST)
    try:
        yield
    except TimeUp as late:
        raise UsageError(late.message, code=codes.TIME_UP) from None
    finally:
        _count(0)
        signal.signal(signal.SIGALRM, before)


def others_count() -> None:
    """Tell that a SIGALRM comes by itself every `FIRST` seconds: WebAssembly has no timer."""
    global _others_count  # noqa: PLW0603  # of the process, as the timer is
    _others_count = True


def _count(seconds: float) -> None:
    if not _others_count:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)


def has_read(dump: Dump) -> None:
    """Tell what the command is about, so that no text is asked for that was given."""
    _read.append(dump)


def better_text(dumps: Iterable[Dump]) -> str:
    """The key of a sentence on a text that tells more than those; none where they tell all."""
    from iptsim.tracer.rules.untold_chains import completed

    rulesets = [ruleset for dump in dumps for ruleset in dump.rulesets]
    if any(rule.hides for each in rulesets for rule in each.kinds):
        return "late.save"
    if any(completed(each) is not each for each in rulesets):
        return "late.all"
    return ""


def _late(command: str, dumps: Iterable[Dump], lang: str) -> str:
    from iptsim.explain.catalogue import sentence

    stage = now()
    if stage is not None and stage.name == "reading":
        return sentence("late.reading", lang, seconds=ENDS, where=stage.where)
    said = [sentence("late", lang, seconds=ENDS)]
    said += [sentence(key, lang) for key in (_ADVICE.get(command), better_text(dumps)) if key]
    return "".join(said)


def working(seconds: int, lang: str) -> str:
    """What the program is at since so many seconds, in one line."""
    from iptsim.explain.catalogue import sentence

    stage = now()
    if stage is None:
        return sentence("late.working", lang, seconds=seconds)
    facts = {"at": stage.at, "count": stage.count, "where": stage.where}
    told = sentence(f"late.at.{stage.name}", lang, **facts)
    return sentence("late.at", lang, stage=told, seconds=seconds)


class _Clock:
    """Counts the ticks of one command."""

    def __init__(
        self, dumps: Sequence[Dump] = (), *, command: str = "trace", lang: str = "en"
    ) -> None:
        self._seconds, self._dumps, self._command, self._lang = 0, dumps, command, lang

    def tick(self, *_signal: object) -> None:
        """Every `FIRST` seconds; again after the end, for an answer in part takes time, too."""
        self._seconds += FIRST
        if self._seconds >= ENDS:
            raise TimeUp(_late(self._command, self._dumps, self._lang))
        if sys.stderr.isatty():
            sys.stderr.write(working(self._seconds, self._lang) + "\n")
            sys.stderr.flush()
