"""What docs/howto/learn.md shows behind `$` is what the program prints, in a folder of its own.

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
PAGE = ROOT / "docs" / "howto" / "learn.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = f'iptsim() {{ {sys.executable} -m iptsim "$@"; }}\n'


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_the_page_shows_what_the_program_prints(tmp_path: Path) -> None:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    environ |= {"XDG_STATE_HOME": str(tmp_path / "state")}

    def printed(command: str) -> str:
        call = ["bash", "-c", PROGRAM + command]
        return subprocess.run(
            call, capture_output=True, text=True, check=False, cwd=tmp_path, env=environ
        ).stdout

    def shown(found: re.Match[str]) -> str:
        lines = [line for line in found[1].splitlines() if line.startswith("$ ")]
        told = "".join(f"{line}\n{printed(line[2:])}" for line in lines)
        return f"```console\n{told}```"

    page = PAGE.read_text(encoding="utf-8")
    told = BLOCK.sub(shown, page)
    if os.environ.get("IPTSIM_UPDATE"):
        PAGE.write_text(told, encoding="utf-8")
    assert told == page
