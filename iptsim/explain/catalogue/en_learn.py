"""English: exercises in the terminal."""

from __future__ import annotations

SENTENCES = {
    "learn.progress": "{done} of {count} done",
    "learn.next": "Next: `{call}`",
    "learn.finished": "All exercises are done.",
    "learn.edit": "Edit",
    "learn.check": "Check",
    "learn.hint": "Hint",
    "learn.hints": "({count} in all, {given} given)",
    "learn.must": "What must hold:",
    "learn.right": "{title}: all {count} hold",
    "learn.wrong": "{title}: {held} of {count} hold",
    "learn.kernel.same": "the kernel does the same",
    "learn.kernel.other": "the kernel does otherwise: please report this",
    "learn.kernel.unasked": "not asked of the kernel: {why}",
    "learn.now": "now: {fate}",
    "learn.rules.one": "now there is 1 rule",
    "learn.rules.many": "now there are {count} rules",
    "learn.differ": "now some packet fares otherwise, and this tells which:",
    "learn.hint.number": "Hint {number} of {count}",
    "learn.hint.more": "One more: `{call}`",
    "learn.hint.last": "That was the last hint.",
    "learn.reset": "{file} is as it was at first.",
}
