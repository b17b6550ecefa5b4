"""Istio's versions, and the steps in which what it makes changed.

A step is a fact of istio/istio: the tag that brought it, and the one that took it away. All of
them were read from the sources at every tag from 1.0.0 to 1.30.3.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError
from iptsim.regex import regex

_TEXT = regex(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:[-+].*)?")
_LAST_PATCH = 9999


Span = tuple[str, str | None]
"""The first version that does so, and the first that does not any more."""
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of Istio; `1.10` is the last patch of 1.10."""

    major: int
    minor: int
    patch: int = _LAST_PATCH

    def __str__(self) -> str:
        short = f"{self.major}.{self.minor}"
        return short if self.patch == _LAST_PATCH else f"{short}.{self.patch}"

    @property
    def order(self) -> tuple[int, int, int]:
        """What versions are compared by."""
        return self.major, self.minor, self.patch

    def has(self, step: Spans) -> bool:
        """Whether this version makes rules in that way."""
        return any(
            _order(since) <= self.order and (until is None or self.order < _order(until))
            for since, until in step
        )


def _since(first: str, until: str | None = None) -> Spans:
    return ((first, until),)


class Step:
    """What changed from one version to another."""

    # The container's program: istio-iptables.sh until 1.4, then a Go program.
    SCRIPT = _since("1.0.0", "1.5.0")
    KUBEVIRT = _since("1.1.0")
    IPV6 = _since("1.1.0")
    RANGES_BY_FAMILY = _since("1.2.0")
    EXCLUDED_OUTBOUND_PORTS = _since("1.2.0")
    PASSTHROUGH = _since("1.3.0")  # 127.0.0.6; what comes back by lo is inbound
    # tools/istio-iptables
    ESTABLISHED = _since("1.5.2")  # -m conntrack for -m socket
    ALWAYS_INBOUND_PORT = _since("1.6.0")
    MARKED_LOOPBACK = _since("1.6.0", "1.9.0")
    TUNNEL = _since("1.7.0")
    INCLUDED_OUTBOUND_PORTS = _since("1.7.0")
    INCLUDED_OUTBOUND_PORTS_6 = (("1.9.6", "1.10.0"), ("1.10.2", None))
    LOOPBACK_RANGES = _since("1.7.0")
    VIRTUAL_FIRST = _since("1.8.0")
    USER_ALONE = _since("1.8.0")  # without -u: no root beside the proxy's user
    TPROXY_TO_INBOUND = _since("1.9.0")
    SAVED_MARKS = _since("1.9.0")
    OUTBOUND_MARK = _since("1.11.0")
    EXCLUDED_INTERFACES = _since("1.11.3")
    BOTH_FAMILIES = _since("1.12.0")
    DROP_INVALID = _since("1.12.2")
    DROP_CHAIN = _since("1.24.0")
    SSH = _since("1.0.0", "1.13.0")
    OWNER_GROUPS = _since("1.14.0")
    TUNNEL_BY_LO = _since("1.18.0")
    LOOPBACK_TOLD = _since("1.21.0")
    TRACED = _since("1.12.0", "1.25.0")
    RETURN_BEHIND_RANGES = _since("1.0.0", "1.23.0")
    TCP_OUTPUT = _since("1.0.0", "1.25.0")
    UDP_EXCLUDED = _since("1.25.0")
    # DNS capture
    DNS_OF_GROUP = _since("1.6.0", "1.7.0")
    DNS_TRANSLATED = _since("1.7.0", "1.9.0")
    DNS_BY_ANY_TEXT = _since("1.6.0", "1.8.0")
    DNS_TCP_OF_ALL = _since("1.8.0", "1.9.0")
    DNS_SERVERS = _since("1.9.0")
    DNS_ZONES_ASKED = _since("1.10.3", "1.11.0")
    DNS_ZONES = _since("1.11.0")
    DNS_ALL = _since("1.11.0")
    DNS_SOURCE = _since("1.20.0")
    DNS_IN_OUTPUT = _since("1.23.0", "1.25.0")
    DNS_CHAIN = _since("1.25.0")
    # The injector's template
    STATUS_EXCLUDED = _since("1.0.3")
    STATUS_PORT = _since("1.1.0")
    NONE_MODE = _since("1.1.0")
    PORTS_OF_CONTAINERS = _since("1.0.0", "1.3.0")
    INBOUND_PORT_BY_WILDCARD = _since("1.2.0", "1.3.0")
    CNI_PORTS_OF_CONTAINERS = _since("1.3.0", "1.9.0")
    TELEMETRY_EXCLUDED = _since("1.5.0")
    HEALTH_EXCLUDED = _since("1.6.0")
    METADATA = _since("1.6.0")
    MESH_PROXY_PORT = (("1.0.0", "1.2.0"), ("1.12.0", None))
    INBOUND_PORTS_BY_VALUES = _since("1.12.2")
    EXCLUDED_INTERFACES_TOLD = _since("1.15.0")
    MESH_INBOUND_PORT = _since("1.18.0")
    REROUTE = _since("1.25.0")
    NFTABLES = _since("1.27.0")
    NFT_COUNTERS = _since("1.28.0")
    NFT_LATE_INSERTS = (("1.27.4", "1.28.0"), ("1.28.1", None))  # as rules at the end
    # istio-cni
    CNI_KNOWN = _since("1.1.5")  # before, its script refuses what the plugin asks
    CNI_SCRIPT = _since("1.1.5", "1.7.0")  # istio/cni's own, whatever the init container runs
    CNI_SCRIPT_IPV6 = _since("1.2.0")
    CNI_SCRIPT_INBOUND_6 = _since("1.5.0", "1.7.0")
    CNI_SCRIPT_OWNERS = _since("1.5.0", "1.7.0")
    CNI_SCRIPT_ESTABLISHED = _since("1.6.0", "1.7.0")
    CNI_DECLARED_PORTS = (("1.1.5", "1.4.8"), ("1.5.0", "1.5.2"))  # where no annotation tells
    CNI_DECLARED_BY_ANY = _since("1.5.2", "1.6.0")  # where an annotation tells, but for *
    CNI_TELEMETRY = _since("1.5.2", "1.6.0")
    CNI_OWN_PORTS = _since("1.6.0")
    CNI_OUTBOUND_PORTS = _since("1.2.0")
    CNI_ANNOTATED = _since("1.3.0")
    CNI_ENVIRONMENT = _since("1.11.0")
    CNI_INCLUDED_OUTBOUND_PORTS = _since("1.11.0")
    CNI_EXCLUDED_INTERFACES = _since("1.15.0")
    CNI_OWN_USER = _since("1.19.0")
    # ambient
    AMBIENT = _since("1.18.0")
    AMBIENT_IN_POD = _since("1.21.0")
    AMBIENT_TPROXY = _since("1.21.0", "1.25.0")
    AMBIENT_REDIRECT = _since("1.23.1")
    AMBIENT_TPROXY_DEFAULT = _since("1.21.0", "1.24.0")
    AMBIENT_DNS = _since("1.24.0")
    AMBIENT_INGRESS = _since("1.24.0")
    AMBIENT_INGRESS_SAVES = _since("1.29.0")
    AMBIENT_NFT = _since("1.28.0")
    AMBIENT_NFT_BOTH = _since("1.28.0", "1.28.1")  # IPv6's rules whatever the node has
    AMBIENT_BY_POD = _since("1.25.0")


_ORDERS: dict[str, tuple[int, int, int]] = {}


def _order(text: str) -> tuple[int, int, int]:
    if text not in _ORDERS:
        major, minor, patch = text.split(".")
        _ORDERS[text] = int(major), int(minor), int(patch)
    return _ORDERS[text]


OLDEST = Version(major=1, minor=0, patch=0)
NEWEST = Version(major=1, minor=30)


def read_version(text: str) -> Version:
    """A version as it is typed: `1.18`, `1.18.7`.

    Raises `UsageError` for one that is none, or that the sources read here do not reach.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"{text!r} is no version of Istio: such as 1.18 or 1.18.7",
            code=codes.NO_ISTIO_VERSION,
            text=text,
        )
    major, minor, patch = found[1], found[2], found[3] or str(_LAST_PATCH)
    version = Version(major=int(major), minor=int(minor), patch=int(patch))
    if not OLDEST.order <= version.order <= NEWEST.order:
        raise UsageError(
            f"Istio {version} is not known: {OLDEST} to {NEWEST} are",
            code=codes.ISTIO_VERSION_UNKNOWN,
            version=f"{version}",
            oldest=f"{OLDEST}",
            newest=f"{NEWEST}",
        )
    return version
