"""Values for the options of random rules: few of each, so that rules and packets meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from iptsim.extensions.matches.iprange import BothEnds
from iptsim.extensions.matches.multiport import PortList
from iptsim.extensions.spec import Opt
from iptsim.extensions.values.value_types import (
    AddressRange,
    Choice,
    Choices,
    MaskedNumber,
    NetworkValue,
    Ports,
)

HOSTS = {
    4: ("10.0.0.1", "10.0.0.2", "10.1.0.2", "10.1.0.9", "10.9.9.9", "192.0.2.7"),
    6: ("fd00:0:0:1::1", "fd00:0:0:1::2", "fd00:0:0:2::2", "fd00:0:0:2::9", "2001:db8::7"),
}
NETS = {
    4: ("10.0.0.0/24", "10.1.0.0/16", "10.0.0.0/8", "192.0.2.7", "10.0.0.2", "0.0.0.2/0.0.0.255",
        "127.0.0.1", "224.0.0.0/4", "0.0.0.0/0"),
    6: ("fd00:0:0:1::/64", "fd00::/16", "2001:db8::/32", "fd00:0:0:1::2", "::2/::ffff", "::1",
        "ff00::/8", "::/0"),
}  # fmt: skip
_RANGES = {
    4: ("10.0.0.0-10.0.0.9", "10.0.0.2", "10.1.0.0-10.9.9.9", "127.0.0.0-192.0.2.6"),
    6: ("fd00:0:0:1::1-fd00:0:0:1::2", "2001:db8::7", "::-fd00:0:0:2::2"),
}
_PORTS = ("22", "53", "80", "443", "8088", "80:443", "8000:65535", "0:1023", "40000", "40000:50000")
_PORT_LISTS = ("22,80,8000:9000", "53,40000:41000", "80", "22,53,80,443,8088")
_MARKS = ("0x1", "0x1/0x1", "0x10/0xf0", "0x0/0x1", "0x3/0x2", "0x0", "0x539")
_HOPS = ("64", "63", "10", "9", "11", "0", "255")
_TYPES6 = ("UNICAST", "LOCAL", "MULTICAST", "ANYCAST", "UNREACHABLE", "UNICAST,LOCAL")
_DNAT = {
    4: ("10.1.0.9", "10.0.0.2", "10.9.9.9", "10.0.0.1", "10.1.0.9-10.1.0.12", "127.0.0.1",
        "10.1.0.9:8443", ":8000-8010", "10.0.0.2:8000-8010/80", ":443"),
    6: ("fd00:0:0:2::9", "fd00:0:0:1::2", "2001:db8::7", "fd00:0:0:2::9-fd00:0:0:2::c",
        "[fd00:0:0:2::9]:8443", "[fd00:0:0:1::2]:8000-8010", "[fd00:0:0:2::9]:8000-8010/80"),
}  # fmt: skip
_SNAT = {
    4: ("192.0.2.99", "10.0.0.2", "10.1.0.2", "192.0.2.90-192.0.2.99", "10.0.0.1-10.0.0.9",
        "192.0.2.99:1024-2000", ":40000-40005", "10.0.0.2:53"),
    6: ("2001:db8::99", "fd00:0:0:1::2", "2001:db8::90-2001:db8::99",
        "[2001:db8::99]:1024-2000", "[fd00:0:0:1::2]:53"),
}  # fmt: skip
_NETMAP = {
    4: ("10.1.0.0/24", "192.0.2.0/25", "10.9.9.9/32", "10.0.0.0/8"),
    6: ("fd00:0:0:2::/64", "2001:db8::/48", "2001:db8::7/128"),
}
_ANY = "0.0.0.0"  # noqa: S104  # nothing is bound: an option of TPROXY
_NAT_PORTS = ("8443", "8000-8010", "15001", "53-80")

# By the option's name; what stands under (match, option) comes first.
_BY_NAME: Mapping[str | tuple[str, str], Sequence[str]] = {
    "--ttl-eq": _HOPS, "--ttl-lt": _HOPS, "--ttl-gt": _HOPS, "--ttl-set": _HOPS,
    "--hl-eq": _HOPS, "--hl-lt": _HOPS, "--hl-gt": _HOPS, "--hl-set": _HOPS,
    "--ttl-inc": ("1", "2", "200"), "--ttl-dec": ("1", "2", "60", "64"),
    "--hl-inc": ("1", "2", "200"), "--hl-dec": ("1", "2", "60", "64"),
    "--length": ("40", "0:60", "100:65535", "28:40", "60", "200"),
    "--dscp": ("0x00", "0x04", "0x05", "0x2e"), "--dscp-class": ("CS1", "EF", "BE", "AF11"),
    "--tos": ("0x10/0x3f", "0x10", "0xb8/0xfc", "0x00/0x03", "Minimize-Delay"),
    "--uid-owner": ("1337", "0-999", "0", "1000-1337"),
    "--gid-owner": ("1337", "0-999", "0", "1000-1337"),
    "--icmp-type": (
        "8", "13", "8/0", "3", "any", "echo-request", "0", "17", "3/1", "network-unreachable",
    ),
    "--icmpv6-type": ("128", "135", "1", "echo-request", "129", "1/4", "packet-too-big"),
    "--mac-source": ("02:00:00:00:00:02", "02:00:00:00:01:02", "02:00:00:00:00:01"),
    "--ctproto": ("tcp", "udp", "6", "1", "58", "132"),
    "--ctexpire": ("0:4294967295", "1:4294967295", "4000000:4294967295"),
    "--tcp-flags": (
        "SYN,ACK,FIN SYN", "ALL SYN", "ACK ACK", "SYN,RST SYN", "ALL NONE", "FIN FIN",
        "ALL ACK,PSH", "FIN,SYN FIN,SYN", "RST,ACK ACK",
    ),
    "--tcp-option": ("2", "3", "8"),
    "--physdev-in": ("eth0", "eth+", "lo"), "--physdev-out": ("eth1", "eth+"),
    "--match-set": (
        "hosts src", "hosts dst", "nets src", "nets dst", "services dst,dst", "ports dst",
    ),
    "--add-set": ("hosts src", "hosts dst", "services dst,dst"), "--del-set": ("hosts src",),
    "--map-set": ("hosts src", "hosts dst"),
    "--set-mark": ("0x1", "0x10/0xf0", "0x1337", "0x1/0x3"),
    "--set-xmark": ("0x1/0x1", "0x10/0xf0", "0x3/0x1", "0xff/0x0", "0x0/0xffffffff"),
    "--and-mark": ("0xf0", "0x1", "0x0"), "--or-mark": ("0x10", "0x1"),
    "--xor-mark": ("0x11", "0x1"),
    "--set-tos": ("0x10/0x3f", "0x10/0xff", "0xb8/0xfc"), "--and-tos": ("0xf0", "0x10"),
    "--or-tos": ("0x10", "0x03"), "--xor-tos": ("0x10", "0xff"),
    "--to-ports": _NAT_PORTS,
    "--log-prefix": ('"seen: "', "short"), "--zone": ("1", "mark"),
    "--on-port": ("15006",), "--tproxy-mark": ("0x7777/0xffffffff",), "--queue-num": ("0", "5"),
}  # fmt: skip
_BY_NAME_AND_FAMILY: Mapping[str | tuple[str, str], Mapping[int, Sequence[str]]] = {
    ("addrtype", "--src-type"): {
        4: ("LOCAL", "UNICAST", "BROADCAST,MULTICAST", "UNICAST,LOCAL", "UNSPEC"), 6: _TYPES6,
    },
    ("addrtype", "--dst-type"): {
        4: ("LOCAL", "UNICAST", "BROADCAST", "MULTICAST", "LOCAL,BROADCAST"), 6: _TYPES6,
    },
    "--to-source": _SNAT, "--to-destination": _DNAT, ("NETMAP", "--to"): _NETMAP,
    "--on-ip": {4: (_ANY, "10.0.0.2"), 6: ("::", "fd00:0:0:1::2")},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draw:
    """Where all chance of one case comes from, and the family that it is of."""

    random: Random
    family: int

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def negated(self) -> str:
        return "! " if self.often(0.25) else ""

    def words(self, extension: str, option: Opt, *, by_type: bool) -> str | None:
        """A value for an option as the words after it; None where no pool tells one.

        `by_type`: where no pool has its name, one for its kind of value does.
        """
        pool = self._by_name(extension, option)
        if not pool and by_type:
            pool = self._by_type(option)
        return self.random.choice(pool) if pool else None

    def _by_name(self, extension: str, option: Opt) -> Sequence[str]:
        for key in ((extension, option.name), option.name):
            if key in _BY_NAME_AND_FAMILY:
                return _BY_NAME_AND_FAMILY[key][self.family]
            if key in _BY_NAME:
                return _BY_NAME[key]
        return ()

    def _by_type(self, option: Opt) -> Sequence[str]:
        """For an option of which nobody has heard: what its kind of value has to offer."""
        match option.value:
            case Choices(names=names):
                some = self.random.sample(names, min(len(names), self.random.choice((1, 1, 2, 3))))
                return (",".join(some),)
            case Choice(names=names):
                return names
            case Ports():
                return _PORTS
            case PortList():
                return _PORT_LISTS
            case MaskedNumber():
                return _MARKS
            case NetworkValue():
                return NETS[self.family]
            case BothEnds() | AddressRange():
                return _RANGES[self.family]
        return ()
