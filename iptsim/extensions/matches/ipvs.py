"""ipvs: whether the packet belongs to a connection of the kernel's load balancer, and to which.

Sources: iptables-extensions(8), ipvs; extensions/libxt_ipvs.c; net/netfilter/xt_ipvs.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import turned
from iptsim.extensions.spec import MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Choice, NetworkValue, read_port, read_protocol
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option
from iptsim.predicate import Fact

_PORT = Codec(
    parse=lambda text, _family: read_port(text),
    show=lambda value, _family: str(value),
    expected="a port or the name of a service",
)
_PROTOCOL = Codec(
    parse=lambda text, _family: read_protocol(text),
    show=lambda value, _family: str(value),
    expected="the name or the number of a protocol",
)
_OPTIONS = (
    Opt(name="--ipvs", negatable=True),
    Opt(name="--vproto", value=_PROTOCOL, negatable=True),
    Opt(name="--vaddr", value=NetworkValue(), negatable=True),
    Opt(name="--vport", value=_PORT, negatable=True),
    Opt(name="--vdir", value=Choice(names=("ORIGINAL", "REPLY"))),
    Opt(name="--vmethod", value=Choice(names=("GATE", "IPIP", "MASQ")), negatable=True),
    Opt(name="--vportctl", value=_PORT, negatable=True),
)
_PARTS = (
    Part("--ipvs", "{!}ipvs"),
    Part("--vproto", "{!}(?:vproto|proto) {}"),
    Part("--vaddr", "{!}vaddr {}"),
    Part("--vport", "{!}vport {}"),
    Part("--vdir", "vdir {}"),
    Part("--vmethod", "{!}vmethod {}"),
    Part("--vportctl", "{!}vportctl {}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """Every other option asks for a connection of the balancer too (ipvs_mt_check)."""
    others = tuple(option for option in options if option.name != "--ipvs")
    return others or options


EXTENSIONS = (
    MatchExtension(
        name="ipvs",
        demands=Demands(any_option=True),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        normalize=_normalize,
        opaque_of=turned("--ipvs", Fact(key="", code=codes.IPVS_CONNECTION)),
    ),
)
