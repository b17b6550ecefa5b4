"""What a trace log has otherwise than our trace, in a sentence; and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.explain.catalogue import sentence
from iptsim.kernel.logs.log_beside import LogComparison
from iptsim.kernel.logs.log_rows import AFTER, BEFORE, ELSEWHERE, LogRow, Seen
from iptsim.render.shared.journey_rows import deed_of
from iptsim.render.shared.kernels_words import kernels_deed


def difference_words(packet: LogComparison, lang: str) -> str:
    """The first difference: `we say filter INPUT 2 matches; the log passes it over`."""
    row, other = packet.first_difference, packet.altered
    at = packet.rows.index
    if other is not None and (row is None or at(other.row) <= at(row)):
        return sentence(
            "verify.log.altered", lang, where=_place(other.row),
            field=sentence(f"field.{other.field}", lang), ours=other.ours, logged=other.logged,
        )  # fmt: skip
    assert row is not None
    return sentence(f"verify.log.{row.why}", lang, **_facts(row, packet, lang))


def _facts(row: LogRow, packet: LogComparison, lang: str) -> dict[str, object]:
    step = row.ours or (row.seen.step if row.seen else None)
    assert step is not None
    table = packet.ruleset.table(step.table)
    chain = table.chain(step.chain) if table is not None else None
    logged = kernels_deed(row.seen.step, lang) if row.seen else ""
    return {
        "table": step.table,
        "chain": step.chain,
        "where": _place(row),
        "count": len(chain.rules) if chain is not None else 0,
        "ours": deed_of(row.ours, lang) if row.ours else "",
        "logged": logged,
        "rule": _logged_rule(row, lang),
        "own": str(row.ours.rule or sentence("verify.log.policy", lang)) if row.ours else "",
    }


def _logged_rule(row: LogRow, lang: str) -> str:
    """The log's rule by its number, else in its words."""
    seen = row.seen
    if seen is None:
        return ""
    if seen.is_policy:
        return sentence("verify.log.policy", lang)
    return str(seen.step.rule or seen.told.text or kernels_deed(seen.step, lang))


def _place(row: LogRow) -> str:
    step = row.ours or (row.seen.step if row.seen else None)
    assert step is not None
    return f"{step.table} {step.chain}" + (f" {step.rule}" if step.rule else "")


def remarks(packet: LogComparison, lang: str) -> Iterator[str]:
    """What the log does not hold, or holds of another dump."""
    kinds = [row.kind for row in packet.rows]
    if packet.state is not None:
        yield sentence("verify.log.state", lang, state=packet.state)
    if packet.absent:
        tables = sentence("trace.comma", lang).join(packet.absent)
        yield sentence("verify.log.absent", lang, tables=tables, count=kinds.count(ELSEWHERE))
    for name, count in (
        ("lost", packet.lost),
        ("before", kinds.count(BEFORE)),
        ("after", kinds.count(AFTER)),
    ):
        if count:
            yield sentence(f"verify.log.{name}", lang, count=count)
    if any(not seen.rules and not seen.is_policy for seen in _seen(packet)):
        yield sentence("verify.log.unnumbered", lang)


def other_counts(packets: Iterable[LogComparison], lang: str) -> Iterator[str]:
    """The chains that had another number of rules when the log was written, each once."""
    for other in dict.fromkeys(each for packet in packets for each in packet.counts):
        yield sentence(
            "verify.log.other_count", lang, where=f"{other.table} {other.chain}",
            logged=other.logged, dumped=other.dumped,
        )  # fmt: skip


def _seen(packet: LogComparison) -> Iterator[Seen]:
    return (row.seen for row in packet.rows if row.seen is not None)
