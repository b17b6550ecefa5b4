"""`iptsim graph`: who jumps where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.dump_files import read_dump
from iptsim.cli.options import Dumps, OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer, tell_notes

if TYPE_CHECKING:
    from iptsim.chain_graph import ChainGraph
    from iptsim.model import Note
    from iptsim.render.shared.terminal import Style

DONE = 0


_Graphs = Sequence["ChainGraph"]


def _text(graphs: _Graphs, shown: Style, notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.graph_text import graph_text

    return graph_text(graphs, shown, notes=notes)


def _json(graphs: _Graphs, shown: Style, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.graph_json import graph_json

    return graph_json(graphs, lang=shown.lang, notes=notes)


def _dot(graphs: _Graphs, _shown: Style, _notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.graph_dot import graph_dot

    return graph_dot(graphs)


def _mermaid(graphs: _Graphs, _shown: Style, _notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.graph_mermaid import graph_mermaid

    return graph_mermaid(graphs)


FORMATS: Mapping[str, Callable[[_Graphs, Style, Sequence[Note]], object]]
FORMATS = {"text": _text, "json": _json, "dot": _dot, "mermaid": _mermaid}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def graph(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Show which chain leads to which, and what is wrong there.

    Jump loops, jumps to absent chains and wrong numbers of references are told with their place.
    """
    from iptsim.chain_graph import chain_graph

    dump = read_dump(dumps, reading)
    graphs = tuple(chain_graph(ruleset) for ruleset in dump.rulesets)
    shown = shown_as(output, dumps)
    tell_answer(FORMATS[output.form](graphs, shown, dump.notes))
    if output.form not in ("text", "json"):  # a drawing has no room for notes
        tell_notes([note for one in graphs for note in one.findings], shown)
        tell_notes(dump.notes, shown)
    return DONE
