"""What lint says of fixtures, as text, JSON and SARIF, beside what is expected of it.

`python tests/golden/test_lint_texts.py` writes what is expected anew, to be read before it is kept.
"""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_files
from iptsim.lint import Report, lint
from iptsim.render.outputs.lint_json import lint_json
from iptsim.render.outputs.lint_text import lint_text
from iptsim.render.outputs.sarif import sarif
from iptsim.render.shared.terminal import Style

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "lint"
# Name of the expectation: dump, language, columns.
CASES = {
    "host": ("firewall/host/after.save.txt", "en", 100),
    "host.zh": ("firewall/host/after.save.txt", "zh", 100),
    "host.60": ("firewall/host/after.save.txt", "en", 60),
    "host.listing": ("firewall/host/after.filter.txt", "en", 100),
    "ipv6": ("firewall/ipv6/after.save.txt", "en", 100),
    "docker": ("docker/published-port/after.save.txt", "en", 100),
    "kube-proxy": ("kube-proxy/services/after.save.txt", "en", 100),
    "docker.all": ("docker/published-port/after.save.txt", "en", 100),
    "kube-proxy.all": ("kube-proxy/services/after.save.txt", "en", 100),
    "istio-dns": ("istio/dns-1.10/after.save.txt", "en", 100),
    "istio-tproxy": ("istio/tproxy-1.10/after.save.txt", "en", 100),
    "istio-tproxy.all": ("istio/tproxy-1.10/after.save.txt", "en", 100),
    "istio": ("istio/both-directions/after.save.txt", "en", 100),
}


def report_of(dump: str) -> Report:
    path = ROOT / "fixtures" / dump
    with chdir(path.parent):
        return lint(read_files([path.name]))


def text_of(name: str) -> str:
    """As asked for by default; of names that end in `.all`, each finding."""
    dump, lang, width = CASES[name]
    every = name.endswith(".all")
    return lint_text(report_of(dump), Style(lang=lang, width=width), every=every) + "\n"


def data_of(form: str) -> str:
    report = report_of(CASES["host"][0])
    data = lint_json(report) if form == "json" else sarif(report, version="1.0")
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


@every_row("name", CASES)
def test_text(name: str) -> None:
    assert text_of(name) == (EXPECTED / f"{name}.txt").read_text()


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_data(form: str) -> None:
    assert data_of(form) == (EXPECTED / f"host.{form}").read_text()


if __name__ == "__main__":
    for case in CASES:
        (EXPECTED / f"{case}.txt").write_text(text_of(case))
    for each in ("json", "sarif"):
        (EXPECTED / f"host.{each}").write_text(data_of(each))
