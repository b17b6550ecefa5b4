"""With --lang zh every command answers in Chinese; rule text, names and values stay as they are."""

from __future__ import annotations

import re

from cli_program import CASE, iptsim
from every_row import every_row

_AFTER, _BEFORE = CASE / "after.save.txt", CASE / "before.save.txt"
_RULE_TEXT = re.compile(
    r"^[ +~-]*(?:-A |-P |Chain |:[A-Z]).*$|“[^”]*”|`[^`]*`|\S*\.txt\S*"
    r"|--?[a-z][a-z-]+(?: [\w.:/-]+)?",
    re.MULTILINE,
)
_NAMES = frozenset(
    re.findall(
        r"\S+",
        "tcp udp icmp nat filter mangle raw eth lo tables iptables iptables-save uid gid ip text "
        "json conntrack route localnet rp ctstate nft legacy",
    )
)


@every_row(
    "words",
    [
        ("read", _AFTER),
        ("trace", "--dport", "8088", "-v", "--reply", "--next", _AFTER),
        ("trace", "--hook", "OUTPUT", "--uid", "1337", CASE / "after.txt"),
        ("why", "--dport", "8088", _AFTER),
        ("diff", _BEFORE, _AFTER),
        ("diff", "--stat", _BEFORE, _AFTER),
        ("query", "--fate", "REDIRECT:15001", _AFTER),
        ("query", "--fate", "local", "--stat", _AFTER),
        ("lint", "--all", _AFTER),
        ("graph", _AFTER),
        ("convert", CASE / "after.txt"),
        ("trace", "--expect", "DROP", "--dport", "8088", _AFTER),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_no_english_is_left(words: tuple[object, ...]) -> None:
    done = iptsim(*map(str, words), "--lang", "zh")
    told = _RULE_TEXT.sub(" ", done.err if words[0] == "convert" else done.out + done.err)
    left = set(re.findall(r"(?<![\w./-])[a-z][a-z-]+(?![\w./-])", told)) - _NAMES
    assert left == set()
    assert re.search("[\u4e00-\u9fff]", told)


def test_tables_of_one_line_are_parted_as_in_chinese() -> None:
    host = CASE.parents[1] / "firewall" / "host"
    done = iptsim(
        "diff",
        "--stat",
        str(host / "before.save.txt"),
        str(host / "after.save.txt"),
        "--lang",
        "zh",
    )
    first = done.out.splitlines()[0]
    assert first.startswith("raw：新增此表、新增 1 条规则；mangle：")
    assert ";" not in first


def test_the_mark_of_an_error_is_not_broken() -> None:
    mistaken = CASE.parents[1] / "mistakes" / "swapped.save.txt"
    lines = iptsim("istio", "check", str(mistaken), "--lang", "zh").out.splitlines()
    assert any("（错误）" in line for line in lines[:2])
