"""A short start: heavy libraries are loaded only by who needs them.

And the program as most tests call it, beside one that is started.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from called_program import ROOT, called, started
from cli_program import CASE
from every_row import every_row

HEAVY = {"networkx", "rich", "oxidd", "pydantic", "asyncio", "http", "ssl", "IPython"}
PROGRAM = """
import sys
from iptsim.cli.app import run
code = run(sys.argv[1:])
sys.stderr.write(" ".join(sorted(sys.modules)))
raise SystemExit(code)
"""


def modules(*arguments: object) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def loaded(*arguments: object) -> set[str]:
    return {name.partition(".")[0] for name in modules(*arguments)}


@pytest.mark.parametrize("form", ["text", "json"])
def test_trace_loads_nothing_heavy(form: str) -> None:
    found = loaded("trace", "--dport", "8088", "--format", form, CASE / "after.txt")
    assert "iptsim" in found
    assert not found & HEAVY


def test_a_graph_needs_networkx_where_chains_lead_back(tmp_path: Path) -> None:
    loop = tmp_path / "loop.txt"
    loop.write_text("*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A\nCOMMIT\n")
    assert "networkx" in loaded("graph", "-4", loop)
    assert "networkx" not in loaded("graph", CASE / "after.txt")


def test_help_reads_no_grammar() -> None:
    assert not loaded("trace", "--help") & {*HEAVY, "lark"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_is_said_of_the_program_itself_loads_no_room(option: str) -> None:
    rooms = {".".join(name.split(".")[:2]) for name in modules(option) if name[:7] == "iptsim."}
    assert rooms == {
        "iptsim.cli",
        "iptsim.dataclass",
        "iptsim.regex",
        "iptsim.errors",
        "iptsim.render",
        "iptsim.codes",
        "iptsim.stages",
    }


def test_a_trace_of_a_listing_loads_what_the_listing_asks_for() -> None:
    found = modules("trace", "--dport", "8088", "--lang", "en", CASE / "after.txt")
    assert "iptsim.dialects.listing.listing" in found
    others = (
        "iptsim.cli.diff", "iptsim.dialects.commands.commands", "iptsim.dialects.places.streams",
        "iptsim.dialects.rule.plans", "iptsim.dialects.save", "iptsim.dialects.wrappers.escapes",
        "iptsim.explain.catalogue.en_lint", "iptsim.explain.catalogue.zh_", "iptsim.lint",
        "iptsim.extensions.packet_bytes", "iptsim.netfilter.reading", "iptsim.symbolic",
        "iptsim.tracer.replies",
    )  # fmt: skip
    assert not {name for name in found if name.startswith(others)}


SLOW = {
    "typer", "click", "lark", "dataclasses", "inspect", "ast", "pathlib", "socket", "ipaddress",
    "datetime", "hashlib", "json", "string", "shutil", "html", "shlex", "threading", "logging",
}  # fmt: skip
"""Modules each of which takes a hundredth or more of what a short trace may take."""
MOST_FILES, MOST_EXPRESSIONS = 166, 40
"""Bounds on what a short trace loads of the house, and compiles."""
MOST_ENTERED, MOST_CALLS = 117, 46_800
"""Bounds on the files in which it calls a function, and on its calls: see `make walk`."""


def test_a_short_trace_loads_little() -> None:
    found = modules("trace", "--dport", "8088", CASE / "after.txt")
    assert not found & SLOW
    assert len([name for name in found if name.partition(".")[0] == "iptsim"]) <= MOST_FILES


def test_a_short_trace_enters_few_files() -> None:
    walk = ROOT / "tests" / "benchmarks" / "walk.py"
    done = subprocess.run(
        [sys.executable, str(walk)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    counted = [int(word) for word in done.stdout.partition("\n")[0].split() if word.isdigit()]
    files, entered, calls = counted
    assert 50 < files <= MOST_FILES
    assert 50 < entered <= MOST_ENTERED
    assert 1000 < calls <= MOST_CALLS


def test_a_short_trace_compiles_few_expressions() -> None:
    counted = PROGRAM.replace(
        "import sys\n",
        "import re, sys\ncount, real = [], re._compiler.compile\n"
        "re._compiler.compile = lambda *told: count.append(1) or real(*told)\n",
    ).replace("sys.stderr.write(", "sys.stderr.write(str(len(count))) or (")
    done = subprocess.run(
        [sys.executable, "-c", counted, "trace", "--dport", "8088", str(CASE / "after.txt")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert 0 < int(done.stderr) <= MOST_EXPRESSIONS


TEXT = (CASE / "after.txt").read_bytes()
AFTER, BEFORE = str(CASE / "after.txt"), str(CASE / "before.txt")


@every_row(
    ("arguments", "environ"),
    [
        (["trace", "--dport", "8088", "-"], {}),
        (["trace", "--dport", "8088", "--lang", "zh", AFTER], {"COLUMNS": "60"}),
        (["query", "--fate", "local", "--dport", "8088", AFTER], {"LC_ALL": "zh_CN.UTF-8"}),
        (["diff", BEFORE, AFTER], {"IPTSIM_DEBUG": "1"}),
        (["lint", "--format", "json", AFTER], {"LC_ALL": "C"}),
        (["graph", AFTER], {"NO_COLOR": "1"}),
        (["convert", "--to", "save", "/nowhere"], {}),
        (["trace", "--nonsense"], {}),
        ([], {}),
    ],
    ids=range(9),
)
def test_a_call_is_as_a_start(arguments: list[str], environ: dict[str, str]) -> None:
    given = {**os.environ, "LC_ALL": "C.UTF-8", **environ}
    assert called(arguments, TEXT, given) == started(arguments, TEXT, given)


LEFT = """
import atexit, sys
from iptsim.cli import main
atexit.register(sys.stderr.write, "taken apart")
{watch}
main()
"""


@pytest.mark.parametrize(
    ("watch", "told"),
    [
        ("", ""),
        ("sys.setprofile(lambda *event: None)", "taken apart"),
        ("import threading as t; t.Thread(target=t.main_thread().join).start()", "taken apart"),
    ],
    ids=["alone", "watched", "threads"],
)
def test_what_was_read_is_not_taken_apart_at_the_end(watch: str, told: str) -> None:
    arguments = ["trace", "--dport", "8088", "--chain", "no-such-chain", AFTER]
    program = LEFT.format(watch=watch)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input="", capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    plain = called(arguments, b"", os.environ)
    assert (done.returncode, done.stdout) == (plain.code, plain.out)
    assert done.stderr == plain.err + told
