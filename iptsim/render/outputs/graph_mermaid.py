"""Pictures of rules as a Mermaid flowchart (mermaid.js.org, «Flowcharts»)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.render.pictures.drawn import Box, End, Lane, Line, Picture
from iptsim.render.pictures.measures import fit
from iptsim.render.shared.terminal import printable

MOST_LETTERS = 50_000
"""More than this Mermaid refuses (`maxTextSize` of its configuration)."""
_KEPT = frozenset(" -_.,:/+*()→⇒…–")
_COLUMNS = 44


def graph_mermaid(pictures: Iterable[Picture]) -> str:
    """One flowchart with a subgraph for each hook of each family.

    A chain is a box with its rules; an edge has the condition of the first rule that leads there.
    Nodes have names of our own, so that a chain called `end` or `x-->y` can do no harm.
    """
    lines = ["flowchart LR"]
    names = _Names()
    for picture in pictures:
        for lane in picture.lanes:
            lines += _subgraph(picture, lane, names)
    lines += ["  classDef absent stroke-dasharray: 5 5;", "  classDef lit stroke-width: 3px;"]
    return "\n".join(lines)


class _Names:
    """Names of nodes, by what they stand for."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, *what: str) -> str:
        return self._known.setdefault(what, f"c{len(self._known)}")


def _subgraph(picture: Picture, lane: Lane, names: _Names) -> Iterator[str]:
    title = " ".join(filter(None, (lane.hook, lane.title, f"(IPv{picture.family})")))
    own = (str(picture.family), lane.hook)
    yield f"  subgraph {names.of(*own)} [{_quoted([title])}]"
    for box in lane.boxes:
        mark = ":::absent" if box.again else ":::lit" if box.is_lit else ""
        yield f"    {names.of(*own, box.key)}[{_quoted(_texts(box))}]{mark}"
    yield "  end"
    for box in lane.boxes:
        yield from _edges(own, box, lane.by_key, names)


def _texts(box: Box) -> Iterator[str]:
    yield fit(f"{box.sign} {box.title} {box.note}".strip(), _COLUMNS)
    for line in box.lines:
        steps = f"({' '.join(map(str, line.lit))}) " if line.lit else ""
        told = f"{line.sign}{steps}{line.number} {fit(line.asks, _COLUMNS)}  {fit(line.does, 40)}"
        yield told.strip()


def _edges(own: tuple[str, str], box: Box, drawn: dict[str, Box], names: _Names) -> Iterator[str]:
    seen: set[str | End] = set()
    source = names.of(*own, box.key)
    for line in box.lines:
        to = line.to if line.to in drawn else line.end
        if not to or to in seen:
            continue
        seen.add(to)
        if isinstance(to, End):
            target = names.of(*own, box.key, str(len(seen)))
            yield f"  {target}([{_quoted(filter(None, [to.title, to.meaning]))}])"
            yield f"  {source} {_arrow(line)}{_condition(line.change)} {target}"
        else:
            yield f"  {source} {_arrow(line)}{_condition(line.when)} {names.of(*own, to)}"


def _arrow(line: Line) -> str:
    if line.lit:
        return "==>"
    return "-.->" if line.does.startswith("⇒") else "-->"


def _condition(text: str) -> str:
    return f"|{_quoted([fit(text, _COLUMNS)])}|" if text else ""


def _quoted(lines: Iterable[str]) -> str:
    """A quoted label; whatever Markdown or HTML would read is an entity (`#35;` is `#`)."""
    return '"' + "<br/>".join(map(_entities, lines)) + '"'


def _entities(text: str) -> str:
    shown = (c if c.isalnum() or c in _KEPT else f"#{ord(c)};" for c in printable(text))
    return "".join(shown)
