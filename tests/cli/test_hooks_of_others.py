"""The pre-commit hook and the GitHub action, run as their tools run them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import yaml
from called_program import ROOT

GOOD = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""
TWICE = GOOD.replace("COMMIT", "-A INPUT -s 192.0.2.0/25 -p tcp -m tcp --dport 22 -j DROP\nCOMMIT")


def environ(folder: Path) -> dict[str, str]:
    """Where `iptsim` is the program of this tree."""
    program = folder / "bin" / "iptsim"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iptsim "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def files(folder: Path) -> tuple[Path, Path]:
    good, twice = folder / "good one.rules", folder / "twice.rules"
    good.write_text(GOOD)
    twice.write_text(TWICE)
    return good, twice


def test_the_hook_looks_at_each_file_by_itself(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    good, twice = files(tmp_path)
    env = environ(tmp_path)
    for given, code in (((good, twice), 1), ((good, good), 0)):
        done = subprocess.run(
            [*shlex.split(hook["entry"]), *map(str, given)],
            env=env, capture_output=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (code, "")
        assert ("IPT0711" in done.stdout) is bool(code)


def test_the_action_annotates_and_sums_up(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / ".github/actions/iptsim/action.yml").read_text())
    script = action["runs"]["steps"][-1]["run"]
    good, twice = files(tmp_path)
    summary = tmp_path / "summary.md"
    env = environ(tmp_path) | {"GITHUB_STEP_SUMMARY": str(summary), "BEFORE": str(good)}
    for dump, after, fail, code, begins in (
        (str(twice), "", "true", 1, "::error file="),
        (str(twice), "", "false", 0, "::error file="),
        (str(good), "", "true", 0, ""),
        ("", str(twice), "true", 0, "::notice file="),
    ):
        summary.write_text("")
        told = env | {"DUMP": dump, "AFTER": after, "FAIL": fail}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env=told, capture_output=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (code, "")
        assert done.stdout.strip().startswith(begins)
        assert summary.read_text().strip()
