"""The diff of each fixture, as text and as JSON, beside what is expected of it.

`python tests/golden/test_diff.py` writes what is expected anew, to be read before it is kept.
"""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

from every_row import every_row

from iptsim.dialects import read_files
from iptsim.diff import diff
from iptsim.render.outputs.diff_json import diff_json
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style, columns_of

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "diff"
# Name of the expectation: earlier dump, later dump, language, columns.
CASES = {
    "both-directions": ("istio/both-directions/before.txt", "after.txt", "en", 100),
    "both-directions.zh": ("istio/both-directions/before.txt", "after.txt", "zh", 100),
    "both-directions.60": ("istio/both-directions/before.txt", "after.txt", "en", 60),
    "both-directions.swapped": ("istio/both-directions/after.txt", "before.txt", "en", 100),
    "both-directions.save": ("istio/both-directions/before.save.txt", "after.save.txt", "en", 100),
    "both-directions.mixed": ("istio/both-directions/before.save.txt", "after.txt", "en", 100),
    "docker": ("docker/published-port/before.save.txt", "after.save.txt", "en", 100),
    "kube-proxy": ("kube-proxy/services/before.save.txt", "after.save.txt", "en", 100),
    "host": ("firewall/host/before.save.txt", "after.save.txt", "en", 100),
    "ipv6": ("firewall/ipv6/before.save.txt", "after.save.txt", "en", 100),
}


def text_of(name: str) -> str:
    earlier, later, lang, width = CASES[name]
    case = ROOT / "fixtures" / earlier
    with chdir(case.parent):
        found = diff(read_files([case.name]), read_files([later]))
        sources = {file: Path(file).read_text().splitlines() for file in (case.name, later)}
    return diff_text(found, Style(lang=lang, width=width), sources=sources) + "\n"


def json_of() -> str:
    with chdir(ROOT / "fixtures/istio/both-directions"):
        found = diff(read_files(["before.txt"]), read_files(["after.txt"]))
    return json.dumps(diff_json(found), indent=2, ensure_ascii=False) + "\n"


@every_row("name", CASES)
def test_text(name: str) -> None:
    assert text_of(name) == (EXPECTED / f"{name}.txt").read_text()


@every_row("name", CASES)
def test_no_line_is_wider_than_asked(name: str) -> None:
    width, text = CASES[name][3], (EXPECTED / f"{name}.txt").read_text()
    assert [line for line in text.splitlines() if columns_of(line) > width] == []


def test_json() -> None:
    assert json_of() == (EXPECTED / "both-directions.json").read_text()


if __name__ == "__main__":
    for case in CASES:
        (EXPECTED / f"{case}.txt").write_text(text_of(case))
    (EXPECTED / "both-directions.json").write_text(json_of())
