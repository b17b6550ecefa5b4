"""CONNMARK: change bits of the connection's mark, save the packet's to it, or restore it.

Sources: iptables-extensions(8), CONNMARK; extensions/libxt_CONNMARK.c;
net/netfilter/xt_connmark.c (connmark_tg_shift).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import Action, Continue, CopyBits, Forget
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.mark_operations import MARK_OPTIONS, MARK_PARTS, as_xmark, set_bits
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target

_FULL = 0xFFFFFFFF
_MASK = Number(form="#x")
_OPTIONS = (
    *MARK_OPTIONS,
    Opt(name="--save-mark"),
    Opt(name="--restore-mark"),
    Opt(name="--nfmask", value=_MASK),
    Opt(name="--ctmask", value=_MASK),
    Opt(name="--mask", value=_MASK),
    Opt(name="--left-shift-mark", value=Number(bits=8)),
    Opt(name="--right-shift-mark", value=Number(bits=8)),
)
# The mask that is cleared is printed with a tilde, though it is stored as it stands.
_PARTS = (
    *MARK_PARTS,
    Part("--save-mark", "save"),
    Part("--restore-mark", "restore"),
    Part("--mask", "mask {}"),
    Part("--ctmask", "ctmask {}"),
    Part("--nfmask", "nfmask ~?{}"),
    Part("--ctmask", "ctmask ~{}"),
    Part("--left-shift-mark", "left-shift-mark {}"),
    Part("--right-shift-mark", "right-shift-mark {}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    kept = [o for o in options if not (o.name.endswith("-shift-mark") and o.value == 0)]
    names = {option.name for option in kept}
    if not names & {"--save-mark", "--restore-mark"}:
        return tuple(as_xmark(kept, "--set-xmark"))
    both = next((o.value for o in kept if o.name == "--mask"), _FULL)
    missing = {"--nfmask", "--ctmask"} - names
    return (
        *(option for option in kept if option.name != "--mask"),
        *(Option(name=name, value=both) for name in sorted(missing)),
    )


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    left, right = (target.value(f"--{side}-shift-mark", int) or 0 for side in ("left", "right"))
    shift = left or -right
    told = tuple(_told(target, shift))
    # A shift by all 32 bits is undefined in C: what comes of it depends on the processor.
    if not told or abs(shift) >= 32:
        field = "mark" if target.has("--restore-mark") else "connmark"
        return (Forget(field=field, detail=target.name), Continue())
    return (*told, Continue())


def _told(target: Target, shift: int) -> Iterator[Action]:
    nfmask, ctmask = (target.value(name, int) or 0 for name in ("--nfmask", "--ctmask"))
    if target.has("--save-mark"):
        yield _copy("connmark", ctmask, "mark", nfmask, shift)
    elif target.has("--restore-mark"):
        yield _copy("mark", nfmask, "connmark", ctmask, shift)
    else:
        yield from set_bits(target, "--set-xmark", "connmark")
        if shift:
            yield _copy("connmark", _FULL, "connmark", _FULL, shift)


def _copy(to: str, to_mask: int, source: str, source_mask: int, shift: int) -> CopyBits:
    return CopyBits(to=to, to_mask=to_mask, source=source, source_mask=source_mask, shift=shift)


EXTENSIONS = (
    TargetExtension(
        name="CONNMARK",
        demands=Demands(any_option=True),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="CONNMARK", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
