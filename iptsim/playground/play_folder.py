"""The folder that holds the playground."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.playground.carried_program import licences, packed_program
from iptsim.playground.play_page import Field, page_style, play_page
from iptsim.playground.pyodide_core import Core

_HERE = Path(__file__).parent
_SCRIPTS = (
    "page.js", "answer_view.js", "exercises.js", "held_texts.js", "shared_link.js",
    "python_worker.js", "alarm_clock.js",
)  # fmt: skip
_OFFLINE = "offline.js"


def playground(core: Core, fields: Sequence[Field], first: str) -> Mapping[str, bytes]:
    """Every file by its path; `first` is the page's language where nothing tells another."""
    found = {f"pyodide/{name}": text for name, text in core.items()}
    found |= {name: (_HERE / name).read_bytes() for name in _SCRIPTS}
    found["program.bin"] = packed_program()
    found["page.css"] = page_style().encode()
    found["index.html"] = play_page(fields, _stamp(found), first).encode()
    return {**found, _OFFLINE: _offline(found), "LICENCES.txt": licences().encode()}


def _offline(kept: Mapping[str, bytes]) -> bytes:
    """The script that keeps the files, which it knows by name, and anew when one has changed."""
    script = (_HERE / _OFFLINE).read_text(encoding="utf-8")
    told = {"STAMP": _stamp(kept), "FILES": ["./", *kept]}
    for name, value in told.items():
        script = script.replace(f"/*{name}*/", json.dumps(value))
    return script.encode()


def _stamp(texts: Mapping[str, bytes]) -> str:
    """A name that changes with any of the files."""
    whole = hashlib.sha256()
    for name, text in sorted(texts.items()):
        whole.update(f"{name}\0{len(text)}\0".encode() + text)
    return whole.hexdigest()[:16]


def write_playground(found: Mapping[str, bytes], to: Path) -> None:
    """Write the files; `UsageError` where the folder cannot be written."""
    try:
        for name, text in found.items():
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    except OSError as error:
        why = error.strerror or str(error)
        message = f"{to} cannot be written: {why}"
        facts = {"folder": str(to), "why": why}
        raise UsageError(message, code=codes.FOLDER_NOT_WRITTEN, **facts) from None
