"""Which pods are of the ambient mesh, and what istio-cni is told of them.

Sources: cni/pkg/util/podutil.go (PodRedirectionEnabled), cni/pkg/nodeagent/net.go
(getPodLevelTrafficOverrides), manifests/charts/istio-cni/values.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.manifests.documents import Manifest
from iptsim.mesh.capture_settings import AmbientSettings
from iptsim.mesh.init_options import PROXY, check_setting
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.mesh_config import Told
from iptsim.mesh.pods import Pod
from iptsim.mesh.setting_texts import REROUTE, is_true, words_of

_MODE = "istio.io/dataplane-mode"
_STATUS = "sidecar.istio.io/status"
_INGRESS = "ambient.istio.io/bypass-inbound-capture"
_DNS = "ambient.istio.io/dns-capture"
_OFF = "ambient.istio.io/redirection"


def is_ambient(pod: Pod, version: Version, namespaces: Mapping[str, Manifest]) -> bool:
    """Whether the pod's packets go by ztunnel; a pod with a sidecar's never do."""
    if not version.has(Step.AMBIENT) or _mode(pod, namespaces) != "ambient":
        return False
    if pod.container(PROXY) is not None or _STATUS in pod.annotations:
        return False
    return pod.annotation(_OFF) != "disabled"


def _mode(pod: Pod, namespaces: Mapping[str, Manifest]) -> str:
    own = pod.labels.get(_MODE)
    if own is not None:
        return own.text()
    alone = next(iter(namespaces.values())) if len(namespaces) == 1 else None
    space = namespaces.get(pod.namespace) if pod.namespace else alone
    labels = None if space is None else space.root.find("metadata", "labels")
    told = {} if labels is None else labels.texts()
    return told[_MODE].text() if _MODE in told else ""


def ambient_settings(pod: Pod, version: Version, values: Told) -> AmbientSettings:
    """What the node's agent is told, by its chart's values and the pod's annotations."""
    default = AmbientSettings()
    virtual = pod.annotation(REROUTE) or ""
    check_setting("virtual_interfaces", virtual, pod.node)
    return AmbientSettings(
        dns=_dns(pod, version, values),
        tproxy=_tproxy(version, values),
        ingress=is_true(pod.annotation(_INGRESS) or ""),
        virtual_interfaces=words_of(virtual),
        probe=_address(values, "HOST_PROBE_SNAT_IP", default.probe),
        probe_6=_address(values, "HOST_PROBE_SNAT_IPV6", default.probe_6),
    )


def _dns(pod: Pod, version: Version, values: Told) -> bool:
    own = pod.annotation(_DNS)
    if own is not None and version.has(Step.AMBIENT_BY_POD):
        return is_true(own)
    told = values.text("ambient", "dnsCapture") or values.text("cni", "ambient", "dnsCapture")
    told = told or _variable(values, "AMBIENT_DNS_CAPTURE")
    return version.has(Step.AMBIENT_BY_POD) if told is None else is_true(told)


def _tproxy(version: Version, values: Told) -> bool:
    told = _variable(values, "AMBIENT_TPROXY_REDIRECTION")
    return version.has(Step.AMBIENT_TPROXY_DEFAULT) if told is None else is_true(told)


def _variable(values: Told, name: str) -> str | None:
    return values.text("env", name) or values.text("cni", "env", name)


def _address(values: Told, name: str, default: str) -> str:
    told = _variable(values, name)
    if told is None:
        return default
    try:
        return str(ip_address(told))
    except ValueError:
        raise UsageError(f"{told} is no address", code=codes.NOT_FOR_IPTABLES, value=told) from None
