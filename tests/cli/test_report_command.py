"""The report: one page that needs nothing else, and whose form answers as the program does."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cli_program import CASE, iptsim
from report_packets import DUMPS, ROOT, as_line, data_in, data_of, differs, random_packets

from iptsim.all_answers import all_answers
from iptsim.dialects import read_text

SCRIPT = ROOT / "iptsim/render/outputs/report_answers.js"
EVIL = "</script><script>alert(1)</script>\"'&"


class Parts(HTMLParser):
    """The scripts of a page, and all that may load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.loads += [
            str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("#")
        ]
        assert not any(name.startswith("on") for name in told)
        self._open = tag == "script" and told.get("type") is None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.scripts.append(data)
            self._open = False


def answered_by_script(data: dict[str, Any], asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the page's script answers, run by node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    code = (
        f"const a = require({json.dumps(str(SCRIPT))});"
        "const x = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(x.asked.map((q) => a.answer(x.data, q))))"
    )
    given = json.dumps({"data": data, "asked": asked})
    done = subprocess.run(
        [node, "-e", code], input=given, capture_output=True, text=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_it_is_one_file_that_lets_nothing_in(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = iptsim("report", CASE / "after.txt", "--before", CASE / "before.txt", "-o", page)
    assert (done.code, done.out) == (0, "")
    text = page.read_text()
    parts = Parts(text)
    assert parts.loads == []
    assert len(parts.ids) == len(set(parts.ids))
    (script,) = parts.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text
    for part in ("ask", "picture", "effects", "lint", "rules"):
        assert f'<section id="{part}">' in text


def test_what_a_dump_holds_is_text() -> None:
    dump = (CASE / "after.save.txt").read_text().replace("ISTIO_REDIRECT", "X<b>'&").strip()
    dump = dump.replace(
        "COMMIT", f'-A OUTPUT -m comment --comment "{EVIL[:-3]}" -j X<b>\'&\nCOMMIT'
    )
    text = iptsim("report", "-o", "-", "-", stdin=dump).out
    assert len(Parts(text).scripts) == 1
    assert "<script>alert" not in text
    assert "X<b>" not in text
    assert data_in(text)["bases"]


@pytest.mark.parametrize("name", DUMPS)
def test_the_form_answers_as_the_program(name: str, tmp_path: Path) -> None:
    asked = random_packets(DUMPS[name], 200, seed=8)
    data = data_of(DUMPS[name])
    mine = answered_by_script(data, asked)
    lines = tmp_path / "packets"
    lines.write_text("".join(f"{as_line(one, n)}\n" for n, one in enumerate(asked)))
    told = iptsim("trace", "-4", "--packets", lines, DUMPS[name]).out.splitlines()
    theirs = map(json.loads, told)
    wrong = [
        (packet, difference)
        for packet, one, other in zip(asked, mine, theirs, strict=True)
        if (difference := differs(data, one, other))
    ]
    assert wrong == []


def test_what_a_page_cannot_tell_it_does_not() -> None:
    data = data_of(DUMPS["istio"])
    base = {"family": 4, "hook": "PREROUTING", "proto": "tcp", "state": "NEW"}
    asked = [
        base | {"dst": "127.0.0.1"},
        base | {"dst": "224.0.0.1"},
        base | {"in": "lo"},
        base | {"dport": "70000"},
        base | {"src": "10.0.0.300"},
        base | {"mark": "0x1"},
        base | {"hook": "OUTPUT", "out": "lo"},
        base | {"hook": "OUTPUT", "out": "eth0"},
        base | {"tcp_flags": "SYN,FUN"},
    ]
    found = answered_by_script(data, asked)
    assert found == [
        {"beyond": "dst"},
        {"beyond": "dst"},
        {"beyond": "in"},
        {"wrong": "dport"},
        {"wrong": "src"},
        {"beyond": "mark"},
        {"beyond": "out"},
        {"beyond": "unaimed"},
        {"wrong": "tcp_flags"},
    ]
    (blind,) = answered_by_script(data | {"aimed": []}, [base | {"dst": "10.0.0.5"}])
    assert blind == {"beyond": "dst"}


def test_too_many_ways_are_not_held() -> None:
    heads = ["*filter", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    # Each rule that matches leaves another mark, so the ways double at each.
    asked = "-A INPUT -p tcp -m recent --name r{} --rcheck -j MARK --set-xmark {}/{}"
    rules = [asked.format(n, hex(1 << n), hex(1 << n)) for n in range(12)]
    text = "\n".join([*heads, *rules, "COMMIT", ""])
    dump = read_text(text, file="f", family=4)
    found = {(a.hook, a.proto, a.state, a.aimed): a.trace for a in all_answers(dump)}
    assert found["PREROUTING", 17, "NEW", None] is not None
    assert found["PREROUTING", 6, "NEW", None] is None
    assert len(found) == 18
    page = iptsim("report", "-4", "-o", "-", "-", stdin=text).out
    base = {"family": 4, "hook": "PREROUTING", "proto": "tcp", "state": "NEW"}
    assert answered_by_script(data_in(page), [base]) == [{"beyond": "size"}]


def test_rules_in_a_loop_are_a_report_that_says_so() -> None:
    dump = "*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -j A\nCOMMIT\n"
    done = iptsim("report", "-4", "-o", "-", "-", stdin=dump)
    assert done.code == 0
    base = {"family": 4, "hook": "PREROUTING", "proto": "tcp", "state": "NEW"}
    (found,) = answered_by_script(data_in(done.out), [base])
    assert "jump loop" in found["refused"]


def test_ipv6() -> None:
    rule = "-A INPUT -s 2001:db8::/64 -p tcp --dport 22 -j ACCEPT"
    dump = f"*filter\n:INPUT DROP [0:0]\n{rule}\nCOMMIT\n"
    text = iptsim("report", "-6", "-o", "-", "-", stdin=dump).out
    base = {"family": 6, "hook": "PREROUTING", "proto": "tcp", "state": "NEW", "dport": "22"}
    asked = [base | {"src": src} for src in ("2001:db8::9", "2001:db8:0:1::9", "2001:zz::")]
    first, second, third = answered_by_script(data_in(text), asked)
    assert [o["verdict"] for o in first["outcomes"]] == ["ACCEPT"]
    assert [o["verdict"] for o in second["outcomes"]] == ["DROP"]
    assert third == {"wrong": "src"}


def test_in_chinese() -> None:
    text = iptsim("report", "--lang", "zh", "-o", "-", CASE / "after.txt").out
    assert "一个包会去哪里？" in text
    assert re.search(r'"back":"← 上一步"', text) or "\\u4e0a\\u4e00\\u6b65" in text


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    done = iptsim("report", "-o", tmp_path / "none" / "r.html", CASE / "after.txt")
    assert (done.code, done.out) == (2, "")
    assert "cannot be written" in done.err
