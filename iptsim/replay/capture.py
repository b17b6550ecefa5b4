"""The packets of a capture file, one by one, as libpcap reads them.

libpcap is what wrote the file: it reads every form of pcap and pcapng, checks the lengths that a
file claims and holds one packet at a time. pcapy-ng is its binding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from stat import S_ISDIR
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError

STDIN = "-"
Taken = tuple[int, float, bytes, int]
"""A packet: its number from 1, when it came (seconds since 1970), its bytes, how many it had."""


@dataclass(slots=True, eq=False)
class Capture:
    """An open file. `link` is its link type, a DLT_ number of libpcap; `read` counts packets."""

    name: str
    link: int
    _reader: Any
    _wrong: type[Exception]
    read: int = 0

    def packets(self) -> Iterator[Taken]:
        """Its packets, in order; `UsageError` with the packet's number where the file is broken."""
        following = self._reader.next
        while True:
            try:
                header, data = following()
            except self._wrong as error:
                raise _broken(self.name, self.read + 1, str(error)) from None
            if header is None:
                return
            self.read += 1
            seconds, micro = header.getts()
            yield self.read, seconds + micro / 1e6, data, header.getlen()


def open_capture(file: str) -> Capture:
    """The capture in a file, `-` being standard input.

    Raises `UsageError` where there is no such file, where it is no capture, and where pcapy-ng is
    not installed.
    """
    pcapy = _library()
    _refuse_unreadable(file)
    try:
        reader = pcapy.open_offline(file)
    except pcapy.PcapError as error:
        why = str(error).removeprefix(f"{file}: ")
        message = f"{file}: not a capture: {why}"
        raise UsageError(message, code=codes.NOT_A_CAPTURE, file=file, why=why) from None
    return Capture(file, reader.datalink(), reader, pcapy.PcapError)


def _library() -> Any:
    try:
        import pcapy  # noqa: PLC0415  # this command alone needs it
    except ImportError:
        message = (
            "replay reads captures with pcapy-ng, which is not installed: pip install pcapy-ng"
        )
        raise UsageError(message, code=codes.NO_CAPTURE_LIBRARY) from None
    return pcapy


def _refuse_unreadable(file: str) -> None:
    if file == STDIN:
        return
    try:
        os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK))
        why = "Is a directory" if S_ISDIR(os.stat(file).st_mode) else ""
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise UsageError(f"{file}: {why}", code=codes.FILE_NOT_READ, file=file, why=why)


def _broken(file: str, number: int, why: str) -> UsageError:
    message = f"{file}: broken at packet {number}: {why}"
    return UsageError(message, code=codes.BROKEN_CAPTURE, file=file, number=number, why=why)
