"""Istio's sidecar and ambient rules.

Source: istio/istio, tools/istio-iptables/pkg/constants/constants.go and pkg/capture/run.go;
cni/pkg/iptables.
"""

from __future__ import annotations

from iptsim.knowledge.known import System

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
)
