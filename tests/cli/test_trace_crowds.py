"""A packet of which little is told, asked of thousands of rules: an answer that can be read."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from cli_program import iptsim

from iptsim.render.shared.terminal import columns_of

RULES = 2_000
MOST_LINES = 60
LOG = "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j LOG"
STEM = ("-A INPUT -i lo -j ACCEPT", LOG)


def filter_dump(count: int) -> str:
    random = Random(7)  # noqa: S311  # the same rules each time
    lines = ["*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", *STEM]
    for _ in range(count - len(STEM)):
        source = f"{random.randint(1, 223)}.{random.randint(0, 255)}.{random.randint(0, 255)}.0/24"
        port = random.choice(("", "-p tcp -m tcp --dport 443", "-p udp -m udp --dport 53"))
        rule = f"-A INPUT -s {source} {port} -j {random.choice(('ACCEPT', 'DROP'))}"
        lines.append(" ".join(rule.split()))
    return "\n".join([*lines, "COMMIT", ""])


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crowd") / "rules.txt"
    path.write_text(filter_dump(RULES))
    return path


@pytest.mark.parametrize("asked", [("-p", "tcp"), ("--src", "10.1.2.3")], ids=" ".join)
@pytest.mark.parametrize("width", [100, 60])
def test_it_can_be_read(dump: Path, asked: tuple[str, ...], width: int) -> None:
    done = iptsim("trace", *asked, dump, COLUMNS=str(width))
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert len(lines) < MOST_LINES * 100 / width
    assert [line for line in lines if columns_of(line) > width and str(dump) not in line] == []


def test_what_is_left_out_is_counted(dump: Path) -> None:
    told = " ".join(iptsim("trace", "-p", "tcp", dump).out.split())
    assert "by the policy of filter INPUT" in told
    assert "more rules (--format json has all)" in told


def test_json_has_every_rule_that_decides_with_its_packets(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text(filter_dump(300))
    answer = json.loads(iptsim("trace", "-p", "tcp", "--format", "json", path).out)
    outcomes = answer["outcomes"]
    deciders = [outcome["steps"][-1]["rule"] for outcome in outcomes]
    assert len(outcomes) > 100
    assert len(set(deciders)) == len(deciders)
    assert all(cube.get("src") or cube.get("!src") for o in outcomes for cube in o["when"])


def test_an_expectation_counts_what_is_not_told(dump: Path) -> None:
    assert iptsim("trace", "-p", "tcp", "--expect", "ACCEPT", dump).code == 1
