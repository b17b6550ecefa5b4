"""`iptsim --schema NAME`: the JSON Schema of an answer; without a name, which there are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from iptsim import codes
from iptsim.cli.called import unknown_name, wrong_call
from iptsim.cli.options import COMMANDS

_OF_COMMAND: Mapping[str, str] = {"convert": "ruleset"}
"""Commands whose answers have another name."""


def schema_asked(words: Sequence[str]) -> str:
    """The schema as text, or the names of all; `UsageError` for a name that none has."""
    from iptsim.schemas import names, schema

    known = names()
    if not words:
        return "\n".join(known)
    if len(words) > 1 and " ".join(words) not in COMMANDS:
        wrong_call(codes.WORD_TOO_MANY, command="--schema", word=words[1])
    name = _OF_COMMAND.get(words[-1], words[-1]).removeprefix("iptsim.").removesuffix("/1")
    if name not in known:
        unknown_name(words[-1], known, codes.NO_SUCH_SCHEMA, known=", ".join(known))
    return json.dumps(schema(name), indent=2, ensure_ascii=False)
