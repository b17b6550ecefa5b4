"""What the README, the tutorial and the Chinese pages show is what the program prints.

The README's commands are those of the Makefile.
"""

from __future__ import annotations

import re
import shlex

from called_program import ROOT
from cli_program import iptsim
from every_row import every_row

README = (ROOT / "README.md").read_text()
FOLDERS = ("tutorial", "zh")
"""`test_howto_pages.py` runs what the other pages show."""
PAGES = [page for name in FOLDERS for page in sorted((ROOT / "docs" / name).glob("*.md"))]
HOWTOS = [page.read_text() for page in PAGES]
EXAMPLE = re.compile(r"^```\n\$ (iptsim .*)\n((?:.*\n)*?)```$", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(README)
ANSWERS = [found for page in HOWTOS for found in EXAMPLE.findall(page)]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3
    assert len(ANSWERS) == sum(page.count("$ iptsim") for page in HOWTOS) >= 12


@every_row(("command", "shown"), EXAMPLES + ANSWERS, ids=[one for one, _ in EXAMPLES + ANSWERS])
def test_example(command: str, shown: str) -> None:
    done = iptsim(*shlex.split(command)[1:])
    assert (done.out, done.err) == (shown, "")


def test_make_knows_the_commands() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)$", README, re.MULTILINE))
    assert named
    assert named <= targets


def test_make_run_prints_the_first_example() -> None:
    (command,) = re.findall(
        r"^run:.*\n\t\$\(BIN\)/(iptsim .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    case = "fixtures/istio/both-directions"
    assert EXAMPLES[0][0] == command.replace("$(CASE)", case)
