"""A cube of packets as the JSON of every command has it."""

from __future__ import annotations

from iptsim.packet import NOBODY
from iptsim.worlds.outcome import Cube


def cube_json(cube: Cube) -> dict[str, object]:
    """A cube with lists of texts by field (`!field` for none of these) and its facts by key."""
    found: dict[str, object] = {}
    for condition in cube.conditions:
        key = f"!{condition.field}" if condition.negate else condition.field
        values = list(condition.values)
        if (key, values) == ("socket", ["no"]):
            key, values = "uid", [NOBODY]
        earlier = found.get(key)
        # «None of a» and «none of b» is «none of a, b»; two positives would be an intersection.
        assert earlier is None or (condition.negate and isinstance(earlier, list))
        found[key] = [*earlier, *values] if isinstance(earlier, list) else values
    if cube.facts:
        found["facts"] = {fact.key: true for fact, true in cube.facts}
    return found
