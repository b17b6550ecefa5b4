"""Pages that the program tells of itself: its commands, codes, schemas and the library's names.

They are made anew before each build, below `docs/reference/` and `docs/made/`, and not kept in git.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import iptsim
from iptsim import codes
from iptsim.cli.help_pages import OF_ITSELF, PROGRAM, paragraphs, sections, summary, usage
from iptsim.cli.options import COMMANDS
from iptsim.cli.page_fields import page_fields
from iptsim.explain.rule_sentences import code_sentences
from iptsim.playground.play_folder import playground, write_playground
from iptsim.playground.pyodide_core import is_at_hand, pyodide_core
from iptsim.render.shared.markdown import code_cell, table, words
from iptsim.schemas import names, schema

_HERE = Path(__file__).parent
MADE = "made"
"""The folder of what is published as it is."""
_HIDDEN = "```{toctree}\n:hidden:\n\n"


def pages() -> Mapping[str, str]:
    """Every page by its path below `docs/`."""
    commands = {f"reference/commands/{_file(name)}.md": command_page(name) for name in COMMANDS}
    return {
        **commands,
        "reference/commands/index.md": commands_page(),
        "reference/codes.md": codes_page(),
        "reference/api.md": api_page(),
        "reference/schemas.md": schemas_page(),
        f"{MADE}/llms.txt": llms_text(),
        **{f"{MADE}/schemas/{name}.json": _json(schema(name)) for name in names()},
    }


def write_pages(docs: Path) -> None:
    """Write those that changed, so that a build does only what it must."""
    for name, text in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def write_play(docs: Path) -> bool:
    """Write the playground, where its Python is at hand; whether it was."""
    if not is_at_hand():
        return False
    found = playground(pyodide_core(), tuple(page_fields()), "en")
    write_playground(found, docs / MADE / "playground")
    return True


def commands_page() -> str:
    """All commands, each in a line, and what the program tells of itself."""
    rows = [(f"[`iptsim {name}`]({_file(name)}.md)", words(summary(name))) for name in COMMANDS]
    own = [(code_cell(option), words(text)) for option, text in OF_ITSELF]
    inside = "\n".join(map(_file, COMMANDS))
    return _page(
        "# Commands", words(PROGRAM), table(["Command", "What it does"], rows),
        "## Options of the program", table(["Option", "Meaning"], own), f"{_HIDDEN}{inside}\n```",
    )  # fmt: skip


def command_page(command: str) -> str:
    """How a command is called, as its `--help` tells."""
    parts = [f"# iptsim {command}", f"```\n{' '.join(usage(command))}\n```"]
    parts += map(words, paragraphs(command))
    for heading, rows in sections(command).items():
        cells = [(code_cell(name), words(text)) for name, text in rows]
        parts += [f"## {heading}", table([heading, "Meaning"], cells)]
    if (_HERE / "reference" / f"{_file(command)}.md").exists():
        parts.insert(2, f"[What it tells, and what is behind it](../{_file(command)}.md).")
    return _page(*parts)


def _file(command: str) -> str:
    """The name of a command's page: that of one of two words has no blank."""
    return command.replace(" ", "-")


def codes_page() -> str:
    """Every code with what it means and its sentences."""
    found = {text: name for name, text in vars(codes).items() if _is_code(text)}
    rows = [
        (f"`{code}`", words(name.lower().replace("_", " ")), _told(code, "en"), _told(code, "zh"))
        for code, name in sorted(found.items())
    ]
    return _page(
        "# Codes",
        "Notes, errors, findings and changes have codes that keep their meaning. `‹…›` is filled "
        "in where one is told. `iptsim explain CODE` says the same.",
        table(["Code", "Meaning", "English", "中文"], rows),
    )


def _is_code(text: object) -> bool:
    return isinstance(text, str) and codes.is_code(text) and bool(code_sentences(text, "en"))


def _told(code: str, lang: str) -> str:
    return "<br>".join(map(words, code_sentences(code, lang)))


def schemas_page() -> str:
    """Each schema, to be read as it is written and to be loaded as a whole."""
    parts = ["# JSON Schemas", "What they are for stands in [JSON](json.md)."]
    for name in (*names(), "parts"):
        text = (files("iptsim.schemas") / f"{name}.json").read_text(encoding="utf-8").rstrip()
        whole = f"<a href='../schemas/{name}.json'>{name}.json</a>, with all that it refers to"
        parts += [f"## {name}", "" if name == "parts" else whole]
        parts.append(f"<details><summary>{name}</summary>")
        parts.append(f"```json\n{text}\n```\n\n</details>")
    return _page(*parts)


def api_page() -> str:
    """What `import iptsim` gives, from its docstrings."""
    parts = [
        "# API",
        "Each name with what its docstring says; [the library](library.md) shows them.",
    ]
    for name in sorted(iptsim.__all__):
        parts += _described(name, getattr(iptsim, name))
    return _page(*parts)


def _described(name: str, value: Any) -> Iterator[str]:
    yield f"## {name}"
    if callable(value):
        yield f"```\n{name}{_signature(value)}\n```"
    yield _docstring(value)
    if inspect.isclass(value):
        for inner, member in vars(value).items():
            if not inner.startswith("_") and _documented(member):
                yield from _member(f"{name}.{inner}", member)


def _member(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}"
    if inspect.isfunction(value):
        yield f"```\n{name}{_signature(value)}\n```"
    yield _docstring(value)


def _documented(value: Any) -> bool:
    return (inspect.isfunction(value) or isinstance(value, property)) and bool(value.__doc__)


def _signature(value: Any) -> str:
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return "(…)"


def _docstring(value: Any) -> str:
    """It is plain text with code in backticks, which Markdown reads as it is meant."""
    return inspect.getdoc(value) or ""


def llms_text() -> str:
    """What tells assistants of the program, with links as they are on the site."""
    return (_HERE / "llms.txt").read_text(encoding="utf-8").replace(".md)", ".html)")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _page(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
