"""What the README shows is what the program prints, and its commands are those of the Makefile."""

from __future__ import annotations

import re
import shlex

import pytest
from cli_program import iptsim
from warm_program import ROOT

README = (ROOT / "README.md").read_text()
EXAMPLE = re.compile(r"^```\n\$ (iptsim .*)\n((?:.*\n)*?)```$", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(README)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[one for one, _ in EXAMPLES])
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
        r"^\t\$\(BIN\)/(iptsim .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    case = "fixtures/istio/both-directions"
    assert EXAMPLES[0][0] == command.replace("$(CASE)", case)
