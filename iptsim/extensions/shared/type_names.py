"""The types of addresses by the kernel's numbers (include/uapi/linux/rtnetlink.h, RTN_…)."""

from __future__ import annotations

from types import MappingProxyType

from iptsim.packet import ADDRESS_TYPES

TYPES_OF_NUMBERS = MappingProxyType(dict(enumerate(ADDRESS_TYPES)))
