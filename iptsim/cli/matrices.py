"""`iptsim query --matrix`: which groups of addresses reach which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iptsim.model import Note
    from iptsim.query.matrix import Matrix
    from iptsim.render.shared.terminal import Style


def _text(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_text import matrix_text

    return matrix_text(found, shown, notes=notes)


def _json(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_json import matrix_json

    return matrix_json(found, lang=shown.lang, notes=notes)


def _markdown(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.dataclass import replace
    from iptsim.render.outputs.matrix_text import matrix_text
    from iptsim.render.shared.markdown import fence

    return fence(matrix_text(found, replace(shown, colour=False), notes=notes).split("\n"))


def _dot(found: Sequence[Matrix], shown: Style, _notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_dot import matrix_dot

    return matrix_dot(found, shown.lang)


def _mermaid(found: Sequence[Matrix], shown: Style, _notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_mermaid import matrix_mermaid

    return matrix_mermaid(found, shown.lang)


MATRICES: Mapping[str, Callable[[Sequence[Matrix], Style, Sequence[Note]], object]]
MATRICES = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "dot": _dot,
    "mermaid": _mermaid,
}
"""The outputs of `--format` for a matrix."""
