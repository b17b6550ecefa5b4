"""The checksum of SCTP (RFC 9260, appendix A)."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78  # of Castagnoli, its bits reversed


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_entry, range(256)))


def crc32c(data: bytes) -> int:
    """CRC-32C of the data; on the wire it stands with its lowest byte first."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF
