"""The options of istio-iptables, as an injected pod's init container has them.

Sources: tools/istio-iptables/pkg/cmd/root.go, pkg/constants/constants.go; getopts of the script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.manifests.nodes import Node
from iptsim.mesh.capture_settings import CaptureSettings
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.pods import Container, Pod
from iptsim.mesh.setting_texts import is_true, words_of
from iptsim.regex import regex

INIT, VALIDATION, PROXY = "istio-init", "istio-validation", "istio-proxy"
SKIPS = "skip-rule-apply"
_PROGRAMS = ("istio-iptables", "istio-iptables.sh", "istio-iptables-go")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """`field` is the setting's; `other` are environment variables besides that of its name."""

    field: str
    short: str
    long: str
    other: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.long.replace("-", "_").upper(), *self.other)


def _option(field: str, short: str, long: str, *other: str) -> _Option:
    return _Option(field=field, short=short, long=long, other=other)


_OPTIONS = (
    _option("proxy_port", "p", "envoy-port"),
    _option("inbound_port", "z", "inbound-capture-port"),
    _option("tunnel_port", "e", "inbound-tunnel-port"),
    _option("uids", "u", "proxy-uid"),
    _option("gids", "g", "proxy-gid"),
    _option("mode", "m", "istio-inbound-interception-mode"),
    _option("mark", "t", "istio-inbound-tproxy-mark"),
    _option("inbound_ports", "b", "istio-inbound-ports"),
    _option("excluded_inbound_ports", "d", "istio-local-exclude-ports"),
    _option("excluded_interfaces", "c", "istio-exclude-interfaces"),
    _option("ranges", "i", "istio-service-cidr"),
    _option("excluded_ranges", "x", "istio-service-exclude-cidr"),
    _option("outbound_ports", "q", "istio-outbound-ports"),
    _option("excluded_outbound_ports", "o", "istio-local-outbound-ports-exclude"),
    _option("virtual_interfaces", "k", "kube-virt-interfaces", "REROUTE_VIRTUAL_INTERFACES"),
    _option("virtual_interfaces", "", "reroute-virtual-interfaces"),
    _option("dns", "", "redirect-dns", "ISTIO_META_DNS_CAPTURE"),
    _option("all_dns", "", "capture-all-dns"),
    _option("drops_invalid", "", "drop-invalid", "INVALID_DROP"),
    _option("ipv6", "", "dual-stack", "ISTIO_DUAL_STACK", "ISTIO_AGENT_DUAL_STACK"),
    _option("traced", "", "iptables-trace-logging"),
    _option("owner_groups", "", "istio-outbound-owner-groups"),
    _option("excluded_owner_groups", "", "istio-outbound-owner-groups-exclude"),
    _option("loopback", "", "istio-outbound-ipv4-loopback-cidr"),
    _option("", "r", "istio-inbound-tproxy-route-table"),
    _option("", "n", "dry-run"),
    _option("", "f", "restore-format"),
)
FLAGS = frozenset({"dns", "all_dns", "drops_invalid", "ipv6", "traced"})
_BARE = frozenset({"dry-run", "restore-format"})
_ONE = frozenset({"proxy_port", "inbound_port", "tunnel_port", "mode", "mark", "loopback"})


def is_skipped(container: Container) -> bool:
    """Whether it only checks the rules that istio-cni made."""
    return any(word.text() == f"--{SKIPS}" for word in container.words)


def init_settings(
    pod: Pod, container: Container, version: Version, *, presumed: CaptureSettings
) -> CaptureSettings:
    """What the container's words and environment tell; `presumed` are defaults of the pod."""
    told = from_environment(container.environment, version)
    for name, text in told.items():
        check_setting(name, text, pod.node)
    told |= dict(_typed(_behind_program(container.words)))
    values = settings_of(told)
    uids = values.get("uids") or (("1337",) if version.has(Step.USER_ALONE) else ("1337", "0"))
    values |= {"uids": uids, "gids": values.get("gids") or uids}
    if not version.has(Step.PASSTHROUGH):  # the script's own default, up to 1.2
        values.setdefault("inbound_port", values.get("proxy_port", presumed.proxy_port))
    return replace(presumed, **values)


def from_environment(environment: Mapping[str, str], version: Version) -> dict[str, str]:
    """The options that environment variables tell that version, by field."""
    found: dict[str, str] = {}
    for option in _OPTIONS:
        for name in option.variables:
            if environment.get(name) and option.field:
                found[option.field] = environment[name]
    if version.has(Step.DNS_BY_ANY_TEXT):
        name = "DNS_CAPTURE" if version.has(Step.DNS_OF_GROUP) else "ISTIO_META_DNS_CAPTURE"
        found["dns"] = "true" if environment.get(name) else "false"
    if environment.get("DNS_AGENT"):
        found["dns_agent"] = "true"
    if environment.get("DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK"):
        found["redirects_loopback"] = "false"
    if environment.get("ISTIO_META_DNS_CONNTRACK_ZONE"):
        found["dns_zones"] = environment["ISTIO_META_DNS_CONNTRACK_ZONE"]
    return found


def settings_of(told: Mapping[str, str]) -> dict[str, Any]:
    """Options as values of settings; that a pod is of one family says not of which."""
    values = {name: _value(name, text) for name, text in told.items() if name}
    if not values.get("ipv6", True):
        del values["ipv6"]
    return values


def _value(name: str, text: str) -> Any:
    if name in FLAGS or name in ("dns_agent", "redirects_loopback", "dns_zones"):
        return is_true(text)
    return text if name in _ONE else words_of(text)


def _behind_program(words: Sequence[Node]) -> Sequence[Node]:
    at = next((n for n, word in enumerate(words) if word.text() in _PROGRAMS), -1)
    return words[at + 1 :]


def _typed(words: Sequence[Node]) -> Iterator[tuple[str, str]]:
    ahead = iter(words)
    for word in ahead:
        option, text = _read(word)
        if option is None:
            continue
        bare = option.field in FLAGS or option.long in _BARE
        if text is None:
            text = "true" if bare else _next(ahead, word)
        _check(option, text, word)
        yield option.field, text


def _next(ahead: Iterator[Node], option: Node) -> str:
    value = next(ahead, None)
    if value is None:
        raise option.error(
            f"{option.text()} has no value", code=codes.INIT_VALUE_MISSING, name=option.text()
        )
    return value.text()


def _read(word: Node) -> tuple[_Option | None, str | None]:
    """The option that a word is, with the value that stands in it; none for words of others."""
    text = word.text()
    if text[:2] == "--":
        name, told, value = text[2:].partition("=")
        found = next((each for each in _OPTIONS if each.long == name), None)
        return found, value if told else None
    if text[:1] != "-" or len(text) < 2:
        return None, None
    found = next((each for each in _OPTIONS if each.short == text[1]), None)
    if found is None:
        raise word.error(
            f"istio-iptables has no option {text}", code=codes.NO_INIT_OPTION, name=text
        )
    return found, text[2:].removeprefix("=") if text[2:] else None


def _check(option: _Option, text: str, word: Node) -> None:
    if option.field:
        check_setting(option.field, text, word)


def check_setting(field: str, text: str, node: Node) -> None:
    """Raise `DumpError` at the node where iptables would not take a part of the value."""
    told = words_of(text) if field not in _ONE and field not in FLAGS else (text,)
    check = _CHECKS.get(field)
    for each in told:
        if check is not None and each != "*" and not check(each):
            raise node.error(
                f"{each} is nothing that Istio can hand to iptables",
                code=codes.NOT_FOR_IPTABLES,
                value=each,
            )


def _matches(pattern: str) -> Callable[[str], bool]:
    whole = regex(pattern)
    return lambda text: whole.fullmatch(text) is not None


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_PORT = _matches(r"[0-9]{1,5}(?::[0-9]{1,5})?")
_NUMBER = _matches(r"[0-9]{1,10}")
_INTERFACE = _matches(r"[A-Za-z0-9_.:@-]{1,15}\+?")
_NAME = _matches(r"[A-Za-z0-9_.-]{1,32}")
_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "proxy_port": _PORT,
    "inbound_port": _PORT,
    "tunnel_port": _PORT,
    "inbound_ports": _PORT,
    "excluded_inbound_ports": _PORT,
    "outbound_ports": _PORT,
    "excluded_outbound_ports": _PORT,
    "uids": _NUMBER,
    "gids": _NUMBER,
    "owner_groups": _NAME,
    "excluded_owner_groups": _NAME,
    "mark": _matches(r"[0-9]{1,10}|0x[0-9a-fA-F]{1,8}"),
    "virtual_interfaces": _INTERFACE,
    "excluded_interfaces": _INTERFACE,
    "ranges": _is_range,
    "excluded_ranges": _is_range,
    "loopback": _is_range,
}
