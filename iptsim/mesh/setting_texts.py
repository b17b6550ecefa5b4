"""The texts of settings, as Istio's injector and programs check and cut them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network

from iptsim import codes
from iptsim.manifests.nodes import Node
from iptsim.mesh.capture_settings import Words
from iptsim.regex import regex

_INTERFACE = regex(r"[A-Za-z0-9_.:@-]{1,15}\+?")
_HIGHEST_PORT = 65535
TRAFFIC = "traffic.sidecar.istio.io/"
MODE = "sidecar.istio.io/interceptionMode"
STATUS_PORT = "status.sidecar.istio.io/port"
REROUTE = "istio.io/reroute-virtual-interfaces"
KUBEVIRT = f"{TRAFFIC}kubevirtInterfaces"


def words_of(text: str) -> Words:
    """A list with commas; empty items are none."""
    return tuple(word for word in (each.strip() for each in text.split(",")) if word)


def is_true(text: str) -> bool:
    """What Go's ParseBool takes for true."""
    return text in ("1", "t", "T", "TRUE", "true", "True")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= _HIGHEST_PORT


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _are(is_one: Callable[[str], bool], *, may_be_all: bool) -> Callable[[str], bool]:
    def checked(text: str) -> bool:
        return (may_be_all and text == "*") or all(map(is_one, words_of(text)))

    return checked


_CHECKS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    MODE: (lambda text: text in ("REDIRECT", "TPROXY", "NONE"), "REDIRECT, TPROXY or NONE"),
    STATUS_PORT: (_is_port, "a port"),
    f"{TRAFFIC}includeInboundPorts": (_are(_is_port, may_be_all=True), "ports with commas, or *"),
    f"{TRAFFIC}excludeInboundPorts": (_are(_is_port, may_be_all=True), "ports with commas"),
    f"{TRAFFIC}includeOutboundPorts": (_are(_is_port, may_be_all=True), "ports with commas, or *"),
    f"{TRAFFIC}excludeOutboundPorts": (_are(_is_port, may_be_all=True), "ports with commas"),
    f"{TRAFFIC}includeOutboundIPRanges": (
        _are(_is_range, may_be_all=True), "ranges such as 10.0.0.0/8, with commas, or *",
    ),
    f"{TRAFFIC}excludeOutboundIPRanges": (
        _are(_is_range, may_be_all=False), "ranges such as 10.0.0.0/8, with commas",
    ),
    f"{TRAFFIC}excludeInterfaces": (
        _are(lambda text: _INTERFACE.fullmatch(text) is not None, may_be_all=False),
        "interfaces with commas",
    ),
    KUBEVIRT: (
        _are(lambda text: _INTERFACE.fullmatch(text) is not None, may_be_all=False),
        "interfaces with commas",
    ),
    REROUTE: (
        _are(lambda text: _INTERFACE.fullmatch(text) is not None, may_be_all=False),
        "interfaces with commas",
    ),
}  # fmt: skip
"""What the injector takes (pkg/kube/inject, validateAnnotations): for others it makes no pod."""


def check_annotations(annotations: Mapping[str, Node]) -> None:
    """Raise `DumpError` at the first annotation that Istio would refuse."""
    for name, node in annotations.items():
        check, expected = _CHECKS.get(name, (None, ""))
        if check is not None and not check(node.text()):
            raise node.error(
                f"Istio refuses {name}: {node.text()}", code=codes.ANNOTATION_REFUSED,
                expected=expected, name=name, value=node.text(),
            )  # fmt: skip
