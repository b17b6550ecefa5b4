"""`iptsim verify` where no kernel is asked: wrong usage, and rules that nobody can load."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from cli_program import CASE, iptsim

AFTER = CASE / "after.save.txt"


@pytest.fixture
def on_linux() -> None:
    if sys.platform != "linux":
        pytest.skip("the real kernel is Linux")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_hook_where_no_packet_begins(on_linux: None, lang: str) -> None:
    done = iptsim("verify", "--hook", "INPUT", "--lang", lang, AFTER)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: " if lang == "en" else "错误：")
    assert ("judge from INPUT" if lang == "en" else "从 INPUT 起") in done.err


def test_text_that_no_extension_knows_names_its_line(on_linux: None, tmp_path: Path) -> None:
    listing = tmp_path / "nat.txt"
    listing.write_text(
        "Chain PREROUTING (policy ACCEPT)\n"
        "target     prot opt source               destination\n"
        "ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            brandnew words here\n"
    )
    done = iptsim("verify", "-t", "nat", "--dport", "80", listing)
    assert (done.code, done.out) == (2, "")
    assert "nobody can load nat PREROUTING 1: «brandnew words here»" in done.err
    assert f"{listing}:3:1" in done.err


def test_a_host_name_that_only_the_dumping_host_knows(on_linux: None) -> None:
    rules = "*filter\n-A INPUT -s db.example.com -j DROP\nCOMMIT\n"
    done = iptsim("verify", "--dport", "80", "-", stdin=rules)
    assert done.code == 2
    assert "names the host db.example.com" in done.err


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("-M {}", "-M"),
        ("-M{}", "-M{}"),
        ("-fM {}", "-fM"),
        ("--modprobe {}", "--modprobe"),
        ("--modprobe={}", "--modprobe={}"),
        ("--modp={}", "--modp={}"),
        ('"--modprobe" {}', '"--modprobe"'),
        ("-m strange --modprobe {}", "strange"),
        ("-m bpf --object-pinned {}", "--object-pinned"),
        ("-m {}", "{}"),
        ("-m comment --comment x -j LED --led-trigger-id x", "LED"),
    ],
)
def test_what_would_run_a_program_or_open_a_file_is_not_loaded(
    on_linux: None, tmp_path: Path, words: str, fault: str, lang: str
) -> None:
    program, trace, dump = tmp_path / "program", tmp_path / "it-ran", tmp_path / "dump"
    program.write_text(f"#!/bin/sh\n: > {trace}\n")
    program.chmod(0o755)
    rule = f"-A INPUT -p tcp {words.format(program)}"
    dump.write_text(f"*filter\n:INPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n")
    done = iptsim("verify", "-4", "--dport", "80", "--lang", lang, dump)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    word = fault.format(program)
    column = rule.index(word) + 1
    assert f"{dump}:3:{column}" in done.err
    assert f"3 | {rule[:30]}" in done.err
    assert not trace.exists()


@pytest.mark.parametrize(
    "line", ["save -file {}", "create a hash:ip -file {}", "-file {} save", "list -o xml -f {}"]
)
def test_no_line_of_the_sets_writes_a_file(on_linux: None, tmp_path: Path, line: str) -> None:
    sets, written = tmp_path / "sets", tmp_path / "written"
    sets.write_text(f"{line.format(written)}\n")
    done = iptsim("verify", "--dport", "80", "--ipset", sets, AFTER)
    assert done.code == 2
    assert f"{sets}:1:" in done.err
    assert not written.exists()


def test_the_packets_family_must_be_in_the_dump(on_linux: None) -> None:
    done = iptsim("verify", "--dst", "fd00::1", AFTER)
    assert done.code == 2
    assert "holds no IPv6 rules" in done.err


def test_a_bad_line_of_a_file_of_packets_has_its_place(on_linux: None, tmp_path: Path) -> None:
    packets = tmp_path / "packets"
    packets.write_text('{"dport": 80}\n{"dport": 80000}\n')
    done = iptsim("verify", "--packets", packets, AFTER)
    assert (done.code, done.out) == (2, "")
    assert f"{packets}:2:" in done.err


def test_a_missing_program_is_named_with_its_package(on_linux: None, tmp_path: Path) -> None:
    if any(shutil.which(name, path="/usr/sbin:/sbin") for name in ("ip", "nft")):
        pytest.skip("found in /usr/sbin whatever PATH is")
    done = iptsim("verify", "--dport", "80", AFTER, PATH=str(tmp_path))
    assert done.code == 2
    assert "not installed" in done.err


def test_without_privilege_it_says_so(on_linux: None) -> None:
    if os.geteuid() == 0:
        pytest.skip("root has it")
    done = iptsim("verify", "--dport", "80", AFTER)
    assert done.code in (0, 1, 2)
    assert "Traceback" not in done.err
    assert done.code != 2 or done.err.startswith("error: ")


def test_help_tells_the_exit_codes() -> None:
    done = iptsim("verify", "--help")
    assert done.code == 0
    assert "0 agree, 1 disagree" in done.out
