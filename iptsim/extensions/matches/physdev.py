"""physdev: the bridge ports through which a bridged packet comes and goes.

Sources: iptables-extensions(8), physdev; extensions/libxt_physdev.c; net/netfilter/xt_physdev.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import (
    Interface,
    Predicate,
    all_of,
    any_of,
    named,
    negate,
    negate_if,
)
from iptsim.values import InterfacePattern

_LONGEST = 15
_COMING = frozenset({"PREROUTING", "INPUT", "FORWARD", "POSTROUTING"})
"""Not OUTPUT: no packet that this host sends has a port by which it leaves yet."""
_BRIDGED = named("bridged", "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePort:
    """An interface name, or the beginning of one and `+`; an `InterfacePattern`."""

    words: tuple[int, int] = (1, 1)
    expected: str = "an interface name, such as eth0 or eth+"
    listing: str = r"\S+"

    def read(self, words: Sequence[str], family: int) -> InterfacePattern:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> InterfacePattern:  # noqa: ARG002  # protocol
        """See `ValueType`."""
        if not 0 < len(text.encode()) <= _LONGEST:
            raise ValueError(f"{text!r} is not {self.expected}")
        return InterfacePattern(text=text)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return str(value)


def _there(field: str) -> Predicate:
    return negate(Interface(field=field, pattern=InterfacePattern(text="")))


def _lower(match: Match, _where: Context) -> Predicate:
    """A packet that is not bridged meets only `!` (physdev_mt, before its first `outdev`)."""
    bridged = all_of((_BRIDGED, *(_asked(option) for option in match.options)))
    if not all(option.negate for option in match.options):
        return bridged
    return any_of((negate(_BRIDGED), bridged))


def _asked(option: Option) -> Predicate:
    """What is asked of a bridged packet."""
    if option.name == "--physdev-in":
        # No port in, as for what this host sends to a bridge: not compared, so not refused.
        return any_of((negate(_there("physdev_in")), _fits("physdev_in", option)))
    if option.name == "--physdev-out":
        return all_of((_there("physdev_out"), _fits("physdev_out", option)))
    field = "physdev_in" if option.name == "--physdev-is-in" else "physdev_out"
    return negate_if(option.negate, _there(field))


def _fits(field: str, option: Option) -> Predicate:
    pattern = value_of(option.value, InterfacePattern)
    return negate_if(option.negate, Interface(field=field, pattern=pattern))


_OPTIONS = (
    Opt(name="--physdev-is-in", negatable=True),
    Opt(name="--physdev-in", value=BridgePort(), negatable=True),
    Opt(name="--physdev-is-out", negatable=True),
    Opt(name="--physdev-out", value=BridgePort(), negatable=True),
    Opt(name="--physdev-is-bridged", negatable=True),
)
_PARTS = tuple(
    Part(option.name, f"{{!}}{option.name}{' {}' if option.value else ''}") for option in _OPTIONS
)

EXTENSIONS = (
    MatchExtension(
        name="physdev",
        demands=Demands(
            any_option=True,
            option_hooks={"--physdev-out": _COMING, "--physdev-is-out": _COMING},
            unless=frozenset({"--physdev-is-bridged"}),
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="PHYSDEV match", parts=_PARTS),
        lower=_lower,
    ),
)
