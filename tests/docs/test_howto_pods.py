"""What a page shows behind `$` is what the program prints on standard output.

With IPTSIM_UPDATE set the page is written anew, to be read before it is kept.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "howto" / name for name in ("nftables.md", "pod-rules.md")]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = f'iptsim() {{ {sys.executable} -m iptsim "$@"; }}\n'


def shown(block: str) -> str:
    """The commands of a block, each with what it prints behind it."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{printed(line[2:])}" for line in lines)


def printed(command: str) -> str:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    return subprocess.run(
        ["bash", "-c", PROGRAM + command],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environ,
    ).stdout  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_the_page_shows_what_the_program_prints(file: Path) -> None:
    page = file.read_text(encoding="utf-8")
    told = BLOCK.sub(lambda found: f"```console\n{shown(found[1])}```", page)
    if os.environ.get("IPTSIM_UPDATE"):
        file.write_text(told, encoding="utf-8")
    assert told == page
