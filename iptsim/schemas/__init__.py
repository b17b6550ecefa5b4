"""JSON Schemas (2020-12) of all that the program writes as JSON, and of what it reads as JSON.

A file each, by the name that stands in an answer's `schema`; what several have is in `parts.json`.
They are open: a later version may add keys, and takes none away.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from iptsim.regex import regex

_HERE = Path(__file__).parent
_PARTS = "parts"
_REFERENCE = regex(r'"\$ref": "urn:iptsim:([\w-]+)')

Schema = dict[str, Any]


def names() -> list[str]:
    """Their names: `diff` for `iptsim.diff/1`, `packet` for a line of `--packets`."""
    return sorted(path.stem for path in _HERE.glob("*.json") if path.stem != _PARTS)


def schema(name: str) -> Schema:
    """The schema of that name, with those that it refers to inside; `KeyError` for no such name."""
    if name not in names():
        raise KeyError(name)
    found, needed = _read(name), _needed(name)
    # A compound schema: JSON Schema core, 9.3.
    inside = {other: _read(other) for other in sorted(needed - {name})}
    return {**found, "$defs": {**found.get("$defs", {}), **inside}} if inside else found


def _needed(name: str) -> set[str]:
    """The schemas to which one refers, directly or not, and itself."""
    found, left = {name}, [name]
    while left:
        new = set(_REFERENCE.findall(json.dumps(_read(left.pop())))) - found
        found |= new
        left += new
    return found


def _read(name: str) -> Schema:
    found: Schema = json.loads((_HERE / f"{name}.json").read_text(encoding="utf-8"))
    return found
