"""What `iptsim query` says of each fixture, beside what is expected of it.

`python tests/golden/test_query_goldens.py` writes what is expected anew, to be read before it is
kept.
"""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

from every_row import every_row

from iptsim.dialects import read_files
from iptsim.query import query
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.query_text import query_text
from iptsim.render.shared.terminal import Style, columns_of

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "query"
# Name of the expectation: dump, fate, language, columns.
CASES = {
    "sidecar": ("istio/both-directions/after.save.txt", "REDIRECT:15001", "en", 100),
    "sidecar.60": ("istio/both-directions/after.save.txt", "REDIRECT:15001", "en", 60),
    "sidecar.zh": ("istio/both-directions/after.save.txt", "REDIRECT:15001", "zh", 100),
    "sidecar.listing": ("istio/both-directions/after.txt", "REDIRECT:15001", "en", 100),
    "nothing": ("istio/both-directions/after.save.txt", "DNAT:10.0.0.9:80", "en", 100),
    "host": ("firewall/host/after.save.txt", "DROP", "en", 100),
    "host.zh": ("firewall/host/after.save.txt", "DROP", "zh", 60),
    "docker": ("docker/published-port/after.save.txt", "DNAT:172.17.0.2:80", "en", 100),
}


def text_of(name: str) -> str:
    dump, fate, lang, width = CASES[name]
    case = ROOT / "fixtures" / dump
    with chdir(case.parent):
        found = query(read_files([case.name]), fate=fate)
    return query_text(found, Style(lang=lang, width=width)) + "\n"


def json_of() -> str:
    with chdir(ROOT / "fixtures/istio/both-directions"):
        found = query(read_files(["after.save.txt"]), fate="REDIRECT:15001")
    return json.dumps(query_json(found), indent=2, ensure_ascii=False) + "\n"


@every_row("name", CASES)
def test_text(name: str) -> None:
    assert text_of(name) == (EXPECTED / f"{name}.txt").read_text()


@every_row("name", CASES)
def test_no_line_is_wider_than_asked(name: str) -> None:
    lines = (EXPECTED / f"{name}.txt").read_text().splitlines()
    assert [line for line in lines if columns_of(line) > CASES[name][3]] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_json() -> None:
    assert json_of() == (EXPECTED / "sidecar.json").read_text()


if __name__ == "__main__":
    for case in CASES:
        (EXPECTED / f"{case}.txt").write_text(text_of(case))
    (EXPECTED / "sidecar.json").write_text(json_of())
