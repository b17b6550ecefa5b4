"""`iptsim graph`: who jumps where."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from iptsim.cli.dump_files import read_dump
from iptsim.cli.options import Dumps, Lang, ReadOptions
from iptsim.cli.output import style, tell, tell_json, tell_notes

if TYPE_CHECKING:
    from iptsim.chain_graph import ChainGraph

DONE = 0


class GraphFormat(StrEnum):
    """A tree for people, data for programs, or the language of a program that draws."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"


def graph(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    form: Annotated[
        GraphFormat, typer.Option("--format", help="A tree, data, or a drawing's text.")
    ] = GraphFormat.TEXT,
    lang: Lang = None,
) -> int:
    """Show which chain leads to which, and what is wrong with that.

    Jump loops, jumps to absent chains and wrong numbers of references are told with their place.
    """
    from iptsim.chain_graph import chain_graph

    dump = read_dump(dumps, reading)
    graphs = tuple(chain_graph(ruleset) for ruleset in dump.rulesets)
    shown = style(lang, dumps)
    if form is GraphFormat.TEXT:
        from iptsim.render.outputs.graph_text import graph_text

        tell(graph_text(graphs, shown, notes=dump.notes))
    elif form is GraphFormat.JSON:
        from iptsim.render.outputs.graph_json import graph_json

        tell_json(graph_json(graphs, lang=shown.lang, notes=dump.notes))
    else:
        tell(_drawing(graphs, form))
        tell_notes([note for one in graphs for note in one.findings], shown)
        tell_notes(dump.notes, shown)
    return DONE


def _drawing(graphs: Sequence[ChainGraph], form: GraphFormat) -> str:
    if form is GraphFormat.DOT:
        from iptsim.render.outputs.graph_dot import graph_dot

        return graph_dot(graphs)
    from iptsim.render.outputs.graph_mermaid import graph_mermaid

    return graph_mermaid(graphs)
