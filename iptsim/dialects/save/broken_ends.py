"""Where a text ends within its last rule though what is left of that rule can be read.

What iptables prints it prints whole: each word to its end, each target by a name that is known or
declared, `-j REJECT` with its `--reject-with` (libipt_REJECT.c, REJECT_save).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from iptsim.dialects.parts import Line
from iptsim.extensions.registry import targets
from iptsim.extensions.text import UnwritableError, write_target
from iptsim.model import VERDICTS, Target
from iptsim.regex import regex

_TARGET = regex(r"\s(-[jg]\s+\S.*?)\s*$")
_FEW = 3
"""So many lines may be as long as the last by chance."""
_STARTED = regex(r"\s*(?:--?(?:[ANP]\s*)?|\[[\d:]*\]?\s*)$")
"""A command, or the counters in front of one, and nothing that tells its chain."""

_PRINTED = regex(r" -[sd] [\d.]+/32 | -p (tcp|udp|icmp) -m \1 ")
"""What people seldom type and iptables always prints."""


def is_started(text: str) -> bool:
    """Whether a line is the beginning of a command that names no chain yet."""
    return _STARTED.match(text) is not None


def breaks_off(lines: Sequence[Line]) -> bool:
    """Whether the last line of a text is broken off, and few others: not by a terminal's width."""
    told = [line for line in lines if line.text.strip()]
    return bool(told) and told[-1].cut and sum(line.cut for line in told) <= _FEW


def ends_within(
    target: Target, line: Line, others: Sequence[Line], chains: Collection[str], family: int
) -> bool:
    """Whether a rule that reads whole breaks off in its target, as iptables prints rules.

    `others` are the lines above it, `chains` those that they declare or have rules of.
    """
    found = _TARGET.search(line.text)
    if found is None:
        return False
    bare = len(found[1].split()) == 2 and _is_half_told(target)  # -j and a name
    half = bare or _is_half_a_name(target, chains)
    return half or _lacks(target, found[1], others, family)


def _is_half_told(target: Target) -> bool:
    """Whether a target stands without what iptables asks for with it (`-j DNAT`)."""
    known = targets().get(target.name)
    return known is not None and bool(known.demands.one_of) and not target.options


def _is_half_a_name(target: Target, chains: Iterable[str]) -> bool:
    known = {*VERDICTS, *targets(), *chains}
    name = target.name
    return name not in known and any(each.startswith(name) for each in known)


def _lacks(target: Target, text: str, others: Sequence[Line], family: int) -> bool:
    """Whether iptables would go on in the last word, or in one that it prints elsewhere."""
    try:
        whole = write_target(target, family)
    except UnwritableError:
        return False
    if whole == text or not whole.startswith(text):
        return False
    rest = whole[len(text) :]
    if not rest.startswith(" ") or any(rest.split()[0] in line.text for line in others):
        return True
    typed = any(line.text.rstrip().endswith(text) for line in others)
    return not typed and any(_PRINTED.search(line.text) for line in others)
