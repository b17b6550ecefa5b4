"""`iptsim query --matrix`: which groups of addresses reach which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.host import Host
    from iptsim.model import Dump, Note
    from iptsim.packet import Packet
    from iptsim.query.matrix import Matrix
    from iptsim.questions import Question
    from iptsim.render.shared.terminal import Style


def _text(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_text import matrix_text

    return matrix_text(found, shown, notes=notes)


def _json(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.matrix_json import matrix_json

    return matrix_json(found, lang=shown.lang, notes=notes)


def _markdown(found: Sequence[Matrix], shown: Style, notes: Sequence[Note]) -> object:
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


def matrices(dump: Dump, question: Question, host: Host) -> tuple[list[Matrix], list[Note]]:
    """The matrices of each family and service that is asked, and what to tell besides.

    Raises `UsageError` for a question of other packets than those that arrive.
    """
    from iptsim.query.ask import HIDES_INTERFACES
    from iptsim.query.matrix import matrix, services
    from iptsim.tracer.premises import absent_note

    packet = _asked(question)
    asked = [each for each in dump.rulesets if question.family in (None, each.family)]
    found = [
        matrix(each, one, host=host)
        for each in asked
        for one in services(packet.with_(family=each.family))
    ]
    notes = [HIDES_INTERFACES for each in asked if each.hides_interfaces]
    notes += [note for each in asked if (note := absent_note(each)) is not None]
    return found, [*dict.fromkeys(notes), *dump.notes]


def _asked(question: Question) -> Packet:
    """The packet with a single source as a set of one."""
    from iptsim.values import IntSet

    packet = question.packet
    fields = ("uid", "gid", "socket", "dst")
    wrong = next((name for name in fields if packet.tells(name)), "hook" if question.hook else None)
    if wrong is not None:
        option = "--uid" if wrong == "socket" else f"--{wrong}"
        message = f"{option}: a matrix is of all destinations, and of packets that arrive"
        raise UsageError(message, code=codes.WRONG_CALL, option=option)
    if packet.src is None:
        return packet
    alone = (("src", IntSet.single(packet.src)),)
    return replace(packet, src=None, sets=(*packet.sets, *alone))
