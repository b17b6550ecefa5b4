"""Where reading begins: a text that is plainly one listing goes the short way, others the whole."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dialects.plain import plain_dump, plain_text
from iptsim.model import Dump


def read_files(
    paths: Sequence[str],
    *,
    table: str | None = None,
    family: int | None = None,
    may_be_empty: bool = False,
    state: str | None = None,
    strict: bool = False,
) -> Dump:
    """The rules of one host from several files; `-` is standard input. See `read_text`.

    With `may_be_empty` a file without any text is what iptables-save prints where no table is
    there: no rules of either family. Also raises `UsageError` for a file that cannot be read.
    """
    if len(paths) == 1 and state is None and not strict:
        text = plain_text(paths[0])
        dump = None if text is None else plain_dump(text, paths[0], table, family)
        if dump is not None:
            return dump
    from iptsim.dialects.dump import read_files as read  # noqa: PLC0415  # a short text needs none

    return read(
        paths, table=table, family=family, may_be_empty=may_be_empty, state=state, strict=strict
    )
