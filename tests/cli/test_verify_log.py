"""`verify --log` as people call it, and what the how-to shows of it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import iptsim
from every_row import every_row

FOLDER = ROOT / "fixtures" / "trace-logs"
RULES = FOLDER / "rules.txt"
PAGE = (ROOT / "docs" / "howto" / "trace-log.md").read_text()
EXAMPLES = re.findall(r"^```\n\$ (iptsim .*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_the_page_shows_what_is_printed(command: str, shown: str) -> None:
    done = iptsim(*shlex.split(command)[1:])
    assert (done.out, done.err) == (shown, "")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("log", sorted(FOLDER.glob("*.log")), ids=lambda path: path.stem)
@pytest.mark.parametrize(("lang", "words"), [("en", "5 as we say"), ("zh", "5 个一致")])
def test_every_log_agrees(log: Path, lang: str, words: str) -> None:
    done = iptsim("verify", RULES, "--log", log, "--lang", lang)
    assert (done.code, done.err) == (0, "")
    assert words in done.out.splitlines()[0]


def test_a_difference_is_exit_code_one_and_json_tells_it() -> None:
    log = (FOLDER / "kernel.log").read_text().replace("filter:user:rule:2", "filter:user:rule:1")
    done = iptsim("verify", RULES, "--log", "-", "--format", "json", stdin=log)
    assert (done.code, done.err) == (1, "")
    told = json.loads(done.out)
    assert told["schema"] == "iptsim.verify-log/1"
    assert [each["answer"] for each in told["packets"]].count("disagree") == 1


def test_a_log_is_read_beside_a_dump_that_is_piped_in() -> None:
    done = iptsim("verify", "-", "--log", FOLDER / "nft-monitor.log", stdin=RULES.read_text())
    assert done.code == 0


@every_row(
    ("words", "told"),
    [
        (("--log", RULES), "no line of a trace"),
        (("--log", FOLDER / "kernel.log", "--legacy"), "--legacy"),
        (("--log", FOLDER / "kernel.log", "--packets", "-"), "--packets"),
        (("--log", FOLDER / "none.log"), "none.log"),
        (("--log", FOLDER / "kernel.log", "--in", "eth0=10.0.0.0/8"), "NAME=SOURCES"),
    ],
)
@every_row("lang", ["en", "zh"])
def test_wrong_usage(words: tuple[str, ...], told: str, lang: str) -> None:
    done = iptsim("verify", RULES, *words, "--lang", lang)
    assert (done.code, done.out) == (2, "")
    if lang == "en":
        assert told in done.err
