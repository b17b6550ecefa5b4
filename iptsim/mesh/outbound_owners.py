"""Whose packets a sidecar's rules leave alone: the proxy's own, and those of told groups."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import ALL, CaptureSettings
from iptsim.mesh.istio_lines import NAT, Lines, append
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.ranges import hold_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRules:
    """`own` is the host's own address; `is_whole` whether the family has all that IPv4 has."""

    settings: CaptureSettings
    version: Version
    own: str
    captures_dns: bool
    is_whole: bool

    def rules(self) -> Lines:
        """Of each user and group of the proxy, then of the groups that are told."""
        for uid in self.settings.uids:
            by_lo = self._by_lo(("53",) if self.captures_dns else ())
            yield from self._of_proxy("uid", uid, by_lo)
        late = self.version.has(Step.TUNNEL_BY_LO)
        for gid in self.settings.gids:
            yield from self._of_proxy("gid", gid, self._by_lo(()) if late else "")
        if self.version.has(Step.OWNER_GROUPS):
            for matches in left_alone(self.settings):
                yield append(NAT, "ISTIO_OUTPUT", f"{matches}-j RETURN")

    def _by_lo(self, ports: tuple[str, ...]) -> str:
        """The ports that are not turned back by lo: DNS, and the tunnel."""
        if self.version.has(Step.TUNNEL_BY_LO):
            ports = (*ports, self.settings.tunnel_port)
        if len(ports) > 1:
            return f"-p tcp -m multiport ! --dports {','.join(ports)} "
        return f"-p tcp ! --dport {ports[0]} " if ports else ""

    def _of_proxy(self, kind: str, number: str, ports: str) -> Lines:
        chain, owner = "ISTIO_OUTPUT", f"--{kind}-owner {number}"
        back = f"-o lo ! -d {self.own} {ports}-m owner {owner} -j ISTIO_IN_REDIRECT"
        yield append(NAT, chain, back)
        if not self._captures_own():
            dns = "-p tcp ! --dport 53 " if self.captures_dns else ""
            yield append(NAT, chain, f"-o lo {dns}-m owner ! {owner} -j RETURN")
        yield append(NAT, chain, f"-m owner {owner} -j RETURN")

    def _captures_own(self) -> bool:
        """Whether ranges of the host itself are to be captured."""
        told = self.version.has(Step.LOOPBACK_RANGES) and self.is_whole
        return told and hold_loopback(self.settings.ranges)


def left_alone(settings: CaptureSettings) -> list[str]:
    """The matches of packets of groups that are not captured, a text for each rule.

    A group of which only the name is told is one that the image's own list numbers: such a rule
    is left out here, as iptables leaves it.
    """
    if settings.owner_groups == ALL:
        groups = [each for each in settings.excluded_owner_groups if each.isdecimal()]
        return [f"-m owner --gid-owner {group} " for group in groups]
    if not all(each.isdecimal() for each in settings.owner_groups):
        return []
    return ["".join(f"-m owner ! --gid-owner {group} " for group in settings.owner_groups)]
