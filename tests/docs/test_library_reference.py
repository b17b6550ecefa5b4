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

import iptsim

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


def members() -> list[tuple[str, str]]:
    """The methods and properties of the library's own values."""
    values = (getattr(iptsim, name) for name in iptsim.__all__)
    own = [v for v in values if isinstance(v, type) and v.__module__.startswith("iptsim.notebook")]
    return [
        (value.__name__, name)
        for value in own
        for name, member in vars(value).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, property))
    ]


@pytest.mark.parametrize(("value", "name"), members(), ids=lambda part: part)
def test_each_member_says_what_it_is_and_stands_on_the_page(value: str, name: str) -> None:
    member = getattr(getattr(iptsim, value), name)
    assert member.__doc__
    assert re.search(rf"\b{name}\b", PAGE.read_text())
