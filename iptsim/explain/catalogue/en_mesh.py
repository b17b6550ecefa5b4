"""Istio's rules before they exist, in English."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0900": "{text} is no version of Istio: such as 1.18 or 1.18.7",
        "IPT0901": "Istio {version} is not known: {oldest} to {newest} are",
        "IPT0902": "Istio refuses {name}: {value}",
        "IPT0903": "{value} is no port",
        "IPT0904": "nothing of the manifest makes a pod: {kinds}",
        "IPT0905": "the manifest makes no pod {name}, but {known}",
        "IPT0906": "istio-iptables has no option {name}",
        "IPT0907": "{name} has no value",
        "IPT0908": "{value} is nothing that Istio can hand to iptables",
        "IPT0910": "istio-cni of {version} is not known: from 1.1.5 on it is",
        "IPT0912": "Istio {version} writes no nftables rules for it: from {first} on it can",
        "IPT0913": "--backend nft writes a script for nft, so there is no {option}",
        "IPT0920.containers.some": "Istio {version}: inbound ports {ports} are captured, for containers declare them (containerPort). Up to 1.2 that decides; from 1.3 on every port is.",
        "IPT0920.containers.none": "Istio {version}: no inbound port is captured, for no container declares one (containerPort). Up to 1.2 that decides; from 1.3 on every port is.",
        "IPT0920.plugin.some": "istio-cni of Istio {version}: inbound ports {ports} are captured, for containers declare them (containerPort); the plugin goes by that up to 1.8.",
        "IPT0920.plugin.none": "istio-cni of Istio {version}: no inbound port is captured, for no container declares one (containerPort); the plugin goes by that up to 1.8.",
        "IPT0920.default.all": "Istio {version}: every inbound port is captured, whatever containerPort says; that is the default from 1.3 on. The annotation traffic.sidecar.istio.io/includeInboundPorts can tell a list.",
        "IPT0920.told.all": "Istio {version}: every inbound port is captured, as {source} tells.",
        "IPT0920.told.some": "Istio {version}: inbound ports {ports} are captured, as {source} tells.",
        "IPT0920.told.none": "Istio {version}: no inbound port is captured, as {source} tells.",
        "IPT0921": "Presumed: Istio {version}; --istio-version tells another.",
        "IPT0922": "Istio {version}, by the tag of the proxy's image.",
        "IPT0923": "Istio {version}: the pod is of the ambient mesh (istio.io/dataplane-mode), and its packets go by ztunnel. The node has a rule besides, for the kubelet's probes.",
        "IPT0924.host": "{pod} is on the host's network: Istio makes no rules for it.",
        "IPT0924.inject": "{pod} is not injected (sidecar.istio.io/inject): Istio makes no rules for it.",
        "IPT0924.mode": "{pod} has the interception mode NONE: Istio makes no rules for it.",
        "IPT0924.node": "{pod} is of the ambient mesh, but Istio {version} writes nothing into pods: the node's rules (ztunnel-PREROUTING) mark what addresses in its set ztunnel-pods-ips send, and route that to ztunnel.",
        "IPT0924.nftables": "Istio {version} is told to write nftables rules (global.nativeNftables): {pod} gets none of iptables.",
        "IPT0925.4": "Presumed: the pod has no IPv6 address; status.podIPs can tell. The script of Istio {version} closes IPv6 then.",
        "IPT0925.6": "Presumed: the pod has an IPv6 address; status.podIPs can tell. Without one Istio {version} makes no IPv6 rules.",
        "IPT0926": "Istio {version} captures queries to the servers of the pod's resolv.conf, which the manifest does not tell: their rules are missing here. --dns-server tells them.",
        "IPT0927": "Rules of groups {groups} are missing here: the proxy's image tells their numbers.",
        "IPT0928": "Each of {pods} gets these rules.",
    }
)
