"""The rules that istio-cni writes into a pod of the ambient mesh, from 1.21 on.

Source: cni/pkg/iptables/iptables.go (AppendInpodRules). What the node has besides (ISTIO_POSTRT:
the kubelet's probes come from the probe's address) is no rule of the pod.
"""

from __future__ import annotations

from iptsim.mesh.capture_settings import AmbientSettings
from iptsim.mesh.istio_lines import MANGLE, NAT, RAW, Lines, append
from iptsim.mesh.istio_versions import Step, Version

_MARK, _CONNMARK = "0x539/0xfff", "0x111/0xfff"
_OUTBOUND, _INBOUND, _TUNNEL, _DNS = "15001", "15006", "15008", "15053"
_COME, _SENT = "ISTIO_PRERT", "ISTIO_OUTPUT"
_FOREIGN = f"-m mark ! --mark {_MARK}"


def ambient_rules(settings: AmbientSettings, version: Version, family: int) -> Lines:
    """What the pod gets for that family."""
    tproxy = settings.tproxy and version.has(Step.AMBIENT_TPROXY)
    tproxy = tproxy or not version.has(Step.AMBIENT_REDIRECT)
    ingress = settings.ingress and version.has(Step.AMBIENT_INGRESS) and not tproxy
    yield from _jumps(settings, version, tproxy=tproxy)
    yield from _virtual(settings, version)
    if not ingress or version.has(Step.AMBIENT_INGRESS_SAVES):
        saved = f"-m mark --mark {_MARK} -j CONNMARK --set-xmark {_CONNMARK}"
        yield append(MANGLE, _COME, saved)
    probe = settings.probe if family == 4 else settings.probe_6
    if not ingress:
        yield append(MANGLE if tproxy else NAT, _COME, f"-s {probe} -p tcp -m tcp -j ACCEPT")
    yield append(NAT, _SENT, f"-d {probe} -p tcp -m tcp -j ACCEPT")
    if tproxy:
        yield from _tproxy(_own(family))
    elif not ingress:
        packets = f"! -d {_own(family)} -p tcp ! --dport {_TUNNEL} {_FOREIGN}"
        yield append(NAT, _COME, f"{packets} -j REDIRECT --to-ports {_INBOUND}")
    restored = "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
    yield append(MANGLE, _SENT, f"-m connmark --mark {_CONNMARK} {restored}")
    if settings.dns:
        yield from _dns(version, _own(family))
    yield from _sent(_own(family))


def _own(family: int) -> str:
    return "127.0.0.1/32" if family == 4 else "::1/128"


def _jumps(settings: AmbientSettings, version: Version, *, tproxy: bool) -> Lines:
    yield append(MANGLE, "PREROUTING", f"-j {_COME}")
    yield append(MANGLE, "OUTPUT", f"-j {_SENT}")
    yield append(NAT, "OUTPUT", f"-j {_SENT}")
    if settings.dns and version.has(Step.AMBIENT_DNS):
        yield append(RAW, "PREROUTING", f"-j {_COME}")
        yield append(RAW, "OUTPUT", f"-j {_SENT}")
    if not tproxy:
        yield append(NAT, "PREROUTING", f"-j {_COME}")


def _virtual(settings: AmbientSettings, version: Version) -> Lines:
    if not version.has(Step.AMBIENT_BY_POD):
        return
    for name in settings.virtual_interfaces:
        yield append(NAT, _COME, f"-i {name} -p tcp -j REDIRECT --to-ports {_OUTBOUND}")
        yield append(NAT, _COME, f"-i {name} -p tcp -j RETURN")


def _tproxy(own: str) -> Lines:
    yield append(MANGLE, _COME, f"! -d {own} -p tcp -i lo -j ACCEPT")
    to = "-j TPROXY --on-port {} --tproxy-mark " + _CONNMARK
    packets = f"-p tcp -m tcp --dport {_TUNNEL} {_FOREIGN}"
    yield append(MANGLE, _COME, f"{packets} {to.format(_TUNNEL)}")
    yield append(MANGLE, _COME, "-p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
    yield append(MANGLE, _COME, f"! -d {own} -p tcp {_FOREIGN} {to.format(_INBOUND)}")


def _dns(version: Version, own: str) -> Lines:
    both = version.has(Step.AMBIENT_DNS)
    foreign = f"{_FOREIGN} " if both else ""
    to = f"-j REDIRECT --to-ports {_DNS}"
    yield append(NAT, _SENT, f"! -o lo -p udp {foreign}-m udp --dport 53 {to}")
    if not both:
        return
    yield append(NAT, _SENT, f"! -d {own} -p tcp --dport 53 {_FOREIGN} {to}")
    own_query = f"-p udp -m mark --mark {_MARK} -m udp --dport 53"
    yield append(RAW, _SENT, f"{own_query} -j CT --zone 1")
    yield append(RAW, _COME, f"-p udp {_FOREIGN} -m udp --sport 53 -j CT --zone 1")


def _sent(own: str) -> Lines:
    yield append(NAT, _SENT, f"-p tcp -m mark --mark {_CONNMARK} -j ACCEPT")
    yield append(NAT, _SENT, f"! -d {own} -o lo -j ACCEPT")
    packets = f"! -d {own} -p tcp {_FOREIGN}"
    yield append(NAT, _SENT, f"{packets} -j REDIRECT --to-ports {_OUTBOUND}")
