"""Codes are names: each stands once, in `iptsim/codes/`, and nothing branches on a bare one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house_trees import HOUSE, trees

from iptsim import codes

DOCS = HOUSE.parent / "docs"
CODE = re.compile(r"IPT\d{4}")
NAMED = {name: value for name, value in vars(codes).items() if name.isupper()}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for file, tree in trees().items():
        if "codes" not in file.parts:
            yield file, tree


def literals(tree: ast.AST) -> Iterator[str]:
    """Texts that begin as a code, also within f-strings; a docstring may speak of one."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and value.startswith("IPT") and "\n" not in value:
            yield value


def test_a_bare_code_is_seen() -> None:
    assert list(literals(ast.parse('f"IPT{4 + 4}"; note.code == "IPT0402"'))) == ["IPT", "IPT0402"]


def test_no_module_has_bare_codes() -> None:
    bare = {(file.name, text) for file, tree in modules() for text in literals(tree)}
    variables = ("IPTSIM_DEBUG", "IPTSIM_PYODIDE")
    assert {(file, text) for file, text in bare if text not in variables} == set()


def test_a_name_has_a_code_of_its_own() -> None:
    assert all(CODE.fullmatch(value) for value in NAMED.values())
    assert len(set(NAMED.values())) == len(NAMED)


def test_every_name_is_used() -> None:
    used = {
        node.attr
        for _file, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "codes"
        and node.attr.isupper()
    }
    assert used == NAMED.keys()


def test_docs_speak_of_codes_that_are() -> None:
    told = {code for file in DOCS.rglob("*.md") for code in CODE.findall(file.read_text())}
    assert told
    assert told <= set(NAMED.values())


def test_the_table_of_lint_has_every_finding() -> None:
    rows = re.findall(r"^\| (IPT\d{4}) \|", (DOCS / "reference/lint.md").read_text(), re.MULTILINE)
    assert rows == [code for name, code in NAMED.items() if name.startswith("LINT_")]
