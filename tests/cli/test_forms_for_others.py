"""`--format markdown` and `--format github`: what is pasted into an issue, and what CI shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim
from markdown_it import MarkdownIt

HOST = ROOT / "fixtures/firewall/host/after.save.txt"
# What a person may write into a comment, and each form has to bear.
COMMENT = "]</td>|``` ::error::x%0A <script> [a](//b) @all #1 \u202e"
HOSTILE = f"""*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp -m comment --comment "{COMMENT}" -j DROP
-A INPUT -p tcp --dport 22 -m comment --comment "{COMMENT}" -j ACCEPT
COMMIT
"""
OTHER = HOSTILE.replace("-j DROP", "-j REJECT")
GFM = MarkdownIt("commonmark").enable("table")


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "a.txt", tmp_path / "b.txt"
    for file, text in zip(files, (HOSTILE, OTHER), strict=True):
        file.write_text(text)
    return files


def test_a_trace_is_a_table_under_its_verdict() -> None:
    done = iptsim("trace", "--dport", "8088", "--format", "markdown", CASE / "after.txt")
    first, _, head, _, *rows = done.out.splitlines()
    assert first == "**✔ ACCEPT** tcp to this host, port 8088 → port 15001"
    assert head == "| # | Hook | Rule | Asks for | Does | Line |"
    assert rows[1] == (
        "| 2 | PREROUTING | nat ISTIO_INBOUND 1 | `tcp dport 8088` | jump to ISTIO_IN_REDIRECT "
        "| after.txt:17 |"
    )
    assert "- This listing hides interfaces" in done.out


def test_what_is_not_sure_stays_so() -> None:
    done = iptsim("trace", "-p", "tcp", "--format", "markdown", CASE / "after.txt")
    assert done.out.startswith("**?** ACCEPT, but REDIRECT to port 15001 if the port is 8088\n")
    assert "| 2 | REDIRECT to port 15001 | by nat ISTIO_IN_REDIRECT 1" in done.out


def test_the_others_begin_with_their_answer() -> None:
    begins = {
        ("why", "--dport", "8088"): "**tcp to this host, port 8088: REDIRECT to port 15001.**",
        ("query", "--fate", "DROP"): "**No packet",
        ("query", "--matrix"): "```",
    }
    for words, begin in begins.items():
        assert iptsim(*words, "--format", "markdown", CASE / "after.txt").out.startswith(begin)
    lint = iptsim("lint", "--format", "markdown", HOST)
    assert lint.code == 1
    assert re.search(r"^- \*\*IPT0711\*\* \S+:39 filter INPUT 13 can never match", lint.out, re.M)
    assert lint.out.count("`-A INPUT -g LOGDROP`") == 1
    stat = ("diff", "--stat", "--format", "markdown", CASE / "before.txt", CASE / "after.txt")
    assert iptsim(*stat).out.startswith(
        "nat: 1 chain added, 2 rules added, 1 chain used once more\n\n"
    )
    diff = iptsim("diff", "--format", "markdown", CASE / "before.txt", CASE / "after.txt")
    assert "| after | redirected to port 15001 | nat ISTIO_INBOUND 1 |" in diff.out
    assert "```diff\n  Chain PREROUTING" in diff.out


def test_in_chinese() -> None:
    words = ("trace", "--dport", "8088", "--format", "markdown", "--lang", "zh")
    assert "| # | 钩子 | 规则 | 条件 | 动作 | 位置 |" in iptsim(*words, CASE / "after.txt").out


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "-p", "tcp"),
        ("why", "-p", "tcp"),
        ("query", "--fate", "DROP"),
        ("lint",),
        ("diff",),
    ],
    ids=lambda words: words[0],
)
def test_a_dump_makes_nothing_of_the_page(
    words: tuple[str, ...], hostile: tuple[Path, Path]
) -> None:
    dumps = hostile if words[0] == "diff" else hostile[:1]
    done = iptsim(*words, "-4", "--format", "markdown", *dumps)
    assert done.code < 2, done
    tokens = [one for token in GFM.parse(done.out) for one in (token, *(token.children or ()))]
    found = {token.type for token in tokens}
    assert not found & {"html_inline", "html_block", "link_open", "image", "heading_open", "hr"}
    written = [token.content for token in tokens if token.type == "text"]
    assert not [text for text in written if "@all" in text or "#1" in text]


def test_findings_annotate_their_lines() -> None:
    done = iptsim("lint", "--format", "github", HOST)
    lines = done.out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::notice", "::notice"]
    assert lines[0].startswith(
        f"::error file={HOST},line=39,title=IPT0711 filter INPUT 13 can never"
    )
    assert "%0A-A INPUT -g LOGDROP" in lines[0]
    assert done.code == 1
    assert len(iptsim("lint", "--all", "--format", "github", HOST).out.splitlines()) == 4


def test_a_difference_annotates_who_decides() -> None:
    after = CASE / "after.txt"
    done = iptsim("diff", "--format", "github", CASE / "before.txt", after)
    effect, *changes = done.out.splitlines()
    assert effect.startswith(f"::warning file={after},line=17,title=nat%3A 1 chain added%2C ")
    assert "now redirected to port 15001" in effect
    assert {line.split(" ")[0] for line in changes} == {"::notice"}
    assert iptsim("diff", "--format", "github", after, after).out.strip() == ""


def test_what_is_not_sure_is_a_warning() -> None:
    part = "*filter\n:INPUT DROP [0:0]\n-A INPUT -j LOG\nCOMMIT\n"
    done = iptsim(
        "diff", "-4", "--format", "github", "-", "--with", "iptables -A INPUT -j DROP", stdin=part
    )
    assert done.code == 1
    assert done.out.startswith("::warning title=filter%3A 1 rule added::? What these texts tell")


def test_a_dump_gives_no_commands(hostile: tuple[Path, Path]) -> None:
    for words in (("lint", hostile[0]), ("diff", *hostile)):
        done = iptsim(words[0], "-4", "--format", "github", *words[1:])
        lines = done.out.splitlines()
        assert lines
        for line in lines:
            head = re.match(r"::(error|warning|notice) ((?:\w+=[^,:]*,?)+)::", line)
            assert head, line
            assert "\u202e" not in line
    piped = iptsim("lint", "-4", "--format", "github", "-", stdin=HOSTILE).out
    assert piped.startswith("::error title=IPT0711")
