"""The packets that a command is asked about: one by options, or many in a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iptsim.cli.dump_files import read_text_file
from iptsim.cli.options import PacketOptions
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.extensions.values.hostnames import HostNames
    from iptsim.model import Dump
    from iptsim.questions import Question


def read_questions(
    packet: PacketOptions, packets: str | None, family: int | None, names: HostNames | None = None
) -> Iterable[Question]:
    """The packets that are asked for; options beside a file of packets hold for each of them.

    `names` are those of the dump, by which a value may be asked for.
    """
    from iptsim.extensions.values.hostnames import NO_NAMES
    from iptsim.questions import read_packet

    if packets is None:
        return (read_packet(packet.given(), family, names or NO_NAMES),)
    from iptsim.cli.lines import read_packets

    return read_packets(read_text_file(packets), packets, family, packet.given(), names or NO_NAMES)


def refuse_other_family(question: Question, dump: Dump) -> None:
    """`UsageError`, or `DumpError` at its line, where the dump has no rules of its family."""
    from iptsim.asked_rules import ruleset_of

    try:
        ruleset_of(dump, question.family)
    except UsageError as error:
        from iptsim.cli.lines import LineQuestion

        if isinstance(question, LineQuestion):
            raise question.at_fault(error) from None
        raise
