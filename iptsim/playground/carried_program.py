"""What a page's Python imports: iptsim and the packages that it needs, as one packed file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from iptsim.grammar_files import FOLDER

CARRIED = ("lark", "networkx", "PyYAML", "typer", "annotated-doc", "shellingham")
"""Packages of pure Python. Of the others iptsim has its own (oxidd), or needs a host (pcapy-ng)."""
_ENDS = (".py", ".lark", ".toml", ".json", ".sh")
_LEVEL = 6  # the highest takes thrice the time, for one part in a hundred of the size
_LEFT_OUT = frozenset({"tests", "__pycache__", "rich_utils.py", "backends"})


def packed_program() -> bytes:
    """Paths and texts as JSON, compressed; the same for the same texts."""
    texts = json.dumps(dict(sorted(_texts())), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(texts.encode(), _LEVEL, mtime=0)


def _texts() -> Iterator[tuple[str, str]]:
    yield from _below(files("iptsim"), "iptsim")
    yield from _below(Path(FOLDER), "iptsim/grammars")
    for name in CARRIED:
        yield from _package(name)


def _below(place: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for one in place.iterdir():
        if one.name in _LEFT_OUT:
            continue
        if one.is_dir():
            yield from _below(one, f"{path}/{one.name}")
        elif one.name.endswith(_ENDS):
            yield f"{path}/{one.name}", one.read_text(encoding="utf-8")


def _package(name: str) -> Iterator[tuple[str, str]]:
    for path in _distribution(name).files or ():
        told = PurePosixPath(path)
        if told.suffix in (".py", ".lark") and _LEFT_OUT.isdisjoint(told.parts):
            yield str(told), path.read_text(encoding="utf-8")


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:  # an installation without one of its requirements
        raise ModuleNotFoundError(str(error), name=name) from None


def licences() -> str:
    """Under which licences that is passed on: each package's own text."""
    parts = [_OWN]
    for name in ("iptsim", *CARRIED):
        parts += [f"{name}\n{'=' * len(name)}", *_licence(_distribution(name))]
    return "\n\n".join(parts) + "\n"


def _licence(package: Distribution) -> Iterator[str]:
    for path in package.files or ():
        if "LICEN" in path.name.upper() and ".dist-info" in str(path):
            yield path.read_text(encoding="utf-8").strip()


_OWN = """The folder pyodide/ is Pyodide (https://pyodide.org, Mozilla Public License 2.0), which
holds CPython (https://docs.python.org/3/license.html). The packages of program.bin:"""
