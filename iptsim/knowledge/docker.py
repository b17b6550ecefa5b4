"""The Docker engine's bridge networks.

Source: moby/moby, libnetwork/drivers/bridge/internal/iptabler and docs «Packet filtering and
firewalls».
"""

from __future__ import annotations

from iptsim.knowledge.known import System

SYSTEM = System(
    name="docker",
    marks=("DOCKER",),
    chains=(
        "DOCKER",
        "DOCKER-USER",
        "DOCKER-FORWARD",
        "DOCKER-BRIDGE",
        "DOCKER-CT",
        "DOCKER-INTERNAL",
        "DOCKER-INGRESS",
        "DOCKER_OUTPUT",
        "DOCKER_POSTROUTING",
        "DOCKER-ISOLATION-STAGE-1",
        "DOCKER-ISOLATION-STAGE-2",
    ),
)
