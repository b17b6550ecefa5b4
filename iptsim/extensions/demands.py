"""What iptables and the kernel ask of a rule with an extension before they load it, as data.

Sources: the `x6_options`, `x6_parse` and `x6_fcheck` of each extensions/libxt_*.c for options, and
`.table`, `.hooks`, `.proto` and `checkentry` of each net/netfilter/xt_*.c for the rule's place.
What several versions see otherwise stands here as the lenient ones do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from iptsim.dataclass import dataclass, field
from iptsim.extensions.values.nat_ranges import NatRange
from iptsim.model import Match, Option

ARRIVING = frozenset({"PREROUTING", "INPUT", "FORWARD"})
LEAVING = frozenset({"FORWARD", "OUTPUT", "POSTROUTING"})
SENT = frozenset({"OUTPUT", "POSTROUTING"})
FIRST = frozenset({"PREROUTING", "OUTPUT"})
LAST = frozenset({"INPUT", "POSTROUTING"})
TCP, UDP = (6,), (17,)
PORTED = (6, 17, 132, 33, 1)
"""The protocols that NAT targets choose a port for: icmp's is its identifier (libxt_NAT.c)."""


_LONGEST_SET = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the value of an option may be.

    `low` and `high` bound a number. `ordered`: a range may not end before it begins; `wider`: nor
    where it begins.
    """

    low: int = 0
    high: int = (1 << 64) - 1
    ordered: bool = False
    wider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A value that is refused: the option, its value as text, and the code of what is right."""

    option: str
    value: str
    right: str
    facts: tuple[tuple[str, str], ...] = ()


Further = Callable[[Match, int], Iterator[Wrong]]
Of = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a match or target asks of its rule; whatever is empty asks nothing.

    `tables`, `hooks` and `protocols` are those that it works with; the hooks are those that reach
    its chain. `protocols6` takes the place of `protocols` in IPv6 where it is not None. The same
    of an option, or of an option with one value (`--dir in`), are in `option_…`; nf_tables sees
    such hooks only for rules of built-in chains. Options named in `unless` lift the latter.
    `older_tables` are asked for by the older tables alone. Of each group in `one_of` there must be
    an option; of each in `exclusive` at most one. `with_` says which option needs one of which.
    `any_option`: there must be an option at all. `not_` is whether a `!` before -p is overlooked,
    and by whom; `not_for`, if any, are the options of which there must be one for that, and no
    other. An option may stand once, or once between each two of `between`.
    `older_needs_syn`: in the older tables the rule must look at TCP's SYN flag too.
    """

    tables: tuple[str, ...] = ()
    older_tables: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()
    protocols: tuple[int, ...] = ()
    protocols6: tuple[int, ...] | None = None
    option_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    option_hooks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    option_protocols: Of = field(default_factory=dict)
    unless: frozenset[str] = frozenset()
    one_of: tuple[tuple[str, ...], ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    with_: tuple[tuple[str, tuple[str, ...]], ...] = ()
    any_option: bool = False
    not_: Literal["never", "nft", "always"] = "never"
    not_for: frozenset[str] = frozenset()
    between: str = ""
    older_needs_syn: bool = False
    values: Mapping[str, Limits] = field(default_factory=dict)
    further: Further | None = None

    def protocols_in(self, family: int) -> tuple[int, ...]:
        """The protocols that the rule's -p must name one of, if any."""
        if family == 6 and self.protocols6 is not None:
            return self.protocols6
        return self.protocols


NOTHING = Demands()


def keys_of(option: Option) -> tuple[str, ...]:
    """How demands may name an option: alone, with its value, with the ports of a NAT target."""
    keys = (option.name, f"{option.name} {option.value}")
    if isinstance(option.value, NatRange) and option.value.ports is not None:
        return (*keys, f"{option.name} :port")
    return keys


def between(option: str, value: int, low: int, high: int) -> Iterator[Wrong]:
    """What is wrong with a number that shall be from `low` to `high`."""
    if not low <= value <= high:
        facts = (("low", str(low)), ("high", str(high)))
        yield Wrong(option=option, value=str(value), right="between", facts=facts)


def name_of_set(option: str, name: str) -> Iterator[Wrong]:
    """What is wrong with the name of an IP set (IPSET_MAXNAMELEN)."""
    if len(name.encode()) > _LONGEST_SET:
        facts = (("most", str(_LONGEST_SET)),)
        yield Wrong(option=option, value=name, right="long", facts=facts)
