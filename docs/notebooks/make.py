"""Writes the lessons: each notebook from its source, with what its cells show.

    python docs/notebooks/make.py            every lesson
    python docs/notebooks/make.py 3 3.zh     only these

A source is a page of Markdown in `sources/`. A block that begins with three backticks and
`python NAME` is a cell of code of that name; what stands between two of them is a cell of text. The
cells are run here, one after the other, and shown as Jupyter shows them (the tests hold that
against Jupyter itself), so outputs are the same wherever they are made.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = HERE / "sources"
_CODE = re.compile(r"^```python (?P<name>[\w-]+)\n(?P<code>.*?)^```\n?", re.MULTILINE | re.DOTALL)
_BROKEN = re.compile(r"(?<=[^\x00-\x7f])\n(?=[^\x00-\x7f])")
"""A line's end between Chinese letters, which a page would show as a blank."""
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
Cell = dict[str, Any]


def notebook(source: str, answers: dict[str, str] | None = None) -> dict[str, Any]:
    """The notebook of a source, run; `answers` stand for the dots of the cells of those names."""
    cells = cells_of(source)
    names: dict[str, Any] = {"__name__": "__main__"}
    with _at_home():
        for number, cell in enumerate((c for c in cells if c["cell_type"] == "code"), 1):
            code = "".join(cell["source"])
            if cell["id"] in (answers or {}):
                code = code.replace("...", (answers or {})[cell["id"]], 1)
            cell["outputs"] = shown(code, names, number)
            cell["execution_count"] = number
    return {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def cells_of(source: str) -> list[Cell]:
    """The cells of a source, not run yet."""
    cells: list[Cell] = []
    at = 0
    for found in _CODE.finditer(source):
        cells += _text(source[at : found.start()], f"before-{found['name']}")
        code = {"execution_count": None, "outputs": [], "source": _lines(found["code"])}
        cells.append({"cell_type": "code", "id": found["name"], "metadata": {}, **code})
        at = found.end()
    return [*cells, *_text(source[at:], "end")]


def shown(code: str, names: dict[str, Any], number: int) -> list[Cell]:
    """What a cell prints, and its last value as Jupyter shows it."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102  # our own lessons
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307  # the same
    outputs: list[Cell] = []
    if text := printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": _lines(text)})
    if value is not None:
        result = {"execution_count": number, "metadata": {}, "output_type": "execute_result"}
        outputs.append({"data": _data(value), **result})
    return outputs


def write(source: Path) -> None:
    """Write the notebook of a source beside the others."""
    made = notebook(source.read_text(encoding="utf-8"))
    text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True)
    target_of(source).write_text(text + "\n", encoding="utf-8")


def target_of(source: Path) -> Path:
    """Where the notebook of a source is."""
    return HERE / f"{source.name.removesuffix('.md')}.ipynb"


def _text(told: str, name: str) -> list[Cell]:
    told = _BROKEN.sub("", told.strip("\n"))
    cell = {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(told)}
    return [cell] if told else []


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").splitlines(keepends=True) if text.strip() else []


def _data(value: Any) -> dict[str, list[str]]:
    data = {"text/plain": _lines(repr(value))}
    html = getattr(value, "_repr_html_", None)
    return data if html is None else {"text/html": _lines(html()), **data}


@contextlib.contextmanager
def _at_home() -> Any:
    """Where Jupyter runs a notebook: in its folder, whose modules can be imported anew."""
    before, path = Path.cwd(), list(sys.path)
    os.chdir(HERE)
    sys.path.insert(0, str(HERE))
    for name in [name for name in sys.modules if name.split(".")[0] == "checking"]:
        del sys.modules[name]
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for each in sorted(SOURCES.glob("*.md")):
        number, _, rest = each.name.partition("-")
        if not wanted or number + (".zh" if rest.endswith(".zh.md") else "") in wanted:
            write(each)
            print(target_of(each).name)
