"""Where the grammars are: `grammars/*.lark`."""

from __future__ import annotations

from os import path

_PACKAGE = path.dirname(path.realpath(__file__))
_INSIDE = path.join(_PACKAGE, "grammars")
FOLDER = _INSIDE if path.isdir(_INSIDE) else path.join(path.dirname(_PACKAGE), "grammars")
"""Inside the package as installed, else beside it as checked out."""
