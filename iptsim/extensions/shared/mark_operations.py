"""What MARK, CONNMARK and TOS share: five spellings of `(old & ~mask) ^ value`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.actions import SetBits
from iptsim.extensions.spec import Opt
from iptsim.extensions.values.value_types import MaskedNumber, Number
from iptsim.extensions.wordings.wording import Part
from iptsim.model import Option, Target
from iptsim.values import Masked

MARK_OPTIONS = (
    Opt(name="--set-xmark", value=MaskedNumber(always_mask=True)),
    Opt(name="--set-mark", value=MaskedNumber(always_mask=True)),
    Opt(name="--and-mark", value=Number(form="#x")),
    Opt(name="--or-mark", value=Number(form="#x")),
    Opt(name="--xor-mark", value=Number(form="#x")),
)
MARK_PARTS = (
    Part("--and-mark", "and {}"),
    Part("--or-mark", "or {}"),
    Part("--xor-mark", "xor {}"),
    Part("--set-mark", "set {}"),
    Part("--set-xmark", "xset {}"),
)


def as_xmark(options: Iterable[Option], name: str, bits: int = 32) -> Iterator[Option]:
    """The options with every spelling of the operation told as the one called `name`.

    Source: extensions/libxt_MARK.c, mark_tg_parse; libxt_TOS.c, tos_tg_parse.
    """
    for option in options:
        value = _xmark(option, bits)
        yield option if value is None else Option(name=name, value=value)


def _xmark(option: Option, bits: int) -> Masked | None:
    verb, value = option.name[2:].partition("-")[0], option.value
    if isinstance(value, Masked) and verb == "set":
        # --set-mark clears the value's own bits too.
        wide = value.mask | value.value if option.name == "--set-mark" else value.mask
        return Masked(value=value.value, mask=wide)
    if not isinstance(value, int) or verb not in ("and", "or", "xor"):
        return None
    if verb == "and":
        return Masked(value=0, mask=((1 << bits) - 1) ^ value)
    return Masked(value=value, mask=value if verb == "or" else 0)


def set_bits(target: Target, option: str, field: str) -> Iterator[SetBits]:
    """The operation that `option` holds, on `field`; none where the target lacks it."""
    value = target.value(option, Masked)
    if value is not None:
        yield SetBits(field=field, value=value.value, mask=value.mask)
