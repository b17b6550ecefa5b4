"""What is written to the marks of a packet and its connection, as MARK and CONNMARK."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.nftables.expressions import Binary, Ct, Expression, Meta, Number
from iptsim.to_save.save_lines import UnsaidError

_ALL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """`(SOURCE & kept) ^ turned`; without a source a number."""

    source: str = ""
    kept: int = 0
    turned: int = 0


def mark_set(value: Expression) -> str:
    """`meta mark set …`."""
    made = _made(value)
    if made.source == "connmark":
        if made.turned:
            raise UnsaidError("CONNMARK --restore-mark", "mark set")
        return f"CONNMARK --restore-mark --nfmask 0xffffffff --ctmask {made.kept:#x}"
    return f"MARK --set-xmark {_number(made)}"


def connmark_set(value: Expression) -> str:
    """`ct mark set …`."""
    made = _made(value)
    if made.source == "mark":
        if made.turned:
            raise UnsaidError("CONNMARK --save-mark", "ct mark set")
        return f"CONNMARK --save-mark --nfmask {made.kept:#x} --ctmask 0xffffffff"
    return f"CONNMARK --set-xmark {_number(made)}"


def reads_connection(value: Expression) -> bool:
    """Whether the rule ends there for a packet that no connection has (nft_ct_get_eval)."""
    return _made(value).source == "connmark"


def _number(made: _Made) -> str:
    """xt_mark writes `(mark & ~mask) ^ value`."""
    return f"{made.turned:#x}/{_ALL & ~made.kept:#x}"


def _made(value: Expression) -> _Made:
    match value:
        case Number(value=number):
            return _Made(turned=number & _ALL)
        case Meta(key="mark"):
            return _Made(source="mark", kept=_ALL)
        case Ct(key="mark", direction=None):
            return _Made(source="connmark", kept=_ALL)
        case Binary(operator=operator, left=left, right=Number(value=number)):
            return _operated(_made(left), operator, number)
    raise UnsaidError("…", "mark set")


def _operated(made: _Made, operator: str, number: int) -> _Made:
    if operator == "&":
        return _Made(source=made.source, kept=made.kept & number, turned=made.turned & number)
    if operator == "|":
        return _Made(
            source=made.source, kept=made.kept & ~number, turned=made.turned & ~number | number
        )
    if operator == "^":
        return _Made(source=made.source, kept=made.kept, turned=made.turned ^ number)
    raise UnsaidError(operator, "mark set")
