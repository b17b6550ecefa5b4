"""Istio's sidecar and ambient rules.

Source: istio/istio, tools/istio-iptables/pkg/constants/constants.go and pkg/capture/run.go;
cni/pkg/iptables.
"""

from __future__ import annotations

from iptsim.knowledge.known import Limit, System

# tools/istio-iptables/pkg/capture/run.go: what a Pod sends to itself goes by lo.
_LO = (
    r"! -d (?:127\.0\.0\.1/32|::1/128) .*-j ISTIO_(?:IN_)?REDIRECT",
    r"-s (?:127\.0\.0\.6/32|::6/128) -j RETURN",
    r".*-m owner ! --[ug]id-owner \d+ -j RETURN",
)

SYSTEM = System(
    name="istio",
    marks=("ISTIO_",),
    chains=(
        "ISTIO_INBOUND",
        "ISTIO_IN_REDIRECT",
        "ISTIO_OUTPUT",
        "ISTIO_REDIRECT",
        "ISTIO_DIVERT",
        "ISTIO_TPROXY",
        "ISTIO_OUTPUT_DNS",
        "ISTIO_DROP",
        "ISTIO_PRERT",
        "ISTIO_POSTRT",
    ),
    ports=(15001, 15006, 15008, 15020, 15021, 15053, 15090),
    users=(1337,),
    limits=tuple(Limit(chain="ISTIO_OUTPUT", text=text, out="lo") for text in _LO),
)
