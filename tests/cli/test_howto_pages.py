"""What the pages of docs/howto show is what the program prints.

`python tests/cli/test_howto_pages.py`, with PYTHONPATH=tests/unit:tests/cli, writes it anew, to
be read before it is kept.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

from called_program import ROOT
from cli_program import iptsim
from every_row import every_row

PAGES = sorted((ROOT / "docs/howto").glob("*.md"))
EXAMPLE = re.compile(r"^```\n\$ (iptsim .*)\n((?:.*\n)*?)```$", re.MULTILINE)
EXAMPLES = [found for page in PAGES for found in EXAMPLE.findall(page.read_text())]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


@every_row(("command", "shown"), EXAMPLES, ids=[one for one, _ in EXAMPLES])
def test_example(command: str, shown: str) -> None:
    done = iptsim(*shlex.split(command)[1:])
    assert (done.out, done.err) == (shown, "")


def _anew(found: re.Match[str]) -> str:
    words = [sys.executable, "-m", *shlex.split(found[1])]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return f"```\n$ {found[1]}\n{done.stdout}```"


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(EXAMPLE.sub(_anew, each.read_text()))
