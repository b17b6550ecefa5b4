"""Our steps and a log's lined up, and what a row that has one side only means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from iptsim.dataclass import dataclass, replace
from iptsim.kernel.logs.log_rows import (
    AFTER,
    BEFORE,
    DIFFERS,
    ELSEWHERE,
    LOST,
    NOT_THERE,
    SAME,
    LogRow,
    Seen,
)
from iptsim.kernel.side_by_side import in_kernel_words
from iptsim.model import Ruleset
from iptsim.worlds.outcome import Step

_FINAL = ("drop", "stolen")
_LEADS = ("jump", "goto")
_ENDS_TABLE = ("accept", "drop", "rewrite", "policy", "reject", "queue")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows, and how little they go together."""

    rows: tuple[LogRow, ...]

    @cached_property
    def cost(self) -> tuple[int, int]:
        """Rows that differ, then steps that the log must have lost."""
        kinds = [row.kind for row in self.rows]
        return (kinds.count(DIFFERS), kinds.count(LOST))


def aligned(ours: Sequence[Step], seen: Sequence[Seen], ruleset: Ruleset) -> Rows:
    """The steps side by side, as many alike as can be, in the order of both."""
    pairs = list(_pairs(ours, seen))
    return Rows(rows=tuple(_settled(pairs, ruleset)))


_Pair = tuple[Step | None, Seen | None]


def _pairs(ours: Sequence[Step], seen: Sequence[Seen]) -> Iterator[_Pair]:
    """The longest common order (Needleman and Wunsch); steps are few."""
    width, height = len(seen), len(ours)
    best = [[0] * (width + 1) for _ in range(height + 1)]
    fits = [[_fits(step, other) for other in seen] for step in ours]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            same = best[i + 1][j + 1] + fits[i][j] if fits[i][j] else 0
            best[i][j] = max(same, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < height and j < width:
        if fits[i][j] and best[i][j] == best[i + 1][j + 1] + fits[i][j]:
            yield ours[i], seen[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield ours[i], None
            i += 1
        else:
            yield None, seen[j]
            j += 1
    yield from ((step, None) for step in ours[i:])
    yield from ((None, other) for other in seen[j:])


def _fits(ours: Step, seen: Seen) -> int:
    """How well they go together; 0 where one cannot be the other."""
    mine, theirs = in_kernel_words(ours), seen.step
    if (mine.hook, mine.table, mine.chain) != (theirs.hook, theirs.table, theirs.chain):
        return 0
    if (ours.rule is None) != seen.is_policy or not seen.known:
        return 0
    if seen.rules or seen.is_policy:
        here = seen.is_policy or ours.rule in seen.rules
        return (4 if _same_verdict(ours, seen) else 2) if here else 0
    return 3 if _same_verdict(ours, seen) else 0


def _same_verdict(ours: Step, seen: Seen) -> bool:
    """A verdict that the log does not tell is no difference; a queue may have been bypassed."""
    mine, theirs = in_kernel_words(ours), seen.step
    if theirs.verdict == "":
        return True
    if theirs.verdict == "queue" and ours.target in ("QUEUE", "NFQUEUE"):
        return True
    return (mine.verdict, mine.target) == (theirs.verdict, theirs.target)


def _settled(pairs: Sequence[_Pair], ruleset: Ruleset) -> Iterator[LogRow]:
    told = [n for n, (_step, seen) in enumerate(pairs) if seen is not None]
    rows = [_row(n, pairs, told, ruleset) for n in range(len(pairs))]
    yield from _beside(rows)


def _row(n: int, pairs: Sequence[_Pair], told: Sequence[int], ruleset: Ruleset) -> LogRow:
    ours, seen = pairs[n]
    if ours is not None and seen is not None:
        same = _same_verdict(ours, seen)
        return LogRow(
            kind=SAME if same else DIFFERS, ours=ours, seen=seen, why="" if same else "verdict"
        )
    if seen is not None:
        return _only_logged(seen, ruleset)
    assert ours is not None
    logged = [seen for _step, seen in pairs if seen is not None]
    if not told or (n < told[0] and _before(ours, pairs[told[0]])):
        return LogRow(kind=LOST if _covered(ours, logged) else BEFORE, ours=ours, seen=None)
    later = [pair for pair in pairs[n + 1 :] if pair[1] is not None]
    if not later:
        return _past_the_log(ours, pairs[told[-1]])
    lost = _must_have_been(ours, [seen for _step, seen in later if seen is not None])
    return LogRow(
        kind=LOST if lost else DIFFERS, ours=ours, seen=None, why="" if lost else "passed_over"
    )


def _only_logged(seen: Seen, ruleset: Ruleset) -> LogRow:
    table = ruleset.table(seen.step.table)
    if table is None:
        drops = seen.step.verdict in _FINAL
        kind = DIFFERS if drops else ELSEWHERE
        return LogRow(kind=kind, ours=None, seen=seen, why="no_table" if drops else "")
    chain = table.chain(seen.step.chain)
    why = "no_chain" if chain is None else "matched" if seen.known else "no_rule"
    return LogRow(kind=DIFFERS, ours=None, seen=seen, why=why)


def _before(ours: Step, first: _Pair) -> bool:
    """Whether our step is one before the log's first: of a table before it, or of rules before."""
    step, seen = first
    assert seen is not None
    elsewhere = (ours.hook, ours.table) != (seen.step.hook, seen.step.table)
    return elsewhere or step is not None


def _covered(ours: Step, logged: Sequence[Seen]) -> bool:
    """Whether the log has the whole table of our step: it tells of another before it, there."""
    here = [seen.step.table for seen in logged if seen.step.hook == ours.hook]
    return ours.table in here[1:] and here[0] != ours.table


def _past_the_log(ours: Step, last: _Pair) -> LogRow:
    """Behind the log's last step: it broke off, unless that step ends a packet's way."""
    _step, seen = last
    assert seen is not None
    if seen.step.verdict in _FINAL:
        return LogRow(kind=DIFFERS, ours=ours, seen=None, why="ended")
    return LogRow(kind=AFTER, ours=ours, seen=None)


def _must_have_been(ours: Step, later: Sequence[Seen]) -> bool:
    """Whether the log's later steps show that the packet took this one: its line is lost."""
    same = [one for one in later if (one.step.hook, one.step.table) == (ours.hook, ours.table)]
    if ours.action in _LEADS:
        return any(one.step.chain == ours.target for one in same)
    return ours.action in _ENDS_TABLE and ours.action != "drop" and not same


def _beside(rows: Sequence[LogRow]) -> Iterator[LogRow]:
    """A rule that we pass over beside the one of the same chain that the log has in its place."""
    at = 0
    while at < len(rows):
        row = rows[at]
        after = rows[at + 1] if at + 1 < len(rows) else None
        if after is not None and _one_place(row, after):
            ours, seen = row.ours or after.ours, row.seen or after.seen
            why = next((each.why for each in (row, after) if each.why in NOT_THERE), "other_rule")
            yield replace(row, ours=ours, seen=seen, why=why)
            at += 1
        else:
            yield row
        at += 1


def _one_place(row: LogRow, after: LogRow) -> bool:
    if row.kind != DIFFERS or after.kind != DIFFERS or (row.ours is None) == (after.ours is None):
        return False
    ours, seen = row.ours or after.ours, row.seen or after.seen
    if ours is None or seen is None or (row.ours and row.seen) or (after.ours and after.seen):
        return False
    where = (ours.hook, ours.table, ours.chain)
    return where == (seen.step.hook, seen.step.table, seen.step.chain)
