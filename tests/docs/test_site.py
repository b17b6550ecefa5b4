"""The site: every page is led to, every link leads somewhere, the program's own pages are whole."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import yaml
from every_row import every_row

from iptsim import codes
from iptsim.cli.called import command_of
from iptsim.cli.declared import Option, Parameter, parameters
from iptsim.cli.options import COMMANDS
from iptsim.schemas import names

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_TOCTREE = re.compile(r"^```\{toctree\}\n((?::[^\n]*\n)*)\n?(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_NAMES = "|".join(sorted((*COMMANDS, "[a-z]+"), key=lambda name: -len(name)))
_CALL = re.compile(rf"(?:^|[ $(])iptsim ({_NAMES})((?: [^|#()]*)?)")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_NO_PAGE = frozenset({"made", "man", "container", "sources"})


def made_pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_pages", DOCS / "made_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["made_pages"] = module
    spec.loader.exec_module(module)
    return module


MADE = made_pages().pages()
WRITTEN = {
    str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
    for path in DOCS.rglob("*.md")
    if _NO_PAGE.isdisjoint(path.relative_to(DOCS).parts)
}
PAGES = {**WRITTEN, **{name: text for name, text in MADE.items() if name.endswith(".md")}}
NOTEBOOKS = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.ipynb")]
NOTEBOOKS = [name for name in NOTEBOOKS if ".ipynb_checkpoints" not in name]
EVERY = {re.sub(r"\.(md|ipynb)$", "", name) for name in (*PAGES, *NOTEBOOKS)}


def led_to(page: str) -> Iterator[str]:
    """The pages to which the trees of a page lead."""
    for found in _TOCTREE.finditer(PAGES.get(f"{page}.md", "")):
        for entry in found[2].split():
            name = resolved(page, entry)
            pattern = re.escape(name).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
            pattern = re.sub(r"\\\[!(\w)\\\]", r"[^\1]", pattern)
            yield from (one for one in EVERY if re.fullmatch(pattern, one))


def resolved(page: str, entry: str) -> str:
    parts: list[str] = []
    for part in (*page.split("/")[:-1], *entry.split("/")):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def test_every_page_is_led_to() -> None:
    seen, left = {"index"}, ["index"]
    while left:
        new = set(led_to(left.pop())) - seen
        seen |= new
        left += new
    assert EVERY - seen == set()


@every_row("page", sorted(WRITTEN))
def test_links_lead_somewhere(page: str) -> None:
    links = _LINK.findall(_FENCE.sub("", WRITTEN[page]))
    inside = [link.partition("#")[0] for link in links if ":" not in link and link[0] != "#"]
    lost = [link for link in inside if not is_there(resolved(page, link))]
    assert lost == []


def test_links_lead_somewhere_without_the_site_too() -> None:
    """A code host shows the pages that stand in the repository, and none that the site makes."""
    lost = [
        (page, link)
        for page, text in WRITTEN.items()
        for link in _LINK.findall(_FENCE.sub("", text))
        if ":" not in link and link[0] != "#"
        if not (DOCS / resolved(page, link.partition("#")[0])).exists()
    ]
    assert lost == []


def is_there(name: str) -> bool:
    return name in PAGES or (DOCS / name).exists()


def test_notebooks_link_to_what_is_there() -> None:
    for name in NOTEBOOKS:
        cells = json.loads((DOCS / name).read_text(encoding="utf-8"))["cells"]
        text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        links = [link for link in _LINK.findall(text) if ":" not in link]
        assert [link for link in links if not is_there(resolved(name, link))] == []


def test_a_newcomers_pages_are_in_both_languages() -> None:
    for name in ("start", "answers"):
        english, chinese = (WRITTEN[f"{folder}/{name}.md"] for folder in ("tutorial", "zh"))
        assert english.count("$ iptsim") == chinese.count("$ iptsim") > 1
        assert re.search("[\u4e00-\u9fff]", chinese)


def test_each_command_has_its_page() -> None:
    for command in COMMANDS:
        page = MADE[f"reference/commands/{command.replace(' ', '-')}.md"]
        assert page.startswith(f"# iptsim {command}\n")
    trace = MADE["reference/commands/trace.md"]
    assert "| `--dport PORT` | Destination port; alone it means tcp. |" in trace


def test_each_code_stands_in_both_languages() -> None:
    rows = [line.split(" | ") for line in MADE["reference/codes.md"].splitlines()]
    told = {row[0].strip("| `"): row for row in rows if row[0].startswith("| `IPT")}
    assert {codes.NO_SUCH_COMMAND, codes.LISTING_HIDES_INTERFACES} <= told.keys()
    assert all(len(row) == 4 and all(cell.strip(" |") for cell in row) for row in told.values())


def test_each_schema_and_each_name_is_there() -> None:
    for name in names():
        assert json.loads(MADE[f"made/schemas/{name}.json"])["$id"] == f"urn:iptsim:{name}/1"
        assert f"\n## {name}\n" in MADE["reference/schemas.md"]
    for name in ("read", "diff", "Rules", "Rules.trace"):
        assert re.search(rf"^##+ {re.escape(name)}$", MADE["reference/api.md"], re.MULTILINE)


def test_what_tells_assistants_names_what_is_there() -> None:
    text = (DOCS / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# iptsim\n\n> ")
    assert [link for link in _LINK.findall(text) if not is_there(link)] == []
    assert set(re.findall(r"`iptsim ([a-z]+)", text)) <= set(COMMANDS)
    pages = [link.removesuffix(".html") for link in _LINK.findall(MADE["made/llms.txt"])]
    assert set(pages) <= EVERY


def test_what_other_tools_read_is_what_they_take() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "iptsim-lint"
    named = re.compile(hook["files"])
    assert all(named.search(each) for each in ("etc/rules.v4", "a.rules", "x/ip6tables-save.txt"))
    assert not named.search("rules.py")
    action = yaml.safe_load((ROOT / ".github/actions/iptsim/action.yml").read_text())
    assert {"dump", "before", "after", "fail"} == action["inputs"].keys()
    # An input in a script would be run: inputs go through the environment.
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert not [text for text in scripts if "${{" in text]


def called(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands that the blocks of a page show, each with its options."""
    for block in _FENCE.findall(text):
        for line in block.splitlines():
            for command, more in re.findall(_CALL, line):
                own = re.split(r" -- |[;|]", re.sub(r"'[^']*'|\"[^\"]*\"", "", more))[0]
                words = own.split()
                yield command, [word.partition("=")[0] for word in words if word[0] == "-"]


@every_row("page", sorted(WRITTEN))
def test_commands_that_a_page_shows_can_be_called(page: str) -> None:
    for command, options in called(WRITTEN[page]):
        assert command in COMMANDS
        known = {name for one in parameters(command_of(command)) for name in option_names(one)}
        short = {option for option in options if option[:2] != "--" and option != "-"}
        unknown = {*options} - {"-", "--help", "-h"} - known
        assert {each for each in unknown if each not in short or each[:2] not in known} == set()


def option_names(one: Parameter) -> tuple[str, ...]:
    return one.names if isinstance(one.told, Option) else ()
