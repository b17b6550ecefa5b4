"""Text to model: save and restore input, -S, listings, commands, and the noise around them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iptsim.dialects.dump import dump_lines, read_states, read_text
    from iptsim.dialects.plain import read_files
    from iptsim.errors import NoDumpError

__all__ = ["NoDumpError", "dump_lines", "read_files", "read_states", "read_text"]
_HOMES = {"NoDumpError": "iptsim.errors", "read_files": "iptsim.dialects.plain"}

if not TYPE_CHECKING:  # which would take any name for one of ours

    def __getattr__(name: str) -> Any:
        """The public name, loaded now: a short listing is read without most of this room."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES.get(name, "iptsim.dialects.dump")), name)
