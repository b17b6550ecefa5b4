"""From a manifest to what each pod of it would get: settings, and what decided them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import UsageError
from iptsim.manifests.documents import Manifest
from iptsim.mesh.ambient_pods import ambient_settings, is_ambient
from iptsim.mesh.capture_settings import ALL, CaptureSettings, Settings
from iptsim.mesh.cni_settings import cni_settings
from iptsim.mesh.dns_rules import dns_settings
from iptsim.mesh.init_options import INIT, PROXY, VALIDATION, init_settings, is_skipped
from iptsim.mesh.injected_settings import CONTAINERS, DEFAULT, Injection
from iptsim.mesh.istio_versions import NEWEST, Step, Version, read_version
from iptsim.mesh.mesh_config import Told
from iptsim.mesh.pods import Pod, pods_of
from iptsim.mesh.setting_texts import check_annotations
from iptsim.model import Note
from iptsim.regex import regex

_TAG = regex(r":v?(\d+\.\d+(?:\.\d+)?)(?:-[\w.-]+)?(?:@\S+)?$")
_INJECT = "sidecar.istio.io/inject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """What is told of the mesh: the version, its configuration, and how rules are made.

    `family` is 4 or 6; `native`: the rules are to be nftables' own; `dns_servers` are those of a
    pod's resolv.conf, where the manifest does not tell them.
    """

    version: Version | None = None
    config: Told = field(default_factory=Told)
    values: Told = field(default_factory=Told)
    by_cni: bool = False
    native: bool = False
    family: int = 4
    dns_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRules:
    """What a pod gets: no settings where Istio makes no rules. Notes tell what decided it."""

    pod: Pod
    version: Version
    settings: Settings | None
    notes: tuple[Note, ...]


def rules_of_pods(manifests: Sequence[Manifest], mesh: Mesh) -> tuple[PodRules, ...]:
    """Each pod of the manifest with its settings; `UsageError` where it makes no pod."""
    namespaces = {one.name: one for one in manifests if one.kind == "Namespace"}
    found = tuple(_Asked(pod=pod, mesh=mesh).rules(namespaces) for pod in pods_of(manifests))
    if not found:
        kinds = ", ".join(sorted({one.kind for one in manifests}))
        raise UsageError(
            f"nothing of the manifest makes a pod: {kinds}", code=codes.NO_POD, kinds=kinds
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    pod: Pod
    mesh: Mesh

    def rules(self, namespaces: Mapping[str, Manifest]) -> PodRules:
        check_annotations(self.pod.annotations)
        version, notes = self.version()
        reason = self.why_none(version)
        if reason:
            return self.none(version, reason, notes)
        if is_ambient(self.pod, version, namespaces):
            if not version.has(Step.AMBIENT_IN_POD):
                return self.none(version, "node", notes)
            settings = ambient_settings(self.pod, version, self.mesh.values)
            ipv6 = self.mesh.family == 6 or any(":" in text for text in self.pod.addresses)
            settings = replace(settings, ipv6=ipv6)
            told = _note(codes.POD_IN_AMBIENT, version=f"{version}")
            return self.made(version, settings, (*notes, told))
        injection = self.injection(version)
        settings_, more = self.sidecar(injection)
        if settings_ is None:
            return self.none(version, "mode", notes)
        return self.made(version, settings_, (*notes, *more, *self.untold(settings_, version)))

    def injection(self, version: Version) -> Injection:
        return Injection(
            pod=self.pod, version=version, mesh=self.mesh.config, values=self.mesh.values
        )

    def made(self, version: Version, settings: Settings, notes: tuple[Note, ...]) -> PodRules:
        return PodRules(pod=self.pod, version=version, settings=settings, notes=notes)

    def none(self, version: Version, reason: str, notes: tuple[Note, ...]) -> PodRules:
        told = _note(f"{codes.NO_RULES_OF_POD}.{reason}", pod=f"{self.pod}", version=f"{version}")
        return PodRules(pod=self.pod, version=version, settings=None, notes=(*notes, told))

    def version(self) -> tuple[Version, tuple[Note, ...]]:
        """The version that is asked, that of the image, or the newest."""
        if self.mesh.version is not None:
            return self.mesh.version, ()
        for name in (INIT, VALIDATION, PROXY):
            container = self.pod.container(name)
            tag = None if container is None else _TAG.search(container.image)
            if tag is not None:
                version = read_version(tag[1])
                return version, (_note(codes.VERSION_OF_IMAGE, version=f"{version}"),)
        return NEWEST, (_note(codes.VERSION_PRESUMED, version=f"{NEWEST}"),)

    def why_none(self, version: Version) -> str:
        """Why Istio makes no rules for the pod; nothing where it does."""
        if self.pod.on_host_network:
            return "host"
        label, annotation = self.pod.labels.get(_INJECT), self.pod.annotation(_INJECT)
        told = annotation if label is None else label.text()
        if told in ("false", "n", "no", "off") and self.pod.container(PROXY) is None:
            return "inject"
        native = self.mesh.values.is_true("global", "nativeNftables") and not self.mesh.native
        if version.has(Step.NFTABLES) and native:
            return "nftables"
        return ""

    def sidecar(self, injection: Injection) -> tuple[CaptureSettings | None, tuple[Note, ...]]:
        presumed = self.presumed(injection.version)
        init = self.pod.container(INIT)
        checks = self.pod.container(VALIDATION)
        if init is not None and not is_skipped(init):
            plain = CaptureSettings(**presumed)
            settings = init_settings(self.pod, init, injection.version, presumed=plain)
            return settings, _inbound_note(settings, injection.version, INIT)
        injected = checks is not None or init is not None or self.pod.container(PROXY) is not None
        if not injected and injection.mode == "NONE" and injection.has(Step.NONE_MODE):
            return None, ()
        if self.by_cni(injected=injected):
            return self.of_cni(injection, presumed, injected=injected)
        settings = injection.settings(**presumed)
        return settings, _inbound_note(settings, injection.version, injection.inbound()[1])

    def of_cni(
        self, injection: Injection, presumed: dict[str, Any], *, injected: bool
    ) -> tuple[CaptureSettings, tuple[Note, ...]]:
        if not injection.has(Step.CNI_KNOWN):
            raise UsageError(
                f"istio-cni of {injection.version} is not known: from 1.1.5 on it is",
                code=codes.CNI_NOT_KNOWN,
                version=f"{injection.version}",
            )
        if injection.has(Step.CNI_SCRIPT):  # it looks at the first address alone
            presumed["ipv6"] = ":" in next(iter(self.pod.addresses), "")
        settings = cni_settings(injection, injected=injected, **presumed)
        source = injection.inbound()[1]
        declares = injection.has(Step.CNI_DECLARED_BY_ANY) or source == DEFAULT
        if declares and settings.inbound_ports != ALL:
            source = CONTAINERS
        return settings, _inbound_note(settings, injection.version, source)

    def by_cni(self, *, injected: bool) -> bool:
        values = self.mesh.values
        told = values.is_true("istio_cni", "enabled") or values.is_true("pilot", "cni", "enabled")
        return self.mesh.by_cni or told or injected

    def presumed(self, version: Version) -> dict[str, Any]:
        """What the program finds in the pod: addresses, and servers of its resolv.conf."""
        families = [ip_address(text).version for text in self.pod.addresses]
        ipv6 = 6 in families
        if not families and self.mesh.family == 6:
            ipv6 = not version.has(Step.SCRIPT)
        return {"ipv6": ipv6, "dns_servers": self.pod.dns_servers or self.mesh.dns_servers}

    def untold(self, settings: CaptureSettings, version: Version) -> Iterator[Note]:
        """What the manifest leaves open, and what was presumed of it."""
        if self.mesh.family == 6 and not self.pod.addresses:
            presumed = "6" if settings.ipv6 else "4"
            yield _note(f"{codes.ADDRESS_PRESUMED}.{presumed}", version=f"{version}")
        dns = dns_settings(settings, version)
        needs = version.has(Step.DNS_SERVERS) and settings.dns and not dns.to_all
        if needs and not settings.dns_servers and self.pod.dns_servers is None:
            yield _note(codes.DNS_SERVERS_UNTOLD, version=f"{version}")
        groups = (*settings.owner_groups, *settings.excluded_owner_groups)
        names = [each for each in groups if each != "*" and not each.isdecimal()]
        if names:
            yield _note(codes.GROUPS_BY_NAME, groups=", ".join(names))


def _inbound_note(settings: CaptureSettings, version: Version, source: str) -> tuple[Note, ...]:
    """Which ports come to the proxy, and which setting of which version said so."""
    ports = settings.inbound_ports
    amount = "all" if ports == ALL else "some" if ports else "none"
    kind = {CONTAINERS: "containers", DEFAULT: "default"}.get(source, "told")
    if kind == "containers" and settings.by_plugin:
        kind = "plugin"
    facts = {"version": f"{version}", "ports": ", ".join(ports), "source": source}
    return (_note(f"{codes.INBOUND_CAPTURED}.{kind}.{amount}", **facts),)


def _note(code: str, **facts: str) -> Note:
    return Note(code=code, facts=tuple(facts.items()))


def are_alike(found: Sequence[PodRules]) -> bool:
    """Whether all pods get the same."""
    return len({(each.version.order, repr(each.settings)) for each in found}) == 1


def notes_of(found: Sequence[PodRules]) -> list[Note]:
    """What decided the rules of each, said once; and that all get the same."""
    notes = dict.fromkeys(note for each in found for note in each.notes)
    names = dict.fromkeys(f"{each.pod}" for each in found)
    if len(names) > 1 and are_alike(found):
        return [*notes, _note(codes.PODS_ALIKE, pods=", ".join(names))]
    return [*notes]


def read_servers(texts: Sequence[str]) -> tuple[str, ...]:
    """Addresses of DNS servers, as they are typed."""
    for text in texts:
        try:
            ip_address(text)
        except ValueError:
            raise UsageError(
                f"{text} is nothing that Istio can hand to iptables",
                code=codes.NOT_FOR_IPTABLES,
                value=text,
            ) from None
    return tuple(texts)
