"""Pictures of rules in the DOT language of Graphviz (graphviz.org, «DOT Language»)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.render.pictures.drawn import Box, End, Lane, Line, Picture
from iptsim.render.pictures.measures import fit
from iptsim.render.shared.terminal import printable

_COLUMNS = 44


def graph_dot(pictures: Iterable[Picture]) -> str:
    """One digraph with a cluster for each hook of each family.

    A chain is a box with its rules; an edge has the condition of the first rule that leads there.
    What was not drawn elsewhere (`as drawn under …`) is dashed. Steps of a packet are in brackets.
    """
    lines = ["digraph iptsim {", "  rankdir=LR;", '  node [shape=box, fontname="monospace"];']
    for picture in pictures:
        lines.append(f"  label={_quoted(picture.title)}; labelloc=t;")
        for lane in picture.lanes:
            lines += _cluster(picture, lane)
    return "\n".join([*lines, "}"])


def _cluster(picture: Picture, lane: Lane) -> Iterator[str]:
    name = f"{picture.family} {lane.hook}"
    yield f"  subgraph {_quoted(f'cluster {name}')} {{"
    title = " ".join(filter(None, (lane.hook, lane.title, f"(IPv{picture.family})")))
    yield f"    label={_quoted(title)};"
    for box in lane.boxes:
        yield f"    {_quoted(f'{name} {box.key}')} [{_attributes(box)}];"
        yield from _edges(name, box, lane.by_key)
    yield "  }"


def _attributes(box: Box) -> str:
    title = f"{box.sign} {box.title} {box.note}".strip()
    parts = [fit(title, _COLUMNS), *map(_row, box.lines)]
    style = ", style=dashed" if box.again else ""
    return f"label={_label(parts)}{style}"


def _row(line: Line) -> str:
    steps = f"[{' '.join(map(str, line.lit))}] " if line.lit else ""
    text = f"{line.sign}{steps}{line.number} {fit(line.asks, _COLUMNS)}  {fit(line.does, 40)}"
    return text.strip()


def _edges(name: str, box: Box, drawn: dict[str, Box]) -> Iterator[str]:
    """Of the rows that lead to one place the first has the words."""
    seen: set[str | End] = set()
    source = _quoted(f"{name} {box.key}")
    for line in box.lines:
        to = line.to if line.to in drawn else line.end
        if not to or to in seen:
            continue
        seen.add(to)
        style = ", style=dotted" if line.does.startswith("⇒") else ""
        bold = ", penwidth=3" if line.lit else ""
        if isinstance(to, End):
            target = _quoted(f"{name} {box.key} > {len(seen)}")
            yield f"    {target} [{_end(to)}];"
            label = _quoted(fit(line.change, _COLUMNS))
        else:
            target, label = _quoted(f"{name} {to}"), _quoted(fit(line.when, _COLUMNS))
        yield f"    {source} -> {target} [label={label}{style}{bold}];"


def _end(end: End) -> str:
    return f"label={_label([end.title, *filter(None, [end.meaning])])}, style=rounded"


def _label(lines: Iterable[str]) -> str:
    r"""Lines that begin at the left (`\l` ends one)."""
    return '"' + "".join(f"{_escaped(line)}\\l" for line in lines) + '"'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    r"""DOT knows `\"`; labels also know `\n` and `\\`, which names may hold."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
