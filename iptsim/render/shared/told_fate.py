"""A fate in words, as every output lays it out."""

from __future__ import annotations

from iptsim.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFate:
    """A fate in words that are safe to print; `label` is `as listed`, `otherwise` or a number.

    `when` has a text for each alternative: `if the port is 80`, `or if …`.
    """

    label: str
    fate: str
    decided: str
    when: tuple[str, ...]
    outcomes: int
