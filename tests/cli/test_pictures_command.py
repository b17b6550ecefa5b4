"""Pictures as a user asks for them: `graph`, `trace` and `diff` with --format svg and html."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from cli_program import CASE, iptsim

AFTER, BEFORE = CASE / "after.txt", CASE / "before.txt"


def kube(count: int) -> str:
    lines = ["*nat", ":PREROUTING ACCEPT [0:0]", ":SERVICES - [0:0]", "-A PREROUTING -j SERVICES"]
    for n in range(count):
        lines += [f":SVC-{n} - [0:0]", f":SEP-{n} - [0:0]", f"-A SVC-{n} -j SEP-{n}"]
        lines.append(f"-A SERVICES -d 10.96.{n // 250}.{n % 250}/32 -j SVC-{n}")
        lines.append(f"-A SEP-{n} -p tcp -j DNAT --to-destination 10.2.0.9:8080")
    return "\n".join([*lines, "COMMIT", ""])


@pytest.mark.parametrize(
    "arguments",
    [
        ("graph", AFTER),
        ("graph", "--dport", "8088", AFTER),
        ("graph", "--from", "ISTIO_OUTPUT", AFTER),
        ("trace", "--dport", "8088", AFTER),
        ("diff", BEFORE, AFTER),
    ],
)
def test_each_has_a_picture_and_a_page(arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    drawn = iptsim(command, "--format", "svg", *rest)
    assert drawn.out.startswith("<svg ")
    assert drawn.out.endswith("</svg>\n")
    page = iptsim(command, "--format", "html", *rest)
    assert page.out.startswith("<!DOCTYPE html>")
    assert page.out.count("<svg ") == 2
    assert drawn.code == page.code == (1 if command == "diff" else 0)


def test_a_page_lets_nothing_in() -> None:
    page = iptsim("graph", "--format", "html", AFTER).out
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert re.findall(r"(?:src|href)\s*=\s*\S+", page) == []
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_text_of_a_dump_is_text_in_a_page() -> None:
    dump = AFTER.read_text().replace("ISTIO_INBOUND", "<script>alert(1)</script>")
    for form in ("svg", "html"):
        assert "<script" not in iptsim("graph", "--format", form, "-", stdin=dump).out


def test_from_a_chain_on() -> None:
    text = iptsim("graph", "--from", "ISTIO_OUTPUT", AFTER).out
    assert [line.split()[0] for line in text.splitlines()[:4]] == [
        "nat,", "ISTIO_OUTPUT", "ISTIO_IN_REDIRECT", "ISTIO_REDIRECT",
    ]  # fmt: skip
    found = json.loads(iptsim("graph", "--from", "ISTIO_INBOUND", "--format", "json", AFTER).out)
    assert [one["chain"] for one in found["chains"]] == ["ISTIO_INBOUND", "ISTIO_IN_REDIRECT"]
    for form in ("text", "svg"):
        absent = iptsim("graph", "--from", "NONE", "--format", form, AFTER)
        assert (absent.code, absent.out) == (2, "")
        assert "NONE" in absent.err


def test_a_packet_cuts_every_form() -> None:
    for form in ("text", "json", "dot", "mermaid", "svg", "html"):
        told = iptsim("graph", "--dport", "8088", "--format", form, AFTER).out
        assert "ISTIO_INBOUND" in told
        assert "ISTIO_OUTPUT" not in told


def test_large_drawings_are_folded_and_say_so() -> None:
    dump = kube(2000)
    for form in ("dot", "mermaid"):
        done = iptsim("graph", "--format", form, "-", stdin=dump)
        assert len(done.out) < 20_000
        assert "4000 of 4001 chains are folded away" in done.err
    page = iptsim("graph", "--format", "html", "-", stdin=dump).out
    assert "1986 more rules" in page
    assert "10.96.7.249" in page  # opened on demand
    assert "10.96.7.249" not in iptsim("graph", "--format", "svg", "-", stdin=dump).out


def test_what_mermaid_does_not_take_is_told() -> None:
    names = [f"{'C' * 20}{n}" for n in range(14)]
    rules = [
        f"-A {one} -p tcp --dport {n} -j {two}" for one in names for n, two in enumerate(names)
    ]
    heads = [":INPUT ACCEPT [0:0]", *(f":{name} - [0:0]" for name in names[:13])]
    body = [f"-A INPUT -j {name}" for name in names[:13]]
    body += [r for r in rules for _ in range(8) if int(r.split()[-1][20:]) > int(r.split()[1][20:])]
    dump = "\n".join(["*filter", *heads, *body, "COMMIT", ""])
    done = iptsim("graph", "--format", "mermaid", "-", stdin=dump)
    assert (len(done.out) > 50_000) == ("too large" in done.err)


def test_graphviz_takes_a_large_table() -> None:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    drawing = iptsim("graph", "--format", "dot", "-", stdin=kube(2000)).out
    done = subprocess.run([dot, "-Tsvg"], input=drawing, capture_output=True, text=True, check=True)
    assert "10.96.0.13" in done.stdout


def test_in_chinese() -> None:
    page = iptsim("graph", "--lang", "zh", "--format", "html", AFTER).out
    assert '<html lang="zh-CN">' in page
    assert "数据包如何经过规则" in page
    assert "交给路由" in page
