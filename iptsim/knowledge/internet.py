"""What ports and networks are known for everywhere, whatever system a dump is of.

Sources: IANA's Service Name and Transport Protocol Port Number Registry, the documentation of the
programs for ports that they took without it; IANA's IPv4 and IPv6 Special-Purpose Address
Registries (RFC 6890), RFC 1112, RFC 4193, RFC 4291.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

_TCP: Mapping[int, str] = MappingProxyType(
    {
        20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "dns", 80: "http",
        88: "kerberos", 110: "pop3", 111: "rpcbind", 143: "imap", 179: "bgp", 389: "ldap",
        443: "https", 445: "smb", 465: "smtps", 514: "syslog", 587: "submission", 631: "ipp",
        636: "ldaps", 853: "dns-over-tls", 873: "rsync", 993: "imaps", 995: "pop3s",
        1433: "mssql", 1521: "oracle", 1883: "mqtt", 2049: "nfs", 2181: "zookeeper",
        2375: "docker", 2376: "docker", 2379: "etcd", 2380: "etcd", 3128: "squid", 3260: "iscsi",
        3306: "mysql", 3389: "rdp", 5060: "sip", 5061: "sips", 5432: "postgresql", 5672: "amqp",
        5900: "vnc", 6379: "redis", 6443: "kubernetes", 9092: "kafka", 9200: "elasticsearch",
        10250: "kubelet", 11211: "memcached", 27017: "mongodb",
    }
)  # fmt: skip
_UDP: Mapping[int, str] = MappingProxyType(
    {
        53: "dns", 67: "dhcp", 68: "dhcp", 69: "tftp", 88: "kerberos", 111: "rpcbind", 123: "ntp",
        161: "snmp", 162: "snmp-trap", 443: "quic", 500: "ike", 514: "syslog", 546: "dhcpv6",
        547: "dhcpv6", 1194: "openvpn", 1812: "radius", 1813: "radius", 2049: "nfs",
        4500: "ipsec-nat-t", 4789: "vxlan", 5060: "sip", 5353: "mdns", 5355: "llmnr",
        6081: "geneve", 8472: "vxlan", 51820: "wireguard",
    }
)  # fmt: skip
_NETWORKS = MappingProxyType(
    {
        "10.0.0.0/8": "private",
        "172.16.0.0/12": "private",
        "192.168.0.0/16": "private",
        "fc00::/7": "private",
        "100.64.0.0/10": "carrier",
        "127.0.0.0/8": "loopback",
        "::1/128": "loopback",
        "169.254.0.0/16": "link-local",
        "fe80::/10": "link-local",
        "169.254.169.254/32": "metadata",
        "224.0.0.0/4": "multicast",
        "ff00::/8": "multicast",
        "255.255.255.255/32": "broadcast",
    }
)
NETWORK_KINDS = frozenset(_NETWORKS.values())
"""All that `network` can answer."""


def service(port: int, protocols: Collection[str]) -> str | None:
    """What usually listens on a port of these protocols (`tcp`, `udp`; none: either of the two).

    None where that is not known, or where it is not the same for all of them.
    """
    by = {"tcp": _TCP.get(port), "udp": _UDP.get(port)}
    asked = {by.get(protocol) for protocol in protocols} or set(by.values()) - {None}
    return asked.pop() if len(asked) == 1 else None


def network(prefix: str) -> str | None:
    """What a prefix (`10.0.0.0/8`) is set aside for, if all of it is: one of `NETWORK_KINDS`."""
    return _NETWORKS.get(prefix)
