"""Holds what the program writes as JSON to the schemas that it ships.

Here they are closed: a key that a schema does not have fails, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from iptsim.schemas import schema

_OPEN = frozenset({"additionalProperties", "patternProperties"})


@cache
def validator(name: str) -> Draft202012Validator:
    """The closed schema of that name, looked at itself, too."""
    found = schema(name)
    Draft202012Validator.check_schema(found)
    held = closed(found)
    # Looked through once: else it is at each reference that an answer meets.
    known = Registry[Any]().with_resource(held["$id"], DRAFT202012.create_resource(held)).crawl()
    return Draft202012Validator(held, registry=known)


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
