"""What docs/reference/library.md shows is what Python prints."""

from __future__ import annotations

import ast
import io
import re
import sys
from contextlib import redirect_stdout

import pytest
from called_program import ROOT

PAGE = (ROOT / "docs" / "reference" / "library.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", PAGE, re.S | re.M)


def test_every_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "fixtures" / "istio" / "both-directions")
    names: dict[str, object] = {}
    assert len(BLOCKS) > 5
    for code, shown in BLOCKS:
        printed = as_typed(code, names)
        if shown:
            assert printed == shown


def as_typed(code: str, names: dict[str, object]) -> str:
    """What the code prints, and the value of its last line as a notebook shows it."""
    *lines, last = ast.parse(code).body
    printed = io.StringIO()
    shows = isinstance(last, ast.Expr)
    tree = ast.Module(lines if shows else [*lines, last], [])
    with redirect_stdout(printed):
        exec(compile(tree, "<page>", "exec"), names)  # noqa: S102  # the page is ours
        if isinstance(last, ast.Expr):
            sys.displayhook(eval(compile(ast.Expression(last.value), "<page>", "eval"), names))  # noqa: S307  # as above
    return printed.getvalue()
