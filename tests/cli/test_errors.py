"""One clear message, exit 2, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_program import CASE, iptsim
from every_row import every_row

SAVE = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\nCOMMIT\n"


def refused(*arguments: str | Path, stdin: str | bytes = "", **environ: str) -> str:
    done = iptsim(*arguments, stdin=stdin, **environ)
    assert done.code == 2, done
    assert done.out == ""
    assert "Traceback" not in done.err
    return done.err


def test_a_bad_address_has_a_place_and_a_caret() -> None:
    listing = (CASE / "after.txt").read_text()
    lines = listing.splitlines()
    lines[16] = lines[16].replace("0.0.0.0/0", "0.0.0.300", 1)
    error = refused(
        "trace", "--strict", "--dport", "8088", "-", stdin="\n".join(lines)
    ).splitlines()
    column = lines[16].index("0.0.0.300") + 1
    assert error[0].startswith("error: ")
    assert error[1] == f"  -:17:{column}"
    assert error[2].endswith(lines[16])
    assert error[3].index("^") == error[2].index("0.0.0.300")
    assert error[3].count("^") == len("0.0.0.300")
    assert error[4].startswith("  expected ")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"\x7fELF\x02\x01\x01\x00\x00\x00",
        b"<!DOCTYPE html><html><body>404</body></html>",
        os.urandom(4096),
        b"nothing of interest\n" * 1000,
    ],
    ids=["empty", "blank", "binary", "web page", "random", "noise"],
)
def test_no_dump(text: bytes) -> None:
    assert refused("trace", "--dport", "1", "-", stdin=text).startswith("error: no iptables dump")


@every_row(
    ("options", "named"),
    [
        (("--dport", "80", "-p", "icmp"), "--dport: only tcp"),
        (("--dport", "70000"), "--dport: '70000' is not a whole number of 0 to 65535"),
        (("--sport", "-1"), "--sport"),
        (("-s", "10.0.0.1", "-d", "fd00::1"), "--dst: fd00::1 is IPv6, the packet is IPv4"),
        (("-s", "10.0.0.0/33"), "--src: '10.0.0.0/33' is no address, prefix or range"),
        (("-4", "-d", "fd00::1"), "--dst: fd00::1 is IPv6, the packet is IPv4"),
        (("-d", "fd00::1"), "the dump holds no IPv6 rules"),
        (("-p", "carrier-pigeon"), "--proto"),
        (("--icmp-type", "nonsense"), "--icmp-type: 'nonsense' is not an ICMP type"),
        (("--tcp-flags", "SYN,XXX"), "--tcp-flags"),
        (("--tcp-flags", "SYN", "-p", "udp"), "--tcp-flags: only tcp has flags"),
        (("--ctstate", "OLD"), "--ctstate: 'OLD' is none of NEW"),
        (("--hook", "INGRESS"), "--hook: 'INGRESS' is none of PREROUTING"),
        (("--uid", "toor"), "--uid: 'toor' is not a whole number"),
        (("--in", "eth0/1"), "--in: 'eth0/1' is not the name of an interface"),
        (("--mac-src", "02:42"), "--mac-src: '02:42' is not an address"),
        (("--length", "19"), "--length: an IPv4 packet has 20 to 65535 bytes"),
        (("--expect", "MAYBE"), "'MAYBE' is not a fate"),
        (("--expect", "DNAT:host:80"), "is not an address"),
        (("--addr", "/nowhere"), "/nowhere: No such file or directory"),
        (("--packets", "/nowhere"), "/nowhere: No such file or directory"),
    ],
)
def test_wrong_question_names_the_option(options: tuple[str, ...], named: str) -> None:
    assert named in refused("trace", *options, "-", stdin=SAVE)


@every_row(
    "arguments",
    [
        (),
        ("nonsense",),
        ("trace",),
        ("trace", "--nonsense", "x"),
        ("trace", "--format", "yaml", "x"),
        ("trace", "-4", "-6", "x"),
        ("diff", "only-one"),
        ("convert", "--to", "pdf", "x"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    done = iptsim(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["trace", "graph", "convert"])
def test_missing_file(command: str) -> None:
    assert "/nowhere/at/all" in refused(command, "/nowhere/at/all")


def test_a_folder_is_no_dump(tmp_path: Path) -> None:
    assert str(tmp_path) in refused("trace", tmp_path)


def test_unknown_option_of_a_rule_is_placed() -> None:
    error = refused("trace", "-", stdin=SAVE.replace("-s 10.0.0.0/8", "--frobnicate 1"))
    assert "-:3:" in error
    assert "^" in error


def test_in_chinese() -> None:
    bad = SAVE.replace("10.0.0.0/8", "10.0.0.300")
    assert "此处应为" in refused("trace", "--lang", "zh", "-", stdin=bad)


def test_a_loop_is_one_message() -> None:
    loop = "*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -j A\nCOMMIT\n"
    assert "loop" in refused("trace", "--dport", "1", "-", stdin=loop)


def test_an_absent_chain_is_a_note_and_both_ways() -> None:
    absent = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j GONE\nCOMMIT\n"
    done = iptsim("trace", "--dport", "1", "-", stdin=absent)
    assert done.code == 0
    assert done.out.startswith("? ACCEPT, DROP or REJECT: depends on what filter GONE does")
    assert "filter GONE is not here, and what it does with the packet is unknown" in done.out


def test_a_dump_cannot_play_tricks_on_the_terminal() -> None:
    evil = '-A INPUT -m comment --comment "\x1b[2J\u202e\x07" -j DROP\n'
    text = f"*filter\n:INPUT ACCEPT [0:0]\n{evil}COMMIT\n"
    for command in (("trace", "-v", "--dport", "1"), ("graph",), ("graph", "--format", "dot")):
        done = iptsim(*command, "-", stdin=text)
        assert not set(done.out + done.err) & set("\x1b\u202e\x07")


def test_output_that_cannot_show_a_letter() -> None:
    done = iptsim("trace", "--dport", "8088", CASE / "after.txt", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert done.out.startswith("\\u2714 ACCEPT")


def test_a_bug_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import iptsim.cli.dump_files as r\n"
        "def broken(*a, **k): raise ZeroDivisionError('oops')\n"
        "r.read_dump = broken\n"
    )
    path = os.pathsep.join((str(tmp_path), os.getcwd()))
    done = iptsim("trace", "-", PYTHONPATH=path)
    assert done.code == 70
    assert "Please report it" in done.err
    assert "Traceback" not in done.err
    shown = iptsim("trace", "-", PYTHONPATH=path, IPTSIM_DEBUG="1")
    assert (shown.code, "ZeroDivisionError: oops" in shown.err) == (70, True)


def test_a_word_of_any_length_leaves_the_message_short() -> None:
    ports = ",".join(["1"] * 20_000)
    rule = f"-A INPUT -p tcp -m multiport --dports {ports} -j DROP"
    error = refused("trace", "-", stdin=f"*filter\n:INPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n")
    assert "-:3:39" in error
    assert len(error) < 1000
    assert max(map(len, error.splitlines())) < 400


def test_much_noise_is_passed_over(tmp_path: Path) -> None:
    line = "2024-01-01 12:00:00 host app[7]: iptables said -A nothing -- of 10.0.0.1 * item\n"
    file = tmp_path / "noise"
    file.write_text(line * 25_000)  # 2 MB
    refused("trace", "--dport", "1", file)
