"""The lines of the files that a dump was read from, to be shown as they stand there."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

from iptsim.dialects.parts import Line
from iptsim.dialects.states.patch import Patch, read_patch

_STDIN = "-"


def source_lines(files: Sequence[str]) -> dict[str, list[str]]:
    """The lines of the files that can be read once more; standard input and pipes cannot."""
    regular = (file for file in files if file != _STDIN and Path(file).is_file())
    return {file: _decoded(Path(file).read_bytes()).split("\n") for file in regular}


def _decoded(data: bytes) -> str:
    """As the dump itself was read: UTF-16 where it is marked so, else UTF-8."""
    marked = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return data.decode("utf-16" if marked else "utf-8", "replace")


def patch_lines(file: str) -> dict[str, list[str]]:
    """The lines of a file, those of a patch's hunks without their signs."""
    found = source_lines((file,))
    for lines in found.values():
        patch = read_patch("\n".join(lines))
        for number, text in _shown(patch).items() if patch is not None else ():
            lines[number - 1] = text
    return found


def _shown(patch: Patch) -> dict[int, str]:
    """What the lines of a patch say; of what stands in a header's place the innermost head."""
    pieces = (*patch.before, *patch.after)
    found = {piece.line.number: "…" for piece in pieces if not isinstance(piece, Line)}
    made = [piece for piece in pieces if isinstance(piece, Line)]
    found |= {line.number: line.text for line in made if line.text in _ENDS}
    return found | {line.number: line.text for line in made if line.text not in _ENDS}


_ENDS = ("}", "...")
