"""What istio-cni makes of a pod with a sidecar: it goes by annotations, after the injection.

Sources: istio/cni, cmd/istio-cni/redirect.go at 1.1.5 to 1.6.14; istio/istio,
cni/cmd/istio-cni/redirect.go (1.7 to 1.10), cni/pkg/plugin/redirect.go,
cni/pkg/plugin/sidecar_redirect.go; what the injector annotates: its templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from iptsim.mesh.capture_settings import CaptureSettings
from iptsim.mesh.init_options import PROXY, check_setting, from_environment, settings_of
from iptsim.mesh.injected_settings import Injection
from iptsim.mesh.istio_versions import Step
from iptsim.mesh.setting_texts import KUBEVIRT, MODE, REROUTE, TRAFFIC, words_of

_OWN_PORTS = ("15020", "15021", "15090")
_STATUS, _TELEMETRY = "15020", "15090"
_TOLD_ONLY = frozenset({"dns", "drops_invalid", "ipv6"})
"""The options that the plugin takes from the proxy's environment."""


def cni_settings(injection: Injection, *, injected: bool, **presumed: object) -> CaptureSettings:
    """The settings of the plugin; `injected` where the annotations are what an injector left."""
    own = {name: node.text() for name, node in injection.pod.annotations.items()}
    written = not injected and injection.has(Step.CNI_ANNOTATED)
    annotations = own | dict(_annotated(injection)) if written else own
    proxy = injection.pod.container(PROXY)
    environment = proxy.environment if injected and proxy is not None else injection.environment
    told = dict(_of_annotations(injection, annotations))
    told |= dict(_of_environment(injection, environment))
    if injection.has(Step.CNI_OWN_USER) and proxy is not None:
        told |= {name: f"{value}" for name, value in _users(proxy.user, proxy.group) if value}
    for name, text in told.items():
        check_setting(name, text, injection.pod.node)
    values = {**presumed, **settings_of(told), "by_plugin": True}
    return CaptureSettings(**values)


def _users(user: int | None, group: int | None) -> Iterator[tuple[str, int | None]]:
    yield from (("uids", user), ("gids", group))


def _annotated(injection: Injection) -> Iterator[tuple[str, str]]:
    """What the injector's template writes into the pod where istio-cni is used."""
    yield MODE, injection.mode
    ranges = injection.either("includeOutboundIPRanges", "includeIPRanges")
    excluded = injection.either("excludeOutboundIPRanges", "excludeIPRanges")
    yield from _unless_empty(injection, "includeOutboundIPRanges", ranges)
    yield from _unless_empty(injection, "excludeOutboundIPRanges", excluded)
    ports = injection.inbound()[0]
    by_values = injection.has(Step.INBOUND_PORTS_BY_VALUES) and not injection.has(Step.REROUTE)
    if by_values:
        yield from _unless_empty(injection, "includeInboundPorts", ports)
    else:
        yield f"{TRAFFIC}includeInboundPorts", _inbound(injection, ports)
    yield f"{TRAFFIC}excludeInboundPorts", injection.excluded_inbound()
    for name in ("includeOutboundPorts", "excludeOutboundPorts"):
        told = injection.either(name, name)
        if told:
            yield TRAFFIC + name, told


def _inbound(injection: Injection, ports: str) -> str:
    told = injection.pod.annotation(f"{TRAFFIC}includeInboundPorts") is not None
    if told or not injection.has(Step.CNI_PORTS_OF_CONTAINERS):
        return ports
    return injection.declared()


def _unless_empty(injection: Injection, name: str, text: str) -> Iterator[tuple[str, str]]:
    """From 1.9 on the template leaves an empty value out; then the plugin has its own default."""
    if text or injection.has(Step.CNI_PORTS_OF_CONTAINERS):
        yield TRAFFIC + name, text


def _of_annotations(injection: Injection, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    def value(name: str, default: str) -> str:
        return told.get(TRAFFIC + name, default)

    yield "mode", told.get(MODE, "REDIRECT")
    yield "ranges", value("includeOutboundIPRanges", "*")
    yield "excluded_ranges", value("excludeOutboundIPRanges", "")
    yield "inbound_ports", _inbound_ports(injection, told.get(f"{TRAFFIC}includeInboundPorts"))
    excluded = words_of(value("excludeInboundPorts", _STATUS))
    yield "excluded_inbound_ports", ",".join(_with_own(injection, excluded))
    if injection.has(Step.CNI_OUTBOUND_PORTS):
        yield "excluded_outbound_ports", value("excludeOutboundPorts", _STATUS)
    if not injection.has(Step.PASSTHROUGH):  # the script's own default, as the plugin gives none
        yield "inbound_port", CaptureSettings().proxy_port
    if injection.has(Step.CNI_INCLUDED_OUTBOUND_PORTS):
        yield "outbound_ports", value("includeOutboundPorts", "")
    if injection.has(Step.CNI_EXCLUDED_INTERFACES):
        yield "excluded_interfaces", value("excludeInterfaces", "")
    virtual = told.get(KUBEVIRT, "")
    if injection.has(Step.REROUTE):
        virtual = told.get(REROUTE, virtual)
    yield "virtual_interfaces", virtual


def _inbound_ports(injection: Injection, told: str | None) -> str:
    """The annotation's ports, or those that containers declare, by turns of the versions."""
    if injection.has(Step.CNI_DECLARED_BY_ANY) and told not in (None, "*"):
        return _declared(injection)
    if told is not None:
        return told
    return _declared(injection) if injection.has(Step.CNI_DECLARED_PORTS) else "*"


def _declared(injection: Injection) -> str:
    own = (each for each in injection.pod.containers if each.name != PROXY)
    return ",".join(port for each in own for port in each.ports)


def _with_own(injection: Injection, ports: Sequence[str]) -> Iterable[str]:
    if injection.has(Step.CNI_OWN_PORTS):
        return dict.fromkeys((*ports, *_OWN_PORTS))
    return (*ports, _TELEMETRY) if injection.has(Step.CNI_TELEMETRY) else ports


def _of_environment(
    injection: Injection, environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    if not injection.has(Step.CNI_ENVIRONMENT):
        return
    for name, text in from_environment(environment, injection.version).items():
        if name in _TOLD_ONLY:
            yield name, text
        if name == "dns":
            yield "all_dns", text
