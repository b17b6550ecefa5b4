"""Address ranges of a setting, parted by family as Istio's programs do."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network

from iptsim.mesh.capture_settings import Words


def of_family(ranges: Words, family: int, *, bare: bool = False) -> Words:
    """The ranges of that family, without bits of the host, as iptables takes them.

    A range without a length is none for the Go program (1.5 on), which skips it; the script takes
    it as `bare` address.
    """
    networks = (ip_network(text, strict=False) for text in ranges if bare or "/" in text)
    return tuple(str(each) for each in networks if each.version == family)


def hold_loopback(ranges: Words) -> bool:
    """Whether one of them begins at an address of the host itself, of either family."""
    return any(_is_loopback(text) for text in ranges if "/" in text)


def _is_loopback(text: str) -> bool:
    return ip_interface(text).ip.is_loopback
