"""Regular expressions that are compiled when they are first asked something.

Python compiles an expression in a third of a millisecond, and the program has four hundred; a dump
needs a few. `_NAME = regex(r"...")` is for the module's own; a checker takes it for `re.compile`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any


class _Regex:
    """An `re.Pattern` to be: what is asked of it once stands in it."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    from re import compile as regex
else:
    regex = _Regex

__all__ = ["regex"]
