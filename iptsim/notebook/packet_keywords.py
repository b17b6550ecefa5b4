"""A packet as the keywords of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.errors import UsageError
from iptsim.extensions.values.hostnames import NO_NAMES, HostNames
from iptsim.host import NOBODY, Host
from iptsim.model import Dump
from iptsim.netfilter.reading.pasted import host_told
from iptsim.packet import Packet
from iptsim.questions import Question, read_packet


class PacketFields(TypedDict, total=False):
    """A packet as keywords: the program's options with `_` for `-`, as texts or numbers.

    `in_` is `--in`; a field that is absent or None is not told.
    """

    proto: str | int | None
    src: str | None
    dst: str | None
    sport: str | int | None
    dport: str | int | None
    in_: str | None
    out: str | None
    tcp_flags: str | None
    tcp_options: str | None
    tcp_mss: str | int | None
    spi: str | int | None
    ext_headers: str | None
    fragment: str | int | None
    icmp_type: str | int | None
    mark: str | int | None
    uid: str | int | None
    gid: str | int | None
    ctstate: str | None
    ttl: str | int | None
    tos: str | int | None
    length: str | int | None
    mac_src: str | None
    payload: str | None
    hook: str | None


def read_asked(
    packet: Packet | None, fields: Mapping[str, Any], names: HostNames = NO_NAMES
) -> Question:
    """What is asked: a packet with at most a hook beside it, or its fields.

    `names` are those of the dump, by which a value may be asked for. Raises `UsageError` for a
    packet and fields, and for a packet that cannot be.
    """
    given = {"in" if key == "in_" else key: value for key, value in fields.items()}
    if packet is None:
        return read_packet(given, names=names)
    if given.keys() - {"hook"}:
        raise UsageError("give a packet or its fields, not both", code=codes.WRONG_CALL)
    return Question(packet=packet, family=packet.family, hook=read_packet(given).hook)


def known_host(dump: Dump, told: Host, kept: dict[int, tuple[Host, Host]]) -> Host:
    """What is known of a host, and what the dump's text tells of it besides; the same each time."""
    # The host given is kept with its answer, so that no other one gets the same id.
    if id(told) not in kept:
        kept[id(told)] = (told, host_told((dump,), told)[0])
    return kept[id(told)][1]


def with_notes(dump: Dump) -> Dump:
    """With notes on what of the text tells of the host."""
    return replace(dump, notes=(*dump.notes, *host_told((dump,), NOBODY)[1]))
