"""The rules of istio-iptables.sh, which wrote them up to Istio 1.4.

Sources: tools/deb/istio-iptables.sh (1.0, 1.1), tools/packaging/common/istio-iptables.sh (1.2 to
1.4), and the same files of istio/cni (1.1.5 to 1.6), whose plugin runs its own script until 1.6.
For IPv6 it is a program of its own: of a pod without an IPv6 address it closes IPv6.
"""

from __future__ import annotations

from iptsim.mesh.capture_settings import ALL, CaptureSettings, Words
from iptsim.mesh.istio_lines import FILTER, MANGLE, NAT, Lines, append, insert, of_owners
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.ranges import of_family


def script_rules(settings: CaptureSettings, version: Version, family: int) -> Lines:
    """What the script makes for that family."""
    if family == 6 and not (settings.ipv6 and _knows_ipv6(settings, version)):
        yield from _closed(settings, version)
        return
    yield from _redirects(settings, version)
    if settings.inbound_ports:
        yield from _inbound(settings, version, family)
    yield from _outbound(settings, version, family)


def _knows_ipv6(settings: CaptureSettings, version: Version) -> bool:
    return version.has(Step.CNI_SCRIPT_IPV6 if settings.by_plugin else Step.IPV6)


def _closed(settings: CaptureSettings, version: Version) -> Lines:
    yield append(FILTER, "INPUT", "-m state --state ESTABLISHED -j ACCEPT")
    if _knows_ipv6(settings, version):
        yield append(FILTER, "INPUT", "-i lo -d ::1 -j ACCEPT")
    yield append(FILTER, "INPUT", "-j REJECT")


def _redirects(settings: CaptureSettings, version: Version) -> Lines:
    everything = settings.inbound_ports == ALL or version.has(Step.ALWAYS_INBOUND_PORT)
    told = version.has(Step.PASSTHROUGH)
    inbound = settings.inbound_port if everything or not told else settings.proxy_port
    yield append(NAT, "ISTIO_REDIRECT", f"-p tcp -j REDIRECT --to-ports {settings.proxy_port}")
    yield append(NAT, "ISTIO_IN_REDIRECT", f"-p tcp -j REDIRECT --to-ports {inbound}")


def _inbound(settings: CaptureSettings, version: Version, family: int) -> Lines:
    by_mark = settings.is_tproxy and family == 4
    if by_mark:
        yield from _tproxy(settings)
    known = _known(version)
    table = MANGLE if by_mark else NAT
    yield append(table, "PREROUTING", "-p tcp -j ISTIO_INBOUND")
    if settings.inbound_ports != ALL:
        for port in settings.inbound_ports:
            yield from _port(port, known, by_mark=by_mark)
        return
    for port in ("22", *settings.excluded_inbound_ports):
        yield append(table, "ISTIO_INBOUND", f"-p tcp --dport {port} -j RETURN")
    if by_mark:
        yield append(MANGLE, "ISTIO_INBOUND", f"-p tcp {known[0]} -j ISTIO_DIVERT")
        yield append(MANGLE, "ISTIO_INBOUND", "-p tcp -j ISTIO_TPROXY")
    elif family == 4 or version.has(Step.CNI_SCRIPT_INBOUND_6):  # else the script forgets it
        yield append(NAT, "ISTIO_INBOUND", "-p tcp -j ISTIO_IN_REDIRECT")


def _tproxy(settings: CaptureSettings) -> Lines:
    mark, port = settings.mark, settings.proxy_port
    yield append(MANGLE, "ISTIO_DIVERT", f"-j MARK --set-mark {mark}")
    yield append(MANGLE, "ISTIO_DIVERT", "-j ACCEPT")
    to = f"-j TPROXY --tproxy-mark {mark}/0xffffffff --on-port {port}"
    yield append(MANGLE, "ISTIO_TPROXY", f"! -d 127.0.0.1/32 -p tcp {to}")


def _known(version: Version) -> Words:
    """What packets of open connections match, as often as the script has it."""
    if version.has(Step.CNI_SCRIPT_ESTABLISHED):
        return ("-m conntrack --ctstate RELATED,ESTABLISHED",)
    return ("-m socket", "-m socket")


def _port(port: str, known: Words, *, by_mark: bool) -> Lines:
    if not by_mark:
        yield append(NAT, "ISTIO_INBOUND", f"-p tcp --dport {port} -j ISTIO_IN_REDIRECT")
        return
    for match in known:
        yield append(MANGLE, "ISTIO_INBOUND", f"-p tcp --dport {port} {match} -j ISTIO_DIVERT")
    yield append(MANGLE, "ISTIO_INBOUND", f"-p tcp --dport {port} -j ISTIO_TPROXY")


def _outbound(settings: CaptureSettings, version: Version, family: int) -> Lines:
    own = "127.0.0.1/32" if family == 4 else "::1/128"
    chain = "ISTIO_OUTPUT"
    yield append(NAT, "OUTPUT", "-p tcp -j ISTIO_OUTPUT")
    if version.has(Step.EXCLUDED_OUTBOUND_PORTS):
        for port in settings.excluded_outbound_ports:
            yield append(NAT, chain, f"-p tcp --dport {port} -j RETURN")
    yield from _by_lo(settings, version, family, own)
    for owner in of_owners(settings.uids, settings.gids):
        if version.has(Step.CNI_SCRIPT_OWNERS):
            yield append(NAT, chain, f"-o lo ! -d {own} -m owner {owner} -j ISTIO_IN_REDIRECT")
            yield append(NAT, chain, f"-o lo -m owner ! {owner} -j RETURN")
        yield append(NAT, chain, f"-m owner {owner} -j RETURN")
    yield append(NAT, chain, f"-d {own} -j RETURN")
    yield from _ranges(settings, version, family)


def _by_lo(settings: CaptureSettings, version: Version, family: int, own: str) -> Lines:
    """What the pod sends to itself."""
    target = "ISTIO_REDIRECT"
    if version.has(Step.PASSTHROUGH):
        source = "127.0.0.6/32" if family == 4 else "::6/128"
        yield append(NAT, "ISTIO_OUTPUT", f"-o lo -s {source} -j RETURN")
        target = "ISTIO_IN_REDIRECT"
    if version.has(Step.CNI_SCRIPT_OWNERS):
        return
    if settings.redirects_loopback or family == 6 or not version.has(Step.IPV6):
        yield append(NAT, "ISTIO_OUTPUT", f"-o lo ! -d {own} -j {target}")


def _ranges(settings: CaptureSettings, version: Version, family: int) -> Lines:
    parted = version.has(Step.RANGES_BY_FAMILY)
    if parted or family == 4:
        for cidr in of_family(settings.excluded_ranges, family, bare=True):
            yield append(NAT, "ISTIO_OUTPUT", f"-d {cidr} -j RETURN")
    interfaces = settings.virtual_interfaces if version.has(Step.KUBEVIRT) else ()
    if family == 4:
        yield from _returned(interfaces)
    if settings.ranges == ALL:
        yield append(NAT, "ISTIO_OUTPUT", "-j ISTIO_REDIRECT")
        if family == 4:
            for name in interfaces:
                yield insert(NAT, "PREROUTING", 1, f"-i {name} -j ISTIO_REDIRECT")
    elif parted or family == 4:
        yield from _included(of_family(settings.ranges, family, bare=True), interfaces)
    if family == 6 and (settings.ranges == ALL or not parted):
        yield from _returned(interfaces)


def _returned(interfaces: Words) -> Lines:
    for name in interfaces:
        yield insert(NAT, "PREROUTING", 1, f"-i {name} -j RETURN")


def _included(ranges: Words, interfaces: Words) -> Lines:
    for cidr in ranges:
        for name in interfaces:
            yield insert(NAT, "PREROUTING", 1, f"-i {name} -d {cidr} -j ISTIO_REDIRECT")
        yield append(NAT, "ISTIO_OUTPUT", f"-d {cidr} -j ISTIO_REDIRECT")
    if ranges:
        yield append(NAT, "ISTIO_OUTPUT", "-j RETURN")
