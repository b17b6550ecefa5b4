"""Settings of the kernel that decide what becomes of a packet, as far as somebody told them.

Values only; `iptsim.netfilter.reading.sysctl_text` reads them. Sources: include/linux/inetdevice.h
(IN_DEV_ORCONF, IN_DEV_MAXCONF), net/ipv4/devinet.c, net/ipv6/addrconf.c.
"""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.dataclass import dataclass, field, replace

SPREADING = frozenset({"forwarding", "disable_ipv6"})
"""Settings that, written for `all`, are written for every interface, too."""
_EVERY = ("all", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctls:
    """Numbers by their place below /proc/sys: `net/ipv4/conf/eth0.100/rp_filter`.

    What is not there nobody told. `net/ipv4/ip_forward` stands as `net/ipv4/conf/all/forwarding`,
    which is the same setting.
    """

    values: Mapping[str, int] = field(default_factory=dict)
    _named: dict[tuple[int, str], tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, path: str) -> int | None:
        """The setting at that place; None where nobody told it."""
        return self.values.get(path)

    def conf(self, width: int, interface: str, name: str) -> int | None:
        """A setting of an interface, or of `all` or `default`, for addresses of 32 or 128 bits."""
        return self.values.get(f"{_root(width)}{interface}/{name}")

    def own(self, width: int, interface: str, name: str) -> int | None:
        """The setting that an interface has for itself.

        One that was not told has that of `default`, with which interfaces begin, or, for settings
        that spread, that of `all`.
        """
        order = (interface, *(_EVERY if name in SPREADING else _EVERY[1:]))
        told = (self.conf(width, each, name) for each in order)
        return next((value for value in told if value is not None), None)

    def most(self, width: int, interface: str, name: str) -> int | None:
        """The greater of the settings of `all` and of the interface, of those that combine.

        None where one of them was not told and the other is 0.
        """
        own, every = self.own(width, interface, name), self.conf(width, "all", name)
        if own is None or every is None:
            return own or every or None
        return max(own, every)

    def interfaces(self, width: int, name: str) -> tuple[str, ...]:
        """The interfaces whose own setting was told."""
        if (width, name) not in self._named:
            root, end = _root(width), f"/{name}"
            told = (p for p in self.values if p.startswith(root) and p.endswith(end))
            found = (path[len(root) : -len(end)] for path in told)
            self._named[width, name] = tuple(each for each in found if each not in _EVERY)
        return self._named[width, name]

    def written(self, path: str, value: int) -> Sysctls:
        """As after `sysctl -w`."""
        kept = {p: v for p, v in self.values.items() if not _follows(p, path)}
        return replace(self, values={**kept, path: value})


def _root(width: int) -> str:
    return "net/ipv4/conf/" if width == 32 else "net/ipv6/conf/"


def _follows(path: str, written: str) -> bool:
    """Whether a setting is overwritten with that one."""
    root, _, name = written.rpartition("/")
    spreads = name in SPREADING and root.endswith("conf/all")
    return spreads and path.startswith(root.removesuffix("all")) and path.endswith(f"/{name}")
