"""HMARK: the packet's mark becomes a hash of its addresses and ports.

Sources: iptables-extensions(8), HMARK; extensions/libxt_HMARK.c; net/netfilter/xt_HMARK.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from iptsim.actions import Action, Continue, Forget
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import Choices, Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix(Word):
    """The length of an address's prefix; a listing leaves out the whole length of IPv6."""

    expected: str = "the length of a prefix in bits"
    listing: str = r"\d*"

    def read_listing(self, text: str, family: int) -> int:
        """See `ValueType`."""
        width = 32 if family == 4 else 128
        if not text:
            return width
        if not text.isdecimal() or int(text) > width:
            raise ValueError(f"{text!r} is not {self.expected}")
        return int(text)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        return str(value)


_PORT, _WORD = Number(bits=16, form="#06x"), Number(form="#010x")
_OPTIONS = (
    Opt(name="--hmark-src-prefix", value=Prefix()),
    Opt(name="--hmark-dst-prefix", value=Prefix()),
    Opt(name="--hmark-sport-mask", value=_PORT),
    Opt(name="--hmark-dport-mask", value=_PORT),
    Opt(name="--hmark-spi-mask", value=_WORD),
    Opt(name="--hmark-sport", value=_PORT),
    Opt(name="--hmark-dport", value=_PORT),
    Opt(name="--hmark-spi", value=_WORD),
    Opt(name="--hmark-proto-mask", value=Number(bits=16, form="#04x")),
    Opt(name="--hmark-rnd", value=_WORD),
    Opt(name="--hmark-mod", value=Number()),
    Opt(name="--hmark-offset", value=Number()),
    Opt(
        name="--hmark-tuple",
        value=Choices(names=("src", "dst", "sport", "dport", "spi", "proto", "ct")),
    ),
)
_PARTS = (
    Part("--hmark-mod", "mod {}", required=True),
    Part("--hmark-offset", r"\+ {}"),
    Part("--hmark-tuple", "{},"),
    *(Part(option.name, option.name[8:] + " {}") for option in _OPTIONS[:10]),
)
_WHOLE = {
    "sport": ("--hmark-sport-mask", 0xFFFF),
    "dport": ("--hmark-dport-mask", 0xFFFF),
    "spi": ("--hmark-spi-mask", 0xFFFFFFFF),
    "proto": ("--hmark-proto-mask", 0xFFFF),
}


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    return tuple(wide for option in options for wide in _expand(option, family))


def _expand(option: Option, family: int) -> Iterator[Option]:
    """--hmark-tuple is short for whole prefixes and masks; only «ct» is kept of it."""
    if option.name != "--hmark-tuple" or not isinstance(option.value, tuple):
        yield option
        return
    for member in option.value:
        if member == "ct":
            yield Option(name="--hmark-tuple", value=("ct",))
        elif member in _WHOLE:
            yield Option(name=_WHOLE[member][0], value=_WHOLE[member][1])
        else:
            yield Option(name=f"--hmark-{member}-prefix", value=32 if family == 4 else 128)


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    return (Forget(field="mark", detail=target.name), Continue())


EXTENSIONS = (
    TargetExtension(
        name="HMARK",
        demands=Demands(
            one_of=(("--hmark-mod",), ("--hmark-rnd",)),
            exclusive=(
                ("--hmark-spi-mask", "--hmark-sport-mask"),
                ("--hmark-spi-mask", "--hmark-dport-mask"),
            ),
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="HMARK", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
