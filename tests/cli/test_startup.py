"""A short start: heavy libraries are loaded only by who needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cli_program import CASE, ROOT

HEAVY = {"networkx", "rich", "oxidd", "pydantic", "asyncio", "http", "ssl", "IPython"}
PROGRAM = """
import sys
from iptsim.cli.app import run
code = run(sys.argv[1:])
sys.stderr.write(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
raise SystemExit(code)
"""


def loaded(*arguments: object) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("form", ["text", "json"])
def test_trace_loads_nothing_heavy(form: str) -> None:
    found = loaded("trace", "--dport", "8088", "--format", form, CASE / "after.txt")
    assert "iptsim" in found
    assert not found & HEAVY


def test_a_graph_needs_networkx() -> None:
    assert "networkx" in loaded("graph", CASE / "after.txt")


def test_help_reads_no_grammar() -> None:
    assert not loaded("trace", "--help") & {*HEAVY, "lark"}
