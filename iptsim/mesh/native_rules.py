"""From settings and a version to the nftables script of a pod, where Istio makes one."""

from __future__ import annotations

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.mesh.ambient_nft_rules import ambient_nft_script
from iptsim.mesh.capture_settings import AmbientSettings, Settings
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.sidecar_nft_rules import nft_script


def native_text(settings: Settings | None, version: Version) -> str:
    """The script; nothing where Istio makes no rules.

    `UsageError` for a version that writes none; for pods of the ambient mesh that is up to 1.27.
    """
    ambient = isinstance(settings, AmbientSettings)
    first, step = ("1.28", Step.AMBIENT_NFT) if ambient else ("1.27", Step.NFTABLES)
    if not version.has(step):
        message = f"Istio {version} writes no nftables rules for it: from {first} on it can"
        facts = {"version": f"{version}", "first": first}
        raise UsageError(message, code=codes.NO_NFT_RULES_YET, **facts)
    if settings is None:
        return ""
    if isinstance(settings, AmbientSettings):
        return ambient_nft_script(settings, version)
    return nft_script(settings, version)
