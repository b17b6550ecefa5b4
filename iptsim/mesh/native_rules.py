"""From settings and a version to the nftables script of a pod, where Istio makes one."""

from __future__ import annotations

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.mesh.capture_settings import AmbientSettings, Settings
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.nft_rules import nft_script


def native_text(settings: Settings | None, version: Version) -> str:
    """The script; nothing where Istio makes no rules.

    `UsageError` for a version that writes none, and for a pod of the ambient mesh.
    """
    if not version.has(Step.NFTABLES):
        message = f"Istio {version} writes no nftables rules: from 1.27 on it can"
        raise UsageError(message, code=codes.NO_NFT_RULES_YET, version=f"{version}")
    if isinstance(settings, AmbientSettings):
        message = "istio-cni's nftables rules for ambient pods are not written yet"
        raise UsageError(message, code=codes.BACKEND_NOT_WRITTEN)
    return "" if settings is None else nft_script(settings, version)
