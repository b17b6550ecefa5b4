"""`iptsim convert`: the rule set in canonical form."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump
from iptsim.cli.options import Dumps, Lang, ReadOptions
from iptsim.cli.output import style, tell, tell_json, tell_notes

if TYPE_CHECKING:
    from iptsim.model import Dump, Note

DONE = 0


class Form(StrEnum):
    """What a dump can be converted to."""

    SAVE = "save"
    JSON = "json"


def convert(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    to: Annotated[Form, option("--to", help="iptables-save text, or JSON.")] = Form.SAVE,
    lang: Lang = None,
) -> int:
    """Write the rules as iptables-save prints them, or as JSON."""
    dump = read_dump(dumps, reading)
    if to is Form.JSON:
        from iptsim.render.outputs.ruleset_json import dump_json

        tell_json(dump_json(dump, lang=style(lang).lang))
    else:
        tell(_save(dump).rstrip("\n"))
        tell_notes([*dump.notes, *_lost(dump)], style(lang, dumps))
    return DONE


def _lost(dump: Dump) -> list[Note]:
    """Where the text that was written may not be what the host had."""
    from iptsim.dialects.writing.lost import lost
    from iptsim.model import Note

    both = [Note(code=codes.BOTH_FAMILIES_WRITTEN)] if len(dump.rulesets) > 1 else []
    return [*both, *(note for ruleset in dump.rulesets for note in lost(ruleset))]


def _save(dump: Dump) -> str:
    from iptsim.dialects.writing.write import write_save

    return "".join(write_save(ruleset) for ruleset in dump.rulesets)
