"""The pre-commit hook and the GitHub action, run as their tools run them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
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


@pytest.mark.parametrize("given", [{}, {"BEFORE": "a"}, {"AFTER": "a"}])
def test_an_action_without_its_inputs_says_what_to_give(
    given: dict[str, str], tmp_path: Path
) -> None:
    env = environ(tmp_path) | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    done = in_action(env | dict.fromkeys(("DUMP", "BEFORE", "AFTER"), "") | given)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("::error::iptsim: give ")


@pytest.mark.parametrize("name", ["--help", "$(touch ran)", "a; touch ran", "`touch ran`", "a b"])
def test_an_input_of_the_action_is_a_name_and_nothing_else(name: str, tmp_path: Path) -> None:
    good, _twice = files(tmp_path)
    (tmp_path / name).write_text(good.read_text())
    env = environ(tmp_path) | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    told = {"DUMP": name, "BEFORE": "", "AFTER": "", "FAIL": "true"}
    done = in_action(env | told, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()
    assert (tmp_path / "summary.md").read_text().strip()


def in_action(env: dict[str, str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The last step of the action, as a runner calls it."""
    action = yaml.safe_load((ROOT / ".github/actions/iptsim/action.yml").read_text())
    script = action["runs"]["steps"][-1]["run"]
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env=env, capture_output=True, encoding="utf-8", check=False, timeout=60, cwd=folder,
    )  # fmt: skip


def test_the_container_copies_all_that_a_wheel_is_made_of() -> None:
    lines = (ROOT / "docs/container/Containerfile").read_text().splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    copied = {name for names in copies for name in names if not name.startswith(("-", "/"))}
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    made = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    taken = {Path(name).parts[0] for name in made["force-include"]}
    assert taken | {"pyproject.toml", "iptsim", project["project"]["readme"], "LICENSE"} <= copied
