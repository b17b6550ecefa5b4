"""One test for a whole table: every row is asked, and each that fails is told with its name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]
Row = tuple[object, ...]
Ids = Iterable[object] | Callable[[Any], object] | None
# A row that skips would hide those behind it.
_FAILED = (Exception, pytest.fail.Exception, pytest.skip.Exception)


def every_row(
    names: str | tuple[str, ...], rows: Iterable[object], ids: Ids = None
) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, but one test: a test costs more than most rows do.

    Fixtures are shared by all rows, so a test that changes its fixtures is none for this.
    """
    words = names if isinstance(names, tuple) else (names,)
    table = [row if isinstance(names, tuple) and isinstance(row, tuple) else (row,) for row in rows]
    assert table, "a test of no rows cannot fail"
    assert all(len(row) == len(words) for row in table), "a row has not as many values as names"
    return lambda test: _over(test, words, table, ids)


def _over(test: Test, words: tuple[str, ...], table: list[Row], ids: Ids) -> Test:
    @functools.wraps(test)
    def over(**fixtures: object) -> None:
        __tracebackhide__ = True
        failed = {
            number: said
            for number, row in enumerate(table)
            if (said := _said(test, dict(zip(words, row, strict=True)) | fixtures))
        }
        if failed:
            places = _places(table, ids)
            told = [f"-- {places[number]}\n{said}" for number, said in failed.items()]
            head = f"{len(failed)} of {len(table)} rows fail"
            pytest.fail("\n".join([head, *told]), pytrace=False)

    whole = inspect.signature(test)
    rest = [each for name, each in whole.parameters.items() if name not in words]
    over.__dict__["__signature__"] = whole.replace(parameters=rest)
    return over


def _said(test: Test, row: dict[str, object]) -> str:
    """How one row fails; nothing where it does not."""
    __tracebackhide__ = True
    try:
        test(**row)
    except _FAILED as error:
        if isinstance(error, pytest.fail.Exception) and not error.pytrace:
            return str(error)  # of a table in a row
        return str(pytest.ExceptionInfo.from_exception(error).getrepr(style="short"))
    return ""


def _places(table: list[Row], ids: Ids) -> list[object]:
    """What a row is called; asked for where one fails alone."""
    if ids is not None and not callable(ids):
        return list(ids)
    return [", ".join(str((ids or repr)(value)) for value in row) for row in table]
