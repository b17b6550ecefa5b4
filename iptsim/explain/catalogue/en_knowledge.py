"""What well-known chains, ports and users mean, in English (iptsim.knowledge holds the keys)."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "know.istio.chain.ISTIO_INBOUND": "ISTIO_INBOUND is where Istio picks the arriving connections that Envoy is to see.",
        "know.istio.chain.ISTIO_IN_REDIRECT": "ISTIO_IN_REDIRECT hands connections to Envoy's inbound port.",
        "know.istio.chain.ISTIO_OUTPUT": "ISTIO_OUTPUT is where Istio picks the outgoing connections that Envoy is to see.",
        "know.istio.chain.ISTIO_REDIRECT": "ISTIO_REDIRECT hands connections to Envoy's outbound port.",
        "know.istio.chain.ISTIO_DIVERT": "ISTIO_DIVERT keeps packets of connections that Envoy already holds with Envoy.",
        "know.istio.chain.ISTIO_TPROXY": "ISTIO_TPROXY hands packets to Envoy without rewriting their addresses.",
        "know.istio.chain.ISTIO_OUTPUT_DNS": "ISTIO_OUTPUT_DNS sends DNS questions to the sidecar's own DNS proxy.",
        "know.istio.chain.ISTIO_DROP": "ISTIO_DROP drops packets that belong to no valid connection.",
        "know.istio.chain.ISTIO_PRERT": "ISTIO_PRERT is where ambient mode takes the packets that arrive in a pod.",
        "know.istio.chain.ISTIO_POSTRT": "ISTIO_POSTRT lets the node's health probes pass into ambient pods.",
        "know.istio.port.15001": (
            "Port 15001 is where Envoy listens; {asked} reaches it as the original destination."
        ),
        "know.istio.port.15006": (
            "Port 15006 is where Envoy listens for connections that arrive; {asked} reaches it as "
            "the original destination."
        ),
        "know.istio.port.15008": "Port 15008 is the mesh's mutual TLS tunnel (HBONE).",
        "know.istio.port.15053": "Port 15053 is the sidecar agent's DNS proxy.",
        "know.istio.port.15020": "Port 15020 is the sidecar agent's health and merged metrics.",
        "know.istio.port.15021": "Port 15021 is Envoy's health check.",
        "know.istio.port.15090": "Port 15090 is where Envoy offers its metrics to Prometheus.",
        "know.istio.user.1337": "User and group 1337 run Envoy itself, whose own traffic must not be caught again.",
        "know.kubernetes.chain.KUBE-SERVICES": "KUBE-SERVICES is where kube-proxy looks for the addresses of services.",
        "know.kubernetes.chain.KUBE-NODEPORTS": "KUBE-NODEPORTS is where kube-proxy looks for services on ports of the node.",
        "know.kubernetes.chain.KUBE-SVC-*": "A KUBE-SVC chain spreads a service's connections over its pods.",
        "know.kubernetes.chain.KUBE-SVL-*": "A KUBE-SVL chain spreads a service's connections over its pods on this node.",
        "know.kubernetes.chain.KUBE-SEP-*": "A KUBE-SEP chain sends connections to one pod of a service.",
        "know.kubernetes.chain.KUBE-EXT-*": "A KUBE-EXT chain takes connections that reach a service from outside the cluster.",
        "know.kubernetes.chain.KUBE-XLB-*": "A KUBE-XLB chain takes connections that reach a load balancer's service from outside.",
        "know.kubernetes.chain.KUBE-FW-*": "A KUBE-FW chain lets only the allowed sources reach a load balancer's service.",
        "know.kubernetes.chain.KUBE-POSTROUTING": "KUBE-POSTROUTING gives marked connections this node's address as source.",
        "know.kubernetes.chain.KUBE-MARK-MASQ": "KUBE-MARK-MASQ marks connections that are to leave with this node's address.",
        "know.kubernetes.chain.KUBE-MARK-DROP": "KUBE-MARK-DROP marks packets that KUBE-FIREWALL then drops.",
        "know.kubernetes.chain.KUBE-FORWARD": "KUBE-FORWARD lets the traffic of services pass through this node.",
        "know.kubernetes.chain.KUBE-FIREWALL": "KUBE-FIREWALL drops marked packets, and outside packets that claim to be local.",
        "know.kubernetes.chain.KUBE-EXTERNAL-SERVICES": "KUBE-EXTERNAL-SERVICES refuses outside addresses of services without pods.",
        "know.kubernetes.chain.KUBE-PROXY-FIREWALL": "KUBE-PROXY-FIREWALL drops what a load balancer's service does not allow.",
        "know.kubernetes.chain.KUBE-PROXY-CANARY": "KUBE-PROXY-CANARY does nothing; its absence tells kube-proxy that its rules were flushed.",
        "know.kubernetes.chain.KUBE-KUBELET-CANARY": "KUBE-KUBELET-CANARY does nothing; its absence tells the kubelet that its rules were flushed.",
        "know.kubernetes.chain.KUBE-IPTABLES-HINT": "KUBE-IPTABLES-HINT does nothing; it tells others which iptables build the node uses.",
        "know.docker.chain.DOCKER": "DOCKER holds the rules for the ports that containers publish.",
        "know.docker.chain.DOCKER-USER": "DOCKER-USER is left to the administrator: Docker asks it first.",
        "know.docker.chain.DOCKER-FORWARD": "DOCKER-FORWARD is where Docker judges packets from and to containers.",
        "know.docker.chain.DOCKER-BRIDGE": "DOCKER-BRIDGE tells Docker's bridges apart.",
        "know.docker.chain.DOCKER-CT": "DOCKER-CT lets packets of connections already open reach containers.",
        "know.docker.chain.DOCKER-INTERNAL": "DOCKER-INTERNAL keeps internal networks from the outside.",
        "know.docker.chain.DOCKER-INGRESS": "DOCKER-INGRESS spreads connections to a swarm's published ports.",
        "know.docker.chain.DOCKER_OUTPUT": "DOCKER_OUTPUT sends a container's DNS questions to Docker's own resolver.",
        "know.docker.chain.DOCKER_POSTROUTING": "DOCKER_POSTROUTING makes the answers of Docker's own resolver come from port 53.",
        "know.docker.chain.DOCKER-ISOLATION-STAGE-1": "DOCKER-ISOLATION-STAGE-1 finds packets that leave one of Docker's networks.",
        "know.docker.chain.DOCKER-ISOLATION-STAGE-2": "DOCKER-ISOLATION-STAGE-2 drops what would pass from one of Docker's networks into another.",
        "know.limit": "Istio writes `-o {out}` into {rule}, so by any other interface the packet goes the way of one that is limited.",
    }
)
