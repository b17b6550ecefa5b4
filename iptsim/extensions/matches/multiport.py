"""multiport: up to fifteen ports and ranges of ports.

Sources: iptables-extensions(8), multiport; extensions/libxt_multiport.c;
net/netfilter/xt_multiport.c. Every protocol that it works with begins its header with the two
ports; which protocol it is, -p asks.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.layer4 import PortsOrName, first_fragment
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.hostnames import named_ports
from iptsim.extensions.values.value_types import PORT_NAME
from iptsim.extensions.wordings.wording import Either, Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import InSet, Predicate, all_of, any_of, negate_if
from iptsim.values import IntSet, Range

_SLOTS = 15
_ONE = rf"{PORT_NAME}(?::{PORT_NAME})?"
_PORTS = PortsOrName()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortList:
    """`22,80,8000:8010`: a tuple, as written; a range takes two of the 15 slots.

    Each is a `Range`, or the name of a service that only the dumping host knows.
    """

    words: tuple[int, int] = (1, 1)
    expected: str = "up to 15 ports, such as 22,80,8000:8010"
    listing: str = f"{_ONE}(?:,{_ONE})*"

    def read(self, words: Sequence[str], family: int) -> tuple[Range | str, ...]:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> tuple[Range | str, ...]:
        """See `ValueType`."""
        ports = tuple(_port(word, family) for word in text.split(","))
        if sum(map(_slots, ports)) > _SLOTS:
            raise ValueError(f"{text!r} is more than {_SLOTS} ports")
        return ports

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        return ",".join(_PORTS.write(port, family) for port in value_of(value, tuple))


def _slots(port: Range | str) -> int:
    if isinstance(port, str):
        return 1 + port.count(":")
    return 1 if port.low == port.high else 2


def _port(text: str, family: int) -> Range | str:
    low, colon, high = text.partition(":")
    if not low or (colon and not high):
        raise ValueError(f"{text!r} is not a port or a range of ports")
    port = _PORTS.read_listing(text, family)
    if colon and isinstance(port, Range) and port.low >= port.high:
        raise ValueError(f"{text!r} is not a range of ports")
    return port


_FIELDS = {"--sports": ("sport",), "--dports": ("dport",), "--ports": ("sport", "dport")}


def _asked(option: Option) -> Predicate:
    told = value_of(option.value, tuple)
    ports = IntSet.of((port.low, port.high) for port in told if isinstance(port, Range))
    names = [port for port in told if isinstance(port, str)]
    either = any_of(
        any_of((InSet(field=field, values=ports), *(named_ports(field, name) for name in names)))
        for field in _FIELDS[option.name]
    )
    return negate_if(option.negate, either)


def _lower(match: Match, _where: Context) -> Predicate:
    return all_of((first_fragment(), *(_asked(option) for option in match.options)))


_OPTIONS = (
    Opt(name="--sports", aliases=("--source-ports",), value=PortList(), negatable=True),
    Opt(name="--dports", aliases=("--destination-ports",), value=PortList(), negatable=True),
    Opt(name="--ports", aliases=("--port",), value=PortList(), negatable=True),
)


def _wording(option: Opt) -> Parts:
    template = f"multiport {option.name.lstrip('-')} {{!}}{{}}"
    return Parts(options=_OPTIONS, parts=(Part(option.name, template, required=True),))


EXTENSIONS = (
    MatchExtension(
        name="multiport",
        independent=True,
        demands=Demands(
            protocols=(6, 17, 33, 132, 136),
            one_of=(("--sports", "--dports", "--ports"),),
            exclusive=(("--sports", "--dports", "--ports"),),
        ),
        options=_OPTIONS,
        # One option each: two matches in a row print as one text after the other.
        wording=Either(tuple(_wording(option) for option in _OPTIONS)),
        lower=_lower,
    ),
)
