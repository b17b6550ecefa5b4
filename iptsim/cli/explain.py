"""`iptsim explain`: every rule in plain words, or what a code says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os.path import exists
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import STDIN, Argument
from iptsim.cli.dump_files import read_dump, read_once, with_loops
from iptsim.cli.options import OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer
from iptsim.dataclass import replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.model import Dump
    from iptsim.render.shared.explained import Asked
    from iptsim.render.shared.terminal import Style

DONE = 0
_FAMILIES = ("ip", "ip6", "inet", "netdev")
"""With one begins the name of a table of nftables: `inet filter`."""


def _text(dump: Dump, asked: Asked, shown: Style) -> str:
    from iptsim.render.outputs.explain_text import explain_text
    from iptsim.render.shared.explained import explained
    from iptsim.render.shared.written_by import written_by

    written = written_by(dump)
    chains = explained(dump, asked, written, shown.lang)
    return explain_text(
        chains, shown, written=written, notes=dump.notes, alone=asked.rule is not None
    )


def _json(dump: Dump, asked: Asked, shown: Style) -> object:
    from iptsim.render.outputs.explain_json import explain_json
    from iptsim.render.shared.explained import explained
    from iptsim.render.shared.written_by import written_by

    written = written_by(dump)
    chains = explained(dump, asked, written, shown.lang)
    return explain_json(chains, shown.lang, written=written, notes=dump.notes)


FORMATS: Mapping[str, Callable[[Dump, Asked, Style], object]] = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def explain(
    words: Annotated[
        list[str],
        Argument(
            metavar="[DUMP]... [TABLE [CHAIN [RULE]]] | CODE",
            help="Dump texts of one host, and what of it to explain; or a code: IPT0301.",
            piped=True,
        ),
    ],
    *,
    reading: ReadOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell each rule in plain words."""
    shown = shown_as(output, words)
    if len(words) == 1 and codes.is_code(words[0]):
        tell_answer(_of_code(words[0], shown, as_text=output.is_text))
        return DONE
    dumps, asked = _parted(words)
    read_once(dumps)
    dump = _noted(with_loops(read_dump(dumps, reading)))
    tell_answer(FORMATS[output.form](dump, asked, shown))
    return DONE


def _noted(dump: Dump) -> Dump:
    """With a note where the text hides what its rules ask for."""
    from iptsim.model import Note

    hides = any(ruleset.hides_interfaces for ruleset in dump.rulesets)
    own = (Note(code=codes.LISTING_HIDES_INTERFACES),) if hides else ()
    return replace(dump, notes=(*own, *dump.notes))


def _parted(words: Sequence[str]) -> tuple[Sequence[str], Asked]:
    """The dumps, and what is asked of them, from the first word on that is a table and no file.

    Where none is, from that on which is no file and may be a chain.
    """
    from iptsim.model import TABLES
    from iptsim.render.shared.explained import Asked

    named = {*TABLES, *_FAMILIES}
    at = next((n for n, w in enumerate(words) if w in named and not exists(w)), len(words))
    asked = list(words[at:])
    if not asked and (bare := _chain_at(words)):
        at, asked = bare, ["", *words[bare:]]
    if asked and asked[0] in _FAMILIES:
        asked[:2] = [" ".join(asked[:2])]
    table, chain, rule, *more = [*asked, None, None, None]
    numbered = rule is None or (rule.isascii() and rule.isdecimal())
    if any(more) or not numbered:
        message = "explain takes dumps, then TABLE, CHAIN and the number of a rule"
        raise UsageError(message, code=codes.WRONG_CALL)
    number = None if rule is None else int(rule[:9])
    return list(words[:at]) or ["-"], Asked(table=table or None, chain=chain, rule=number)


def _chain_at(words: Sequence[str]) -> int:
    """Where a chain stands behind the dumps without its table: no file, no path; 0 if nowhere."""
    files = [word == STDIN or exists(word) for word in words]
    at = files.index(False) if False in files else 0
    return at if 0 < at >= len(words) - 2 and not set(words[at]) & {"/", "\\", "."} else 0


def _of_code(code: str, shown: Style, *, as_text: bool) -> object:
    from iptsim.explain.rule_sentences import code_sentences
    from iptsim.render.shared.terminal import wrap

    told = code_sentences(code, shown.lang)
    if not told:
        raise UsageError(f"there is no code {code}", code=codes.NO_SUCH_CODE, name=code)
    if not as_text:
        return {"schema": "iptsim.code/1", "code": code, "sentences": list(told)}
    return "\n".join([code, *(line for text in told for line in wrap(text, shown.width, "  "))])
