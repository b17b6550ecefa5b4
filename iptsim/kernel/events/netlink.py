"""As much of nfnetlink as the judge needs: rule handles, trace events, an empty conntrack table.

Trace events and what legacy tables log come by one socket, so that they keep their order.

The kernel's own messages are read rather than what `nft monitor trace` or `xtables-monitor` print:
those name a rule by its text or not at all, and hold back their last events.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.kernel.host.namespaces import JudgeError, Namespace

# include/uapi/linux/netlink.h, netfilter/nfnetlink.h, netfilter/nf_tables.h
_NETLINK_NETFILTER = 12
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_SO_RCVBUFFORCE = 33
_GROUP_NFTRACE = 9
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_SUBSYS_CTNETLINK, _CT_DELETE = 1, 2
_SUBSYS_NFTABLES, _GETRULE, _TRACE = 10, 7, 17
# include/uapi/linux/netfilter/nfnetlink_log.h
_SUBSYS_ULOG, _LOG_PACKET, _LOG_CONFIG = 4, 0, 1
_CFG_CMD, _CFG_MODE, _CFG_QTHRESH = 1, 2, 5
_BIND, _COPY_PACKET, _COPIED = 1, 2, 128
_LOG_SYSCTLS = {f"net/netfilter/nf_log/{pf}": "nfnetlink_log" for pf in (2, 10)}
_TYPE_MASK = 0x3FFF  # cuts off NLA_F_NESTED and NLA_F_NET_BYTEORDER
_HEADER = struct.Struct("=IHHII")
_BUFFER = 1 << 18

Attributes = dict[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A trace event of nf_tables, or what was logged to group 0 of nfnetlink_log.

    `family` is that of the table (NFPROTO_…: inet is 1).
    """

    fields: Attributes
    logged: bool = False
    family: int = 0


def attributes(data: bytes) -> Attributes:
    """The attributes of a message by their type; the last of a type wins."""
    found: Attributes = {}
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        found[kind & _TYPE_MASK] = data[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def text(value: bytes) -> str:
    """A string attribute, which the kernel ends with a zero byte."""
    return value.rstrip(b"\0").decode("ascii", "replace")


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            break
        yield kind, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


class Netfilter:
    """An nfnetlink socket in a namespace, also a listener to its trace events.

    With `log` it is told too what legacy tables log of packets under trace.
    """

    def __init__(self, namespace: Namespace, *, log: bool = False) -> None:
        self.queries = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self.events = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        try:
            self._listen()
            if log:
                namespace.sysctls(_LOG_SYSCTLS)
                self._log()
        except BaseException:
            self.close()
            raise

    def _listen(self) -> None:
        with suppress(PermissionError):  # in a user namespace, before Linux 5.16
            self.events.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        self.events.bind((0, 0))
        self.events.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_NFTRACE)

    def _log(self) -> None:
        """Have group 0 logged to this socket, each packet at once with its headers."""
        for kind, value in (
            (_CFG_CMD, struct.pack("=Bxxx", _BIND)),
            (_CFG_MODE, struct.pack("!IBxxx", _COPIED, _COPY_PACKET)),
            (_CFG_QTHRESH, struct.pack("!I", 1)),
        ):
            # The one attribute's length leaves its padding out.
            size = {_CFG_CMD: 1, _CFG_MODE: 6}.get(kind, 4)
            body = struct.pack("=BBHHH", socket.AF_UNSPEC, 0, 0, 4 + size, kind) + value
            command = (_SUBSYS_ULOG << 8) | _LOG_CONFIG
            flags = _REQUEST | _ACK
            self.events.send(_HEADER.pack(_HEADER.size + len(body), command, flags, 1, 0) + body)
            for answer, payload in _messages(self.events.recv(_BUFFER)):
                if answer == _NLMSG_ERROR:
                    _raise_unless_acknowledged(payload)

    def close(self) -> None:
        """Close both sockets, so that the namespace can go."""
        self.queries.close()
        self.events.close()

    def _ask(self, subsystem: int, command: int, flags: int, family: int) -> Iterator[bytes]:
        body = struct.pack("=BBH", family, 0, 0)
        kind = (subsystem << 8) | command
        size = _HEADER.size + len(body)
        self.queries.send(_HEADER.pack(size, kind, _REQUEST | flags, 1, 0) + body)
        while True:
            for answer, payload in _messages(self.queries.recv(_BUFFER)):
                if answer == _NLMSG_DONE:
                    return
                if answer == _NLMSG_ERROR:
                    _raise_unless_acknowledged(payload)
                    return
                yield payload[4:]

    def rule_numbers(self, family: int) -> dict[tuple[str, str, int], int]:
        """(table, chain, handle) of each rule of the family (4 or 6) to its number from 1."""
        return self.numbers_of(socket.AF_INET if family == 4 else socket.AF_INET6)

    def numbers_of(self, af: int) -> dict[tuple[str, str, int], int]:
        """(table, chain, handle) of each rule of tables of a family (NFPROTO_…) to its number."""
        numbers: dict[tuple[str, str, int], int] = {}
        counts: dict[tuple[str, str], int] = {}
        for message in self._ask(_SUBSYS_NFTABLES, _GETRULE, _DUMP, af):
            fields = attributes(message)
            chain = (text(fields[1]), text(fields[2]))
            counts[chain] = counts.get(chain, 0) + 1
            numbers[(*chain, int.from_bytes(fields[3], "big"))] = counts[chain]
        return numbers

    def forget_connections(self) -> None:
        """Empty the namespace's connection tracking table."""
        for _ in self._ask(_SUBSYS_CTNETLINK, _CT_DELETE, _ACK, socket.AF_UNSPEC):
            pass

    def trace_events(self, quiet: float) -> Iterator[Event]:
        """Trace events, and packets logged, until none came for `quiet` seconds.

        `JudgeError` when the kernel had to throw events away (ENOBUFS).
        """
        self.events.settimeout(quiet)
        while True:
            try:
                data = self.events.recv(_BUFFER)
            except TimeoutError:
                return
            except OSError as error:
                raise JudgeError(
                    f"trace events were lost: {error}", code=codes.NETLINK_FAILED
                ) from error
            for kind, payload in _messages(data):
                if kind == (_SUBSYS_NFTABLES << 8) | _TRACE:
                    yield Event(fields=attributes(payload[4:]), family=payload[0])
                elif kind == (_SUBSYS_ULOG << 8) | _LOG_PACKET:
                    yield Event(fields=attributes(payload[4:]), logged=True)


def _raise_unless_acknowledged(payload: bytes) -> None:
    (number,) = struct.unpack_from("=i", payload)
    if number:
        raise JudgeError(f"nfnetlink refused a request: error {-number}", code=codes.NETLINK_FAILED)
