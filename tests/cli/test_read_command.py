"""`iptsim read`: what was read, what is missing, what was not used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_program import iptsim

PASTE = """\
Hi all, here is what my node prints:

web-1 istio-init *nat
web-1 istio-init :PREROUTING ACCEPT [0:0]
web-1 istio-init :ISTIO_IN - [0:0]
web-1 istio-init -A PREROUTING -p tcp -j ISTIO_IN
web-1 istio-init -A ISTIO_IN -p tcp --dport 0.0.0.300 -j RETURN
web-1 istio-init -A ISTIO_IN -p tcp -j ISTIO_IN_REDIRECT
web-1 istio-init COMMIT

$ nft list ruleset
table inet fw {
    chain in { type filter hook input priority 0; drop; }
}
what is wrong?
"""


@pytest.fixture
def paste(tmp_path: Path) -> Path:
    """A mail with a log and nft's text in it."""
    path = tmp_path / "paste.txt"
    path.write_text(PASTE)
    return path


def test_the_report_tells_what_is_there_and_what_is_not(paste: Path) -> None:
    done = iptsim("read", paste)
    assert done.code == 0
    for told in (
        "15 lines, 10 of them used.",
        "nat, IPv4, as iptables-save or -S prints it, from",
        "ISTIO_IN    1 rule, 1 known only in part (line 7)",
        "Missing: INPUT, OUTPUT, POSTROUTING, ISTIO_IN_REDIRECT.",
        "Nothing of table filter (IPv4) is here.",
        "1: «Hi all, here is what my node prints:»: no line of a dump",
        "By line: 3 with rules, 1 with a rule known only in part, 2 of chains and policies, 4 that "
        "begin or end a table, 3 that are no lines of a dump, 2 blank.",
        "inet fw, of nftables, from",
        "in  policy accept, 1 rule",
        "15: «what is wrong?»: no line of a dump",
    ):
        assert " ".join(told.split()) in " ".join(done.out.split())


def test_it_is_told_in_chinese_too(paste: Path) -> None:
    done = iptsim("read", "--lang", "zh", paste)
    assert "缺少：INPUT、OUTPUT、POSTROUTING、ISTIO_IN_REDIRECT。" in done.out


def test_its_data(paste: Path) -> None:
    answer = json.loads(iptsim("read", "--format", "json", paste).out)
    assert answer["schema"] == "iptsim.read/1"
    (file,) = answer["files"]
    runs = file.pop("accounts")
    assert file == {
        "file": str(paste), "lines": 15, "used": 10, "wrappers": ["shared words"],
        "counts": {
            "rule": 3, "part": 1, "chain": 2, "table": 4, "none": 3, "blank": 2
        },
    }  # fmt: skip
    assert runs[3:6] == [
        {"first": 4, "last": 5, "account": "chain"},
        {"first": 6, "last": 6, "account": "rule"},
        {"first": 7, "last": 7, "account": "part"},
    ]
    assert [run["first"] for run in runs] == [1, *(run["last"] + 1 for run in runs[:-1])]
    table, native = answer["tables"]
    assert (native["family"], native["table"], native["form"]) == ("inet", "fw", "nft")
    assert (table["table"], table["form"], table["line"]) == ("nat", "save", 4)
    assert table["chains"][1] == {
        "chain": "ISTIO_IN", "policy": None, "rules": 1, "untold": [7], "left_out": [],
        "whole": True,
    }  # fmt: skip
    assert [(each["first"], each["last"], each["why"]) for each in answer["unused"]] == [
        (1, 1, "none"), (11, 11, "none"), (15, 15, "none")
    ]  # fmt: skip
    assert "IPT0504" in {note["code"] for note in answer["notes"]}


def test_all_lines_are_shown_by_themselves(paste: Path) -> None:
    done = iptsim("read", "--all", paste)
    assert "11: «$ nft list ruleset»: no line of a dump" in done.out


def test_what_is_told_of_the_host_is_noted(tmp_path: Path) -> None:
    text = "$ ip route\ndefault via 192.0.2.1 dev eth0\n$ iptables -S\n-P INPUT DROP\n"
    (tmp_path / "a.txt").write_text(text)
    done = iptsim("read", tmp_path / "a.txt")
    assert "1-2: «$ ip route» … «default via 192.0.2.1 dev eth0»: tells of the host" in done.out
    assert "This text tells of its host: ip route 2." in done.out


def test_what_is_no_dump_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    done = iptsim("read", tmp_path / "a.txt")
    assert done.code == 2
    assert done.err.startswith("error: no iptables dump found")


def test_strict_refuses(paste: Path) -> None:
    done = iptsim("read", "--strict", paste)
    assert done.code == 2
    assert "paste.txt:7:45" in done.err


def test_a_full_disk_is_no_bug(paste: Path) -> None:
    command = [sys.executable, "-m", "iptsim", "read", str(paste)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr


def test_what_may_follow_a_text_that_is_cut_off_is_no_rule_of_a_title() -> None:
    save = "*filter\n:INPUT DROP [0:0]\n:KUBE - [0:0]\n-A INPUT -j KUBE\n-A KUBE -j DROP\n"
    told = iptsim("read", "-", stdin=save).out
    assert "KUBE   1 rule, others of this chain may be missing" in told
    assert "known only in part" not in told
    told = iptsim("read", "-", stdin=f"{save}-A KUBE -s 10.0.0.1 -p tcp --dp").out
    assert "1 known only in part (line 6)" in told
