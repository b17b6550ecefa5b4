"""How the program is called: words as getopt reads them, help, completion, the manual page."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim
from every_row import every_row

from iptsim.cli.completion import SHELLS, install, script
from iptsim.cli.man_page import man_page
from iptsim.cli.options import COMMANDS

AFTER = CASE / "after.txt"


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "--dport", "8088", "-p", "tcp", AFTER),
        ("trace", "--dport=8088", "-ptcp", AFTER),
        ("trace", AFTER, "--proto=tcp", "--dport", "8088"),
        ("trace", "-4ptcp", "--dport", "8088", "--", AFTER),
        ("--lang", "en", "trace", "-4", "-p", "udp", "-p", "tcp", "--dport", "8088", AFTER),
        ("--lang=en-GB", "trace", "-p", "tcp", "--dport", "8088", AFTER),
    ],
)
def test_words_are_read_as_getopt_reads_them(words: tuple[str | Path, ...]) -> None:
    done = iptsim(*words)
    assert done.code == 0, done
    assert done.out.startswith("✔ ACCEPT  tcp to this host, port 8088 → port 15001")


@every_row(
    ("words", "told", "in_chinese"),
    [
        (("trcae",), "there is no trcae; did you mean trace?", "没有 trcae，是否想写 trace？"),
        (("x",), "there is no command x; there are read, trace", "没有 x 这个命令"),
        (("trace", "--dprot"), "no --dprot; did you mean --dport?", "是否想写 --dport？"),
        (("trace", "--unheard"), "no option --unheard; see iptsim trace --help", "这个选项"),
        (("trace", "-x"), "no option -x", "没有 -x 这个选项"),
        (("trace", "--dport"), "--dport needs a value: --dport PORT", "需要一个值：--dport 端口"),
        (("trace", "--dport", "--src", "::1"), "--dport needs a value", "--dport 需要一个值"),
        (("trace", "--strict=1", "x"), "--strict takes no value", "--strict 不带值"),
        (("trace", "-4", "-6", "x"), "-4 and -6 exclude each other", "不能同时使用"),
        (("trace", "--format", "yaml", "x"), "'yaml' is none of text, json", "可用的有：text"),
        (("query", AFTER), "query asks for a fate: --fate ACCEPT", "query 需要去向"),
        (("diff", "a", "b", "c"), "c is a word too many", "多了一个参数 c"),
        (("--show-completion", "tcsh"), "'tcsh' is none of bash, zsh, fish", "可用的有：bash"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be(words: tuple[str, ...], told: str, in_chinese: str) -> None:
    done = iptsim(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert told in done.err
    for chinese in (iptsim("--lang", "zh", *words), iptsim(*words, LC_ALL="zh_CN.UTF-8")):
        assert chinese.code == 2
        assert chinese.err.startswith("错误：")
        assert in_chinese in chinese.err


@pytest.mark.parametrize("tag", ["zh", "zh-CN", "zh_TW.UTF-8", "cn"])
def test_a_language_by_the_tags_of_others(tag: str) -> None:
    assert iptsim("trace", "--help", "--lang", tag).out.startswith("用法：iptsim trace [选项]")
    for words in (("--lang", tag), (f"--lang={tag}",)):
        assert iptsim("lint", *words, AFTER).out == iptsim("lint", "--lang", "zh", AFTER).out


def test_a_language_before_the_command_is_the_answers_too() -> None:
    case = ROOT / "fixtures/istio/ambient-1.25"
    for command in (("lint",), ("istio", "check")):
        words = (*command, case / "after.save.txt")
        assert iptsim("--lang", "zh", *words).out == iptsim(*words, "--lang", "zh").out
        assert iptsim("--lang=zh", *words).out != iptsim(*words).out
    assert iptsim("--lang", "zh", "collect").out == iptsim("collect").out


def test_what_two_states_would_have_been_is_told_in_chinese() -> None:
    case = ROOT / "fixtures/istio/ambient-1.25"
    done = iptsim("lint", case / "before.save.txt", case / "after.save.txt", "--lang", "zh")
    assert done.code == 2
    assert "一台主机的一个状态；若是两个文件，请用 diff 比较" in done.err


def test_a_list_of_languages_is_before_the_locale_but_for_c() -> None:
    assert iptsim("--help", LC_ALL="en_US.UTF-8", LANGUAGE="zh_CN:en").out.startswith("用法")
    assert iptsim("--help", LC_ALL="C.UTF-8", LANGUAGE="zh_CN").out.startswith("Usage")


def test_no_words_show_help_and_are_a_wrong_call() -> None:
    assert iptsim().code == 2
    assert iptsim().out == iptsim("--help").out


@pytest.mark.parametrize("width", [40, 60, 100])
def test_help_keeps_the_width(width: int) -> None:
    for lang in ("en", "zh"):
        lines = iptsim("trace", "-h", "--lang", lang, COLUMNS=str(width)).out.splitlines()
        from iptsim.render.shared.terminal import columns_of  # noqa: PLC0415

        assert max(map(columns_of, lines)) <= width


def test_every_shell_knows_every_command_and_option() -> None:
    for shell in SHELLS:
        told = script(shell)
        assert all(word in told for name in COMMANDS for word in name.split(" "))
        assert "log-line" in told


def test_bash_completes() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    asks = f"""{script("bash")}
ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _iptsim; echo "${{COMPREPLY[*]}}"; }}
ask iptsim tra; ask iptsim trace --dpo; ask iptsim trace --color ''; ask iptsim convert --to ''
ask iptsim --show-completion f; ask iptsim --ma; ask iptsim trace dump
ask iptsim ist; ask iptsim istio inj; ask iptsim istio check --po
"""
    done = subprocess.run([bash, "-c", asks], capture_output=True, text=True, check=True)
    expected = ["trace", "--dport", "auto always never", "save json nft", "fish", "--man", ""]
    expected += ["istio", "injection", "--pod"]
    assert done.stdout.splitlines() == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_installed_for_a_user(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    told = install(shell, "en")
    (place,) = (path for path in tmp_path.rglob("*iptsim*") if path.is_file())
    assert str(place) in told
    assert place.read_text(encoding="utf-8") == script(shell) + "\n"


def test_the_manual_page_is_what_the_program_tells() -> None:
    """`make man` writes it anew."""
    page = (ROOT / "docs" / "man" / "iptsim.1").read_text(encoding="utf-8")
    assert page == man_page() + "\n"


def test_man_shows_the_page_without_a_warning() -> None:
    man = shutil.which("man")
    if man is None:
        pytest.skip("man is not installed")
    page = str(ROOT / "docs" / "man" / "iptsim.1")
    done = subprocess.run(
        [man, "--warnings", "-l", page],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )
    assert done.stderr == ""
    assert "--log-line LINE" in done.stdout
