"""Holds what the program writes as JSON to the schemas that it ships.

Here they are closed: a key that a schema does not have fails, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from operator import getitem
from typing import Any

from jsonschema import Draft202012Validator

from iptsim.schemas import schema

_OPEN = frozenset({"additionalProperties", "patternProperties"})


@cache
def validator(name: str) -> Draft202012Validator:
    """The closed schema of that name, looked at itself, too."""
    found = schema(name)
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(referring(closed(found)))


def referring(held: dict[str, Any]) -> Any:
    """The schema with each part that it refers to in the place of the reference.

    A reference is looked up anew by each answer that meets it, which costs more than all the rest.
    Parts that refer to themselves hold themselves.
    """
    whole = dict(_schemas(held))
    done: set[int] = set()

    def told(part: Any, base: str) -> Any:
        if isinstance(part, list):
            return [told(each, base) for each in part]
        if not isinstance(part, dict):
            return part
        base = part.get("$id", base)
        if "$ref" in part:
            assert part.keys() == {"$ref"}, part
            name, _, place = part["$ref"].partition("#")
            keys = place.split("/")[1:]
            return told(reduce(getitem, keys, whole[name or base]), name or base)
        if id(part) not in done:
            done.add(id(part))
            part |= {key: told(part[key], base) for key in part.keys() - {"$defs"}}
        return part

    return told(held, "")


def _schemas(held: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schema and those that stand in it, by their names."""
    yield held["$id"], held
    for part in held.get("$defs", {}).values():
        if "$id" in part:
            yield from _schemas(part)


def closed(part: Any) -> Any:
    """A schema whose objects with told properties take no others."""
    if isinstance(part, list):
        return [closed(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    made = {key: closed(each) for key, each in part.items()}
    if part.get("type") == "object" and "properties" in part and not _OPEN & part.keys():
        made["additionalProperties"] = False
    return made


def hold(answer: Mapping[str, Any]) -> None:
    """Fail with the place where an answer is not what its schema says."""
    name, _, version = answer["schema"].removeprefix("iptsim.").partition("/")
    assert version == "1"
    wrong = next(iter(validator(name).iter_errors(answer)), None)
    assert wrong is None, f"{answer['schema']} at {wrong.json_path}: {wrong.message}"


def answers(printed: str) -> Iterator[Any]:
    """The answers of what the program printed: one, or one a line; none of a text."""
    if not printed.startswith("{"):
        return
    try:
        yield json.loads(printed)
    except ValueError:
        yield from map(json.loads, printed.splitlines())
