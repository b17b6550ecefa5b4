"""What the injector makes of a pod: the init container's options, or annotations for istio-cni.

Sources: install/kubernetes/helm/istio/templates/sidecar-injector-configmap.yaml (1.0, 1.1),
install/kubernetes/helm/istio/files/injection-template.yaml (1.2 to 1.4), then
manifests/…/istio-discovery/files/injection-template.yaml; pkg/kube/inject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import CaptureSettings
from iptsim.mesh.init_options import check_setting, from_environment, settings_of
from iptsim.mesh.istio_versions import Spans, Step, Version
from iptsim.mesh.mesh_config import Told
from iptsim.mesh.pods import Pod
from iptsim.mesh.setting_texts import KUBEVIRT, MODE, REROUTE, STATUS_PORT, TRAFFIC, words_of

_PROXY_VALUES = ("global", "proxy")
_DEFAULTS = {"includeIPRanges": "*", "includeInboundPorts": "*"}
CONTAINERS, DEFAULT = "containerPort", "default"
"""What else than an annotation or a value may have told the inbound ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """What an injector of that version is given."""

    pod: Pod
    version: Version
    mesh: Told
    values: Told

    def has(self, step: Spans) -> bool:
        """Whether this version does so."""
        return self.version.has(step)

    @property
    def proxy_config(self) -> Told:
        """The proxy's configuration: the mesh's, and the pod's own upon it."""
        own = self.pod.annotations.get("proxy.istio.io/config")
        below = (root.find("defaultConfig") for root in self.mesh.roots)
        told = Told(roots=tuple(each for each in below if each is not None))
        return told if own is None else told.with_text(own.text(), own.source.file)

    @property
    def mode(self) -> str:
        """How inbound packets are captured: `NONE` where they are not."""
        return self.pod.annotation(MODE) or self.proxy_config.text("interceptionMode") or "REDIRECT"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the template sets for the containers that it adds."""
        return self.proxy_config.texts("proxyMetadata") if self.has(Step.METADATA) else {}

    def value(self, name: str) -> str:
        """A value of the chart, below `global.proxy`."""
        told = self.values.text(*_PROXY_VALUES, name)
        return _DEFAULTS.get(name, "") if told is None else told

    def either(self, annotation: str, value: str) -> str:
        """An annotation, or else the value of the chart."""
        told = self.pod.annotation(TRAFFIC + annotation)
        return self.value(value) if told is None else told

    def inbound(self) -> tuple[str, str]:
        """The inbound ports, and what told them."""
        name = "includeInboundPorts"
        told = self.pod.annotation(TRAFFIC + name)
        if told is not None:
            return told, TRAFFIC + name
        if self.has(Step.PORTS_OF_CONTAINERS):
            return self.declared(), CONTAINERS
        value = self.values.text(*_PROXY_VALUES, name)
        if value is not None and self.has(Step.INBOUND_PORTS_BY_VALUES):
            return value, ".".join((*_PROXY_VALUES, name))
        return "*", DEFAULT

    def declared(self) -> str:
        """The ports that containers declare, of any protocol."""
        return ",".join(port for each in self.pod.containers for port in each.ports)

    def excluded_inbound(self) -> str:
        """The excluded inbound ports with that of the agent's status, which stands last."""
        ports = self.either("excludeInboundPorts", "excludeInboundPorts")
        if not self.has(Step.STATUS_EXCLUDED):
            return ports
        status = self.pod.annotation(STATUS_PORT)
        if status is None:
            told = self.values.text(*_PROXY_VALUES, "statusPort")
            status = ("15020" if self.has(Step.STATUS_PORT) else "0") if told is None else told
        if status in ("", "0") or status in ports.split(","):
            return ports
        return ",".join((*words_of(ports), status))

    def interfaces(self) -> str:
        """The virtual interfaces whose packets go out."""
        kubevirt, reroute = self.pod.annotation(KUBEVIRT), self.pod.annotation(REROUTE)
        if not self.has(Step.REROUTE):
            return (kubevirt or "") if self.has(Step.KUBEVIRT) else ""
        return (kubevirt if reroute is None else reroute) or ""

    def options(self) -> dict[str, str]:
        """The options of istio-iptables, by the settings that they are."""
        found = from_environment(self.environment, self.version)
        found |= {
            "proxy_port": self.proxy_port(),
            "inbound_port": self.inbound_port(),
            "uids": "1337",
            "gids": "1337",
            "mode": self.mode,
            "ranges": self.either("includeOutboundIPRanges", "includeIPRanges"),
            "excluded_ranges": self.either("excludeOutboundIPRanges", "excludeIPRanges"),
            "inbound_ports": self.inbound()[0],
            "excluded_inbound_ports": self.own_ports() + self.excluded_inbound(),
            "virtual_interfaces": self.interfaces(),
        }
        return found | dict(self.later_options())

    def proxy_port(self) -> str:
        """Where the proxy listens for what the pod sends."""
        told = self.mesh.text("proxyListenPort") if self.has(Step.MESH_PROXY_PORT) else None
        return told or "15001"

    def inbound_port(self) -> str:
        """Where it listens for what comes to the pod."""
        if not self.has(Step.PASSTHROUGH):
            wildcard = "*" in (self.pod.annotation(f"{TRAFFIC}includeInboundPorts") or "")
            own = wildcard and self.has(Step.INBOUND_PORT_BY_WILDCARD)
            return "15006" if own else self.proxy_port()
        told = self.mesh.text("proxyInboundListenPort") if self.has(Step.MESH_INBOUND_PORT) else ""
        return told or "15006"

    def own_ports(self) -> str:
        """The ports of the proxy itself, which stand first."""
        if self.has(Step.HEALTH_EXCLUDED):
            return "15090,15021,"
        return "15090," if self.has(Step.TELEMETRY_EXCLUDED) else ""

    def later_options(self) -> Iterator[tuple[str, str]]:
        """Options that later versions have."""
        if self.has(Step.EXCLUDED_OUTBOUND_PORTS):
            yield (
                "excluded_outbound_ports",
                self.either("excludeOutboundPorts", "excludeOutboundPorts"),
            )
        if self.has(Step.INCLUDED_OUTBOUND_PORTS):
            yield "outbound_ports", self.either("includeOutboundPorts", "includeOutboundPorts")
        if self.has(Step.EXCLUDED_INTERFACES_TOLD):
            yield "excluded_interfaces", self.pod.annotation(f"{TRAFFIC}excludeInterfaces") or ""

    def settings(self, **presumed: object) -> CaptureSettings:
        """The settings that the init container gets."""
        told = self.options()
        for name, text in told.items():
            check_setting(name, text, self.pod.node)
        values = {**presumed, **settings_of(told)}
        return CaptureSettings(**values)
