"""A line that LOG wrote into the kernel's log, as the packet that it speaks of.

Source: net/netfilter/nf_log_syslog.c (dump_ipv4_packet, dump_ipv6_packet,
nf_log_dump_packet_common).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError
from iptsim.regex import regex

_BEGIN = regex(r"IN=(?P<in>\S*) OUT=(?P<out>\S*)(?= |$)")
_WORD = regex(r"(\w+)=(\S*)|(\S+)")
_RECORD = regex(r".*?(?:\bkernel: ?|^)(?:\[ *\d+\.\d+\] ?)", re.DOTALL)
_KERNEL = regex(r".*?\bkernel: ", re.DOTALL)
_LEN_OF_UDP = regex(r" DPT=\d+ LEN=\d+(?: |$)")
_FLAGS = ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
_NUMBERS = {
    "LEN": "length", "TTL": "ttl", "HOPLIMIT": "ttl", "SPT": "sport", "DPT": "dport", "UID": "uid",
    "GID": "gid", "MARK": "mark", "SPI": "spi", "SRC": "src", "DST": "dst",
}  # fmt: skip
_ETHERNET = 14
"""Octets of a header that MAC= shows: the receiver's address, the sender's, the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """What stands before IN=, and the packet.

    `prefix` is what the rule put there, where it is `exact`; else it may begin with more, and may
    have been left out where there is none. `given` has the keys of a JSON packet; `hooks` are
    those at which such a line can be written.
    """

    prefix: str
    exact: bool
    given: Mapping[str, str]
    hooks: tuple[str, ...]


def read_log_line(text: str) -> LogLine:
    """The packet of a line; `UsageError` for a text that LOG does not write."""
    begin = _BEGIN.search(text)
    if begin is None or " SRC=" not in text[begin.end() :]:
        message = "--log-line: no line of LOG: it has IN=, OUT=, SRC= and DST="
        raise UsageError(message, code=codes.NO_LOG_LINE)
    told, bare = _words(text[begin.end() :])
    given = {key: name for key, name in begin.groupdict().items() if name}
    given |= {_NUMBERS[key]: value for key, value in told.items() if key in _NUMBERS and value}
    given |= dict(_others(told, bare, text))
    if "PHYSIN" in told or "PHYSOUT" in told:
        message = "a packet that crosses a bridge (PHYSIN=) cannot be followed"
        raise UsageError(message, code=codes.BRIDGED_LINE)
    if "in" in given:
        # Whose socket an arriving packet is for is no question of -m owner.
        given = {key: value for key, value in given.items() if key not in ("uid", "gid")}
    hooks = _hooks(arrives="in" in given, leaves="out" in given)
    prefix, exact = _prefix(text[: begin.start()])
    return LogLine(prefix=prefix, exact=exact, given=given, hooks=hooks)


def _words(text: str) -> tuple[dict[str, str], set[str]]:
    """The values and the bare words of the packet itself: one that an error quotes is in brackets.

    LEN stands twice in a line of UDP: the whole packet's comes first.
    """
    told: dict[str, str] = {}
    bare = set[str]()
    for found in _WORD.finditer(text.partition(" [")[0]):
        if found[1] is None:
            bare.add(found[3])
        else:
            told.setdefault(found[1], found[2])
    return told, bare


def _others(told: Mapping[str, str], bare: set[str], text: str) -> Iterator[tuple[str, str]]:
    if "PROTO" in told:
        yield "proto", {"ICMPv6": "ipv6-icmp"}.get(told["PROTO"], told["PROTO"].lower())
    if told.get("PROTO") == "TCP" and "SPT" in told:
        yield "tcp_flags", ",".join(flag for flag in _FLAGS if flag in bare) or "NONE"
    if told.get("PROTO") in ("ICMP", "ICMPv6") and "TYPE" in told:
        yield "icmp_type", f"{told['TYPE']}/{told.get('CODE', '0')}"
    if any(word.startswith("FRAG:") and word != "FRAG:0" for word in bare):
        yield "fragment", "1"
    if "MARK" not in told and ("URGP" in told or _LEN_OF_UDP.search(text)):
        yield "mark", "0"  # it is printed where it is not 0, and behind these
    if "TC" in told:
        yield "tos", told["TC"]
    elif "TOS" in told and "PREC" in told:
        # IPTOS_TOS_MASK and IPTOS_PREC_MASK leave the lowest bit out.
        tos = int(told["TOS"], 16) | int(told["PREC"], 16)
        yield "tos", f"{tos},{tos | 1}"
    octets = told.get("MAC", "").split(":")
    if len(octets) == _ETHERNET:
        yield "mac_src", ":".join(octets[6:12])


def _prefix(text: str) -> tuple[str, bool]:
    """What a rule's --log-prefix put there, behind what syslog and the kernel's clock put."""
    for header in (_RECORD, _KERNEL):
        found = header.match(text)
        if found is not None:
            return text[found.end() :], True
    return text, False


def _hooks(*, arrives: bool, leaves: bool) -> tuple[str, ...]:
    """Where a packet has such interfaces (include/linux/netfilter.h)."""
    if arrives:
        return ("FORWARD", "POSTROUTING") if leaves else ("PREROUTING", "INPUT")
    return ("OUTPUT", "POSTROUTING")
