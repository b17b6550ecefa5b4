"""Random addresses and routes for the judge's host, and packets to their edges."""

from __future__ import annotations

from random import Random

from kernel_hosts import SPARE, UDP, Place

from iptsim.packet import Packet
from iptsim.values import Network, format_address, parse_network

_DEVICES = ("eth0", "eth1", "spare")
_GATEWAYS = {4: {"eth0": "10.0.0.1", "eth1": "10.1.0.9"}, 6: {"eth0": "fd00:0:0:1::1",
    "eth1": "fd00:0:0:2::9"}}  # fmt: skip
_BASE = {4: "10.0.0.0/13", 6: "fd00::/29"}
_LENGTHS = {4: (14, 16, 20, 24, 25, 28, 30, 31, 32), 6: (32, 48, 56, 64, 96, 120, 126, 127, 128)}
_KINDS = ("unicast",) * 8 + ("unreachable", "blackhole", "prohibit", "throw")


class RandomHost:
    """A host of that family; the same `random` makes the same one."""

    def __init__(self, random: Random, family: int) -> None:
        self.random, self.family = random, family
        self.width = 32 if family == 4 else 128
        self.networks: list[Network] = [parse_network(_BASE[family])]
        self.own: list[int] = []
        self.held: list[Network] = []
        lines = [SPARE, *(self._address() for _ in range(4)), *(self._route() for _ in range(12))]
        text = "\n".join(lines) + "\n"
        self.place = Place(family=family, commands=text, destinations="", sources="", near="")

    def _network(self) -> Network:
        """Often within one that is there, so that they nest."""
        around = self.random.choice(self.networks)
        full = (1 << self.width) - 1
        lengths = [n for n in _LENGTHS[self.family] if n >= (around.prefix_length or 0)]
        mask = full ^ (full >> self.random.choice(lengths))
        value = around.value | self.random.getrandbits(self.width) & (full ^ around.mask)
        found = Network(value=value & mask, mask=mask, width=self.width)
        self.networks.append(found)
        return found

    def _address(self) -> str:
        network, address = self._free()
        self.own.append(address)
        self.held.append(network)
        device = self.random.choice(_DEVICES)
        words = f"address replace {self._text(address)}/{network.prefix_length} dev {device}"
        return words + (" nodad" if self.family == 6 else "")

    def _free(self) -> tuple[Network, int]:
        """An address that is not there yet, for of two kinds of one the first made counts."""
        while True:
            network = self._network()
            low, high = network.addresses.ranges[0]
            address = self.random.choice((low + 1, high - 1, self.random.randint(low, high)))
            address = min(max(address, low), high)
            ends = [end for held in self.held for end in held.addresses.ranges[0]]
            if address not in (*self.own, *ends) and not {low, high} & {*self.own}:
                return network, address
            self.networks = self.networks[:1]

    def _route(self) -> str:
        kind, network = self.random.choice(_KINDS), self._network()
        words = f"route append {kind} {network} metric {self.random.choice((0, 5, 2000)) + 1}"
        if kind != "unicast":
            return words
        device = self.random.choice(_DEVICES)
        gateway = _GATEWAYS[self.family].get(device)
        if gateway is None or self.random.random() < 0.4:
            return f"{words} dev {device}"
        return f"{words} via {gateway} dev {device} onlink"

    def _text(self, address: int) -> str:
        return format_address(address, self.width)

    def packets(self, count: int) -> list[tuple[Packet, str]]:
        """Packets to the ends of its networks and beyond, by hooks and interfaces."""
        return [self._packet() for _ in range(count)]

    def _packet(self) -> tuple[Packet, str]:
        low, high = self.random.choice(self.networks).addresses.ranges[0]
        choices = (low, high, max(low - 1, 1), high + 1, self.random.randint(low, high), *self.own)
        destination = self.random.choice(choices)
        packet = Packet(family=self.family, proto=UDP, dport=99, dst=destination)
        if self.random.random() < 0.3:
            return packet.with_(src=self._source()), "OUTPUT"
        name = self.random.choice(("eth0", "eth1"))
        return packet.with_(in_=name, src=self._source()), "PREROUTING"

    def _source(self) -> int:
        low, high = self.random.choice(self.networks).addresses.ranges[0]
        return self.random.choice((max(low, 1), high, self.random.randint(max(low, 1), high)))
