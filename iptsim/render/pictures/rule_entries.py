"""The rules of a chain as a picture has rows: a verdict map has one for each verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iptsim.model import Chain, Rule

if TYPE_CHECKING:  # pictures of iptables load nothing of nftables
    from iptsim.verdict_rows import Row


class Entry(NamedTuple):
    """A rule and its number; `sign` is what became of it in a comparison.

    Of a verdict map each verdict is an entry: `row` is it, `to` its chain, or its name in capitals.
    """

    number: int
    rule: Rule
    sign: str = ""
    to: str = ""
    row: Row | None = None


def plain_entries(chain: Chain) -> list[Entry]:
    """The rules as they are."""
    return [Entry(number, rule) for number, rule in chain.numbered()]


def spread(entries: Iterable[Entry]) -> list[Entry]:
    """The entries, each verdict of a map as one."""
    return [row for entry in entries for row in _rows(entry)]


def _rows(entry: Entry) -> Iterator[Entry]:
    if entry.rule.nft is None or entry.to:
        yield entry
        return
    from iptsim.verdict_rows import rows_of  # noqa: PLC0415  # where nftables are

    rows = rows_of(entry.rule)
    if not rows:
        yield entry
    for row in rows:
        verdict = row.led.verdict
        to = verdict.kind.upper() if verdict.chain is None else verdict.chain
        yield entry._replace(rule=row.rule, to=to, row=row)


def spread_beside(old: Entry, new: Entry) -> Iterator[Entry]:
    """The rows of a rule that stayed: what its map leads to now, and what it led to before."""
    before = {row.to: row for row in _rows(old)}
    for row in _rows(new):
        was = before.pop(row.to, None)
        same = was is not None and was.rule == row.rule
        yield row._replace(sign="" if same else "+" if was is None else "~")
    for row in before.values():
        yield row._replace(number=new.number, sign="-")
