"""What the real kernel says to the packets of an exercise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass
from iptsim.errors import IptsimError
from iptsim.host import NOBODY
from iptsim.model import Dump
from iptsim.questions import Question

if TYPE_CHECKING:
    from iptsim.kernel.verifying import Verifier


class Word(StrEnum):
    """Whether the kernel does with a packet as the tracer says, on the same rules."""

    SAME = "same"
    OTHER = "other"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The kernel's word; `why` says why it could not be asked of this packet."""

    word: Word
    why: IptsimError | None = None


def can_be_asked() -> bool:
    """Whether the kernel can be asked without a namespace that the process could not leave."""
    return sys.platform == "linux" and os.geteuid() == 0


@contextmanager
def kernel(dump: Dump, text: str, file: str, *, must: bool) -> Iterator[Kernel]:
    """The kernel with these rules, in a throwaway network namespace.

    Where it cannot be asked at all (no iptables, no right to) each word says so, unless it `must`.
    """
    from iptsim.kernel.verifying import Verifier  # noqa: PLC0415  # where it is asked for

    with Verifier(dump, NOBODY, texts={file: text}) as verifier:
        yield Kernel(verifier, must=must)


class Kernel:
    """Asked of one packet after the other."""

    def __init__(self, verifier: Verifier, *, must: bool) -> None:
        self._verifier, self._must = verifier, must

    def word(self, question: Question) -> Heard:
        """What it says to one packet; one of which only some fields are told stands for all.

        Raises what no packet could get past: rules that iptables does not take.
        """
        from iptsim.kernel.host.namespaces import JudgeError  # noqa: PLC0415  # as above
        from iptsim.kernel.verifying import PACKETS_FAULTS  # noqa: PLC0415  # as above

        if question.packet.sets:
            return Heard(word=Word.UNASKED)
        try:
            found = self._verifier.verify(question)
        except IptsimError as error:
            absent = isinstance(error, JudgeError) and not self._must
            if error.code not in PACKETS_FAULTS and not absent:
                raise
            return Heard(word=Word.UNASKED, why=error)
        return Heard(word=Word.SAME if found.comparison.agrees else Word.OTHER)
