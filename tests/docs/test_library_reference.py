"""What the reference of the library shows is what its examples print.

With IPTSIM_UPDATE set it is written anew, to be read before it is kept.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "library.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(source: str, names: dict[str, Any]) -> str:
    """What Python's prompt prints: the output, then the last line's value."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "<example>", "exec"), names)  # noqa: S102  # our own page
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<example>", "eval"), names)  # noqa: S307
            if value is not None:
                print(repr(value))  # noqa: T201  # it is caught
    return out.getvalue()


def run_page(text: str) -> str:
    """The page with what its examples print now."""
    names: dict[str, Any] = {}
    return EXAMPLE.sub(lambda m: f"```python\n{m[1]}```\n```text\n{shown(m[1], names)}```", text)


@pytest.fixture(autouse=True)
def _where_the_dumps_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "fixtures" / "istio" / "both-directions")


def test_examples() -> None:
    text = PAGE.read_text()
    assert len(EXAMPLE.findall(text)) >= 6
    assert text.count("```python") == len(EXAMPLE.findall(text))
    found = run_page(text)
    if os.environ.get("IPTSIM_UPDATE"):
        PAGE.write_text(found)
    assert found == text
