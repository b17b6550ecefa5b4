"""The tables of chains that well-known programs make, by their names."""

from __future__ import annotations

from iptsim.regex import regex

# Each chain's tables, the likelier first: kube-proxy (pkg/proxy/iptables/proxier.go), Docker
# (libnetwork/iptables), Calico (felix/rules), Istio (tools/istio-iptables), the CNI portmap plugin.
_KNOWN = tuple(
    (regex(pattern), tuple(tables.split()))
    for pattern, tables in (
        (r"KUBE-(?:SVC|SVL|SEP|EXT|XLB|FW)-.+|KUBE-(?:POSTROUTING|MARK-MASQ|MARK-DROP)", "nat"),
        (r"KUBE-(?:SERVICES|NODEPORTS)", "nat filter"),
        (r"KUBE-(?:FORWARD|FIREWALL|EXTERNAL-SERVICES|PROXY-FIREWALL)|KUBE-ROUTER-.+", "filter"),
        (r"KUBE-(?:NWPLCY|POD-FW)-.+", "filter"),
        (r"KUBE-IPTABLES-HINT", "mangle"),
        (r"KUBE-(?:PROXY|KUBELET)-CANARY", "mangle nat filter"),
        (r"DOCKER|DOCKER-INGRESS", "filter nat"),
        (r"DOCKER-(?:USER|FORWARD|BRIDGE|CT|INTERNAL|ISOLATION-STAGE-[12])", "filter"),
        (r"DOCKER_(?:OUTPUT|POSTROUTING)", "nat"),
        (r"cali-(?:nat-outgoing|fip-[ds]nat)", "nat"),
        (r"cali-(?:FORWARD|INPUT|[tf]w-.+|(?:from|to)-wl-dispatch.*|wl-to-host)", "filter"),
        (r"ISTIO_(?:REDIRECT|IN_REDIRECT|POSTRT)|PROXY_INIT_.+", "nat"),
        (r"ISTIO_(?:DIVERT|TPROXY)", "mangle"),
        (r"ISTIO_(?:INBOUND|OUTPUT|PRERT)", "nat mangle raw"),
        (r"CNI-(?:DN-.+|HOSTPORT-(?:DNAT|MASQ|SETMARK))|CNI-[0-9a-f]{24}", "nat"),
        (r"CNI-(?:FORWARD|ADMIN|ISOLATION-STAGE-[12])", "filter"),
        (r"FLANNEL-POSTRTG|CILIUM_(?:PRE|POST|OUTPUT)_nat", "nat"),
        (r"CILIUM_(?:PRE|POST)_mangle", "mangle"),
        (r"CILIUM_(?:PRE|OUTPUT)_raw", "raw"),
        (r"FLANNEL-FWD|CILIUM_(?:FORWARD|INPUT|OUTPUT)|(?:ufw6?|f2b|fail2ban)-.+", "filter"),
        (r"LIBVIRT_(?:FW[IOX]|INP|OUT)|WEAVE-NPC.*", "filter"),
        (r"LIBVIRT_PRT", "nat mangle"),
    )
)


def tables_of(name: str) -> tuple[str, ...]:
    """The tables that a chain of that name is of, the likelier first; none of one nobody knows."""
    known = (tables for pattern, tables in _KNOWN if pattern.fullmatch(name))
    return next(known, ())
