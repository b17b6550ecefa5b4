"""What stands in a set or map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass, field

if TYPE_CHECKING:  # expressions hold elements, elements expressions
    from iptsim.nftables.expressions import Expression
    from iptsim.nftables.nft_statements import Statement, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element: its key, and in a map its value, which in a verdict map is a `Verdict`.

    `timeout` and `expires` are milliseconds. `statements` are those of the element itself
    (a counter, a limit).
    """

    key: Expression
    value: Expression | Verdict | None = None
    timeout: int | None = None
    expires: int | None = field(default=None, compare=False)
    comment: str | None = None
    statements: tuple[Statement, ...] = ()


Elements = Sequence[Element]
"""A tuple, or what is equal to one and makes its elements when they are looked at."""
