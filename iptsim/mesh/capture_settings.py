"""What the program that writes a sidecar's rules is given: its options, as values."""

from __future__ import annotations

from iptsim.dataclass import dataclass

Words = tuple[str, ...]
ALL: Words = ("*",)
"""A list that is the wildcard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Options of istio-iptables, by what they are for; `ALL` for `*`.

    `uids` and `gids` are the proxy's; `mode` is `REDIRECT` or `TPROXY`; `ipv6` says whether the
    program finds that the pod has an IPv6 address, `dns_servers` what its resolv.conf names;
    `by_plugin`, that istio-cni's plugin has the rules made.
    """

    proxy_port: str = "15001"
    inbound_port: str = "15006"
    tunnel_port: str = "15008"
    uids: Words = ("1337",)
    gids: Words = ("1337",)
    mode: str = "REDIRECT"
    mark: str = "1337"
    inbound_ports: Words = ()
    excluded_inbound_ports: Words = ()
    outbound_ports: Words = ()
    excluded_outbound_ports: Words = ()
    ranges: Words = ()
    excluded_ranges: Words = ()
    virtual_interfaces: Words = ()
    excluded_interfaces: Words = ()
    owner_groups: Words = ALL
    excluded_owner_groups: Words = ()
    loopback: str = "127.0.0.1/32"
    redirects_loopback: bool = True
    drops_invalid: bool = False
    dns: bool = False
    dns_agent: bool = False
    dns_zones: bool = False
    all_dns: bool = False
    dns_servers: Words = ()
    traced: bool = False
    ipv6: bool = False
    by_plugin: bool = False

    @property
    def is_tproxy(self) -> bool:
        """Whether inbound packets keep their addresses."""
        return self.mode == "TPROXY"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbientSettings:
    """What istio-cni makes a pod of the ambient mesh of; the probe's addresses are the host's.

    `ipv6`: the node has IPv6, which only nftables' one script for both needs to know.
    """

    dns: bool = False
    tproxy: bool = False
    ingress: bool = False
    virtual_interfaces: Words = ()
    probe: str = "169.254.7.127"
    ipv6: bool = False
    probe_6: str = "fd16:9254:7127:1337:ffff:ffff:ffff:ffff"


Settings = CaptureSettings | AmbientSettings
