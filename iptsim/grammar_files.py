"""Where the grammars are: `grammars/*.lark`."""

from __future__ import annotations

from os import path

_PACKAGE = path.dirname(path.realpath(__file__))


def folder() -> str:
    """Where the grammars are: inside the package as installed, else beside it as checked out.

    Raises `FileNotFoundError` when neither is there: the installation is broken.
    """
    for above in (_PACKAGE, path.dirname(_PACKAGE)):
        if path.isdir(place := path.join(above, "grammars")):
            return place
    raise FileNotFoundError(f"no grammars in {_PACKAGE} or beside it")
