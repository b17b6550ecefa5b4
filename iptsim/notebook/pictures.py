"""Answers that are pictures of a rule set: its chains, and who reaches whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iptsim.chain_graph import ChainGraph
from iptsim.dataclass import dataclass
from iptsim.model import Note
from iptsim.notebook.shown import Shown, Text, style_of
from iptsim.query.matrix import Matrix
from iptsim.render.outputs.graph_dot import graph_dot
from iptsim.render.outputs.graph_json import graph_json
from iptsim.render.outputs.graph_mermaid import graph_mermaid
from iptsim.render.outputs.graph_text import graph_text
from iptsim.render.outputs.html import text_html
from iptsim.render.outputs.matrix_json import matrix_json
from iptsim.render.outputs.matrix_text import matrix_text
from iptsim.render.pictures.composing import dump_pictures

if TYPE_CHECKING:
    from iptsim.notebook import Json, Rules


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reaching(Shown):
    """Which groups of addresses reach which; `matrices` hold them as data, one for each service."""

    rules: Rules
    matrices: tuple[Matrix, ...]
    notes: tuple[Note, ...]

    def json(self) -> Json:
        """The answer as data, `iptsim.matrix/1`."""
        return matrix_json(self.matrices, lang=self.rules.lang, notes=self.notes)

    def __str__(self) -> str:
        return matrix_text(self.matrices, style_of(self.rules), notes=self.notes)

    def _repr_html_(self) -> str:
        return text_html(str(self))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Graph(Shown):
    """The chains and who jumps where; `graphs` holds them as data, one for each family."""

    rules: Rules
    graphs: tuple[ChainGraph, ...]

    def dot(self) -> Text:
        """The drawing in Graphviz's language."""
        return Text(graph_dot(dump_pictures(self.rules.dump, self.rules.lang)))

    def mermaid(self) -> Text:
        """The drawing in Mermaid's language."""
        return Text(graph_mermaid(dump_pictures(self.rules.dump, self.rules.lang)))

    def json(self) -> Json:
        """The graph as data."""
        return graph_json(self.graphs, lang=self.rules.lang, notes=self.rules.notes)

    def __str__(self) -> str:
        return graph_text(self.graphs, style_of(self.rules), notes=self.rules.notes)

    def _repr_html_(self) -> str:
        return text_html(str(self))
