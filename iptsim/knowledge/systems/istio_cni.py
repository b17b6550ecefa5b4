"""istio-cni: the node agent that writes Istio's rules into pods in place of istio-init.

Sources: istio/istio, cni/pkg/plugin/{sidecar_redirect,iptables_linux}.go: the rules are those of
istio.py, but 15020 is excluded from what leaves, too. istio/cni, cmd/istio-cni/redirect.go and
tools/packaging/common/istio-iptables.sh at 1.1.5 to 1.6.14: so it is from 1.2 on.
"""

from __future__ import annotations

from iptsim.knowledge.known import Purpose, Sign, System

SYSTEM = System(
    name="istio-cni",
    title="istio-cni",
    signs=(
        Sign(chain=r"ISTIO_OUTPUT", rule=r"^-p tcp -m tcp --dport 15020 -j RETURN", since="1.2"),
    ),
    rules=(
        Purpose(
            chain=r"ISTIO_OUTPUT",
            rule=r"^-p (?:tcp -m tcp|udp -m udp) --dport 15020 -j RETURN",
            said=(
                "istio-cni leaves the agent's port 15020 alone on the way out, too.",
                "istio-cni 对出站的 15020 端口（agent）也不拦截。",
            ),
        ),
    ),
)
