"""The answer of `iptsim diff --commands` as data for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SCHEMA = "iptsim.commands/1"


def commands_json(commands: Sequence[str]) -> dict[str, Any]:
    """Commands for a shell, in the order in which they are to be given."""
    return {"schema": SCHEMA, "commands": list(commands)}
