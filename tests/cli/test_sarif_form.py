"""`lint --format sarif` is SARIF 2.1.0, as far as it uses it.

The schema here says in its own words what that of OASIS asks of the parts that are used, and is
closed as that is: a key that SARIF does not have fails.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from called_program import ROOT
from cli_program import iptsim
from jsonschema import Draft202012Validator

FIXTURES = ROOT / "fixtures"
HOSTILE = """*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 99999999 -j ACCEPT
-A INPUT -p tcp -j DROP
-A INPUT -p tcp --dport 22 -m comment --comment "{0} [a](b)" -j ACCEPT
COMMIT
"""


def part(required: str = "", **properties: Any) -> dict[str, Any]:
    """A closed object; 3.5.3: each of SARIF's may have a bag of properties."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": {**properties, "properties": {"type": "object"}},
        "additionalProperties": False,
    }


def several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
INDEX = {"type": "integer", "minimum": -1}
MESSAGE = part("text", text=TEXT, markdown=TEXT)
ARTIFACT = part("", uri={**TEXT, "format": "uri-reference"}, uriBaseId=TEXT, description=MESSAGE)
REGION = part("", startLine={"type": "integer", "minimum": 1})
PLACE = part("", artifactLocation=ARTIFACT, region=REGION)
LOCATION = part("", id=INDEX, physicalLocation=PLACE, message=MESSAGE)
RULE = part(
    "id", id=TEXT, name=TEXT, shortDescription=MESSAGE, fullDescription=MESSAGE,
    defaultConfiguration=part("", level=LEVEL),
)  # fmt: skip
DRIVER = part("name", name=TEXT, version=TEXT, informationUri=TEXT, rules=several(RULE))
NOTIFICATION = part(
    "message", message=MESSAGE, level=LEVEL, locations=several(LOCATION),
    descriptor=part("", id=TEXT),
)  # fmt: skip
INVOCATION = part(
    "executionSuccessful", executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=several(NOTIFICATION),
)  # fmt: skip
SUPPRESSION = part("kind", kind={"enum": ["inSource", "external"]}, justification=TEXT)
RESULT = part(
    "message", ruleId=TEXT, ruleIndex=INDEX, level=LEVEL, message=MESSAGE,
    locations=several(LOCATION), relatedLocations=several(LOCATION),
    suppressions=several(SUPPRESSION),
)  # fmt: skip
RUN = part(
    "tool", tool=part("driver", driver=DRIVER), invocations=several(INVOCATION),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, results=several(RESULT),
    language={**TEXT, "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
)  # fmt: skip
LOG = part("version runs", version={"const": "2.1.0"}, runs=several(RUN))
LOG["properties"]["$schema"] = TEXT


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "dump", ["firewall/host/after.save.txt", "docker/published-port/after.save.txt", "-"]
)
def test_it_is_what_sarif_says(dump: str, lang: str) -> None:
    named = dump if dump == "-" else FIXTURES / dump
    words = ("lint", "-4", "--format", "sarif", "--lang", lang)
    log = json.loads(iptsim(*words, named, stdin=HOSTILE).out)
    wrong = next(iter(Draft202012Validator(LOG).iter_errors(log)), None)
    assert wrong is None, wrong.json_path
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:  # 3.27.6: the index is that of the rule
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
