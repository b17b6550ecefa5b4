"""The modules of the house as syntax trees, parsed once for all tests that look through them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import iptsim

HOUSE = Path(iptsim.__file__).parent


@cache
def trees() -> Mapping[Path, ast.Module]:
    """Every module but those of the catalogue, by path and in its order."""
    files = (file for file in sorted(HOUSE.rglob("*.py")) if "catalogue" not in file.parts)
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
