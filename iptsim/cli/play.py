"""`iptsim play`: a folder with a page that runs the program in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from iptsim.cli.declared import option
from iptsim.cli.options import Lang
from iptsim.cli.output import language, tell
from iptsim.dataclass import dataclass

DONE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayOptions:
    """Where the playground goes, and where its Python comes from."""

    to: Annotated[
        str, option("-o", "--output", metavar="FOLDER", help="Where to write the page.")
    ] = "playground"
    pyodide: Annotated[
        str | None,
        option(
            "--pyodide",
            metavar="PATH",
            help="What `npm pack pyodide` gave, or its folder; fetched once where none is given.",
        ),
    ] = None


def play(*, asked: PlayOptions, lang: Lang = None) -> int:
    """Write a playground: a page that runs iptsim itself in the browser.

    The folder is for any web server, and for `python3 -m http.server -d FOLDER`. Dumps that are
    pasted there are sent nowhere. It needs Pyodide, Python for browsers.
    """
    from iptsim.cli.page_fields import page_fields
    from iptsim.explain.catalogue import sentence
    from iptsim.playground.play_folder import playground, write_playground
    from iptsim.playground.pyodide_core import pyodide_core

    told = language(lang)
    core = pyodide_core(None if asked.pyodide is None else Path(asked.pyodide))
    found = playground(core, tuple(page_fields()), told)
    write_playground(found, Path(asked.to))
    size = sum(map(len, found.values())) / 1e6
    tell(sentence("play.written", told, folder=asked.to, size=f"{size:.1f}"))
    return DONE
