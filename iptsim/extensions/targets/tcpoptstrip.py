"""TCPOPTSTRIP: replace options of the TCP header by no-ops.

Sources: iptables-extensions(8), TCPOPTSTRIP; extensions/libxt_TCPOPTSTRIP.c;
net/netfilter/xt_TCPOPTSTRIP.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from iptsim.actions import Action, Branch, Continue, Forget, SetBits
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import TCP, Demands, Wrong, between
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.wording import Either, Nothing, Part, Parts
from iptsim.model import Match, Target
from iptsim.predicate import bits

_NAMES = {"wscale": 3, "mss": 2, "sack-permitted": 4, "sack": 5, "timestamp": 8, "md5": 19}


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpOptions(Word):
    """Names or numbers of TCP options with commas between; sorted integers."""

    expected: str = "TCP options, such as mss,8"
    listing: str = r"[a-z0-9,-]+"

    def read_listing(self, text: str, family: int) -> tuple[int, ...]:  # noqa: ARG002
        """See `ValueType`."""
        numbers = [_NAMES.get(word) or read_number(word, 8) for word in text.split(",")]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"{text} names an option twice")
        return tuple(sorted(numbers))

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        assert isinstance(value, tuple)
        return ",".join(map(str, value))


_OPTIONS = (Opt(name="--strip-options", value=TcpOptions()),)
_PARTS = (Part("--strip-options", "TCPOPTSTRIP options {}"),)


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    """What was stripped are no-ops (option 1) now; the rest is as it was."""
    stripped = sum(1 << number for number in target.value("--strip-options", tuple) or ())
    gone = SetBits(field="tcp_options", value=0, mask=stripped)
    lost = (Forget(field="tcp_options", detail=target.name), gone, Continue())
    emptied = SetBits(field="tcp_options", value=2, mask=stripped | 2)
    untouched = bits("tcp_options", 0, stripped)
    on = (Continue(),)
    return (Branch(when=untouched, then=on, otherwise=(emptied, *on), undecided=lost),)


def _no_padding(target: Match, _family: int) -> Iterator[Wrong]:
    for number in target.value("--strip-options", tuple) or ():
        yield from between("--strip-options", number, 2, 255)


EXTENSIONS = (
    TargetExtension(
        name="TCPOPTSTRIP",
        demands=Demands(further=_no_padding, tables=("mangle",), protocols=TCP),
        options=_OPTIONS,
        wording=Either((Parts(options=_OPTIONS, parts=_PARTS), Nothing())),
        lower=_lower,
    ),
)
