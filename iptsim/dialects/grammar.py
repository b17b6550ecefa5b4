"""Finding and loading the Lark grammars, from an installed package or from a bare checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark

_PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Where the grammars are: inside the package as installed, else beside it as checked out.

    Raises `FileNotFoundError` when neither is there: the installation is broken.
    """
    for place in (_PACKAGE / "grammars", _PACKAGE.parent / "grammars"):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"no grammars in {_PACKAGE} or beside it")


@cache
def load(name: str, **options: Any) -> Lark:
    """The parser of `grammars/NAME.lark`, made once for each name and set of options.

    `options` are Lark's, each hashable (a tuple where Lark takes a list); the parser is LALR
    unless they say otherwise, and every token knows its place.
    """
    settings: dict[str, Any] = {
        "parser": "lalr",
        "propagate_positions": False,
        "maybe_placeholders": False,
    }
    given = {
        key: list(value) if isinstance(value, tuple) else value for key, value in options.items()
    }
    return Lark.open(str(folder() / f"{name}.lark"), **(settings | given))
