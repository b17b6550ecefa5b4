"""The matrices that a question asks for: one for each family and service."""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Dump, Note
from iptsim.packet import Packet
from iptsim.query.ask import HIDES_INTERFACES
from iptsim.query.matrix import Matrix, matrix, services
from iptsim.questions import Question
from iptsim.tracer.premises import absent_note
from iptsim.values import IntSet


def matrices(dump: Dump, question: Question, host: Host) -> tuple[list[Matrix], list[Note]]:
    """The matrices of each family and service that is asked, and what to tell besides.

    Raises `UsageError` for a question of other packets than those that arrive.
    """
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
