"""Fields of a packet that few are asked with, from texts; `ValueError` says what is wrong."""

from __future__ import annotations

from iptsim.extensions.matches.string import read_bytes
from iptsim.extensions.targets.tcpoptstrip import TcpOptions
from iptsim.packet import EXT_HEADERS


def tcp_options(text: str) -> int:
    """`mss,8` or `none`: the bit of each option that the header has."""
    try:
        numbers = () if text.lower() == "none" else TcpOptions().read_listing(text.lower(), 4)
    except ValueError:
        raise ValueError(f"{text!r} is not {TcpOptions().expected}") from None
    return sum(1 << number for number in numbers)


def ext_headers(text: str) -> int:
    """`hop,dst` or `none`: the bit of each IPv6 extension header before the transport header."""
    names = set() if text.lower() == "none" else set(text.lower().split(","))
    if not names <= EXT_HEADERS.keys():
        known = ", ".join(EXT_HEADERS)
        raise ValueError(f"{text!r} is neither none nor some of {known}")
    return sum(EXT_HEADERS[name] for name in names)


def payload(text: str) -> bytes:
    """`GET / |0d 0a|`, as iptables' own --hex-string has it."""
    return read_bytes(text)
