"""`iptsim counters`: what the counters of a dump show, and what grew until a later one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import Argument
from iptsim.cli.dump_files import read_dump, read_once
from iptsim.cli.options import OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.met_counts import MetChain
    from iptsim.model import Note
    from iptsim.render.shared.terminal import Style

DONE = 0


def _text(chains: Sequence[MetChain], shown: Style, notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.counters_text import counters_text

    return counters_text(chains, shown, notes=notes)


def _json(chains: Sequence[MetChain], shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.counters_json import counters_json

    return counters_json(chains, shown.lang, notes=notes)


FORMATS: Mapping[str, Callable[[Sequence[MetChain], Style, Sequence[Note]], object]]
FORMATS = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def counters(
    dump: Annotated[
        str,
        Argument(metavar="DUMP", help="A dump with counters: -v, or iptables-save -c.", piped=True),
    ],
    later: Annotated[
        str | None, Argument(metavar="LATER", help="A later dump of the same host.")
    ] = None,
    *,
    reading: ReadOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell which rules were met, and which grew until a later dump."""
    from iptsim.met_counts import met_counts

    files = [dump] if later is None else [dump, later]
    read_once(files)
    dumps = [read_dump([name], reading) for name in files]
    found = list(met_counts(*dumps))
    if not found:
        message = f"{files[-1]} holds no counters: list with -v, or use iptables-save -c"
        raise UsageError(message, code=codes.NO_COUNTERS, file=files[-1])
    notes = dict.fromkeys(note for each in dumps for note in each.notes)
    tell_answer(FORMATS[output.form](found, shown_as(output, files), [*notes]))
    return DONE
