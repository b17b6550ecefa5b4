"""`iptsim collect` prints its script, and what a text tells of the host is used and told."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_program import iptsim

TEXTS = Path(__file__).parents[1] / "unit" / "host_texts"
RULES = """Chain INPUT (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
    4   240 ACCEPT     tcp  --  any    any     anywhere             shop.example  tcp dpt:till

"""


@pytest.fixture
def paste(tmp_path: Path) -> Path:
    file = tmp_path / "paste.txt"
    file.write_text(f"{RULES}$ ip addr\n{(TEXTS / 'ip-addr.txt').read_text()}")
    return file


def test_the_script_is_one_that_a_shell_takes() -> None:
    done = iptsim("collect")
    assert done.code == 0
    assert done.out.startswith("#!/bin/sh\n")
    assert done.out.endswith('echo "#iptsim# done"\n')
    for shell in ("sh", "dash", "bash"):
        if shutil.which(shell):
            checked = subprocess.run([shell, "-n"], input=done.out, text=True, check=False)
            assert checked.returncode == 0, shell


def test_it_says_how_to_run_it() -> None:
    assert "ssh HOST sudo sh > host.txt" in " ".join(iptsim("collect", "--help").out.split())


def test_a_paste_tells_of_its_host(paste: Path) -> None:
    told = ("--dport", "till", "-i", "eth0", "-s", "192.0.2.9")
    done = iptsim("trace", *told, "-d", "10.0.0.77", paste)
    assert "This text tells of its host: ip addr 6-31. (paste.txt:6)" in done.out
    assert "filter INPUT" not in done.out  # it is for another host
    done = iptsim("trace", *told, "-d", "10.0.0.2", "--format", "json", paste)
    answer = json.loads(done.out)
    assert "IPT0182" in [note["code"] for note in answer["notes"]]
    assert "addressed to this host" not in answer["assumed"]
    done = iptsim("trace", *told, "--lang", "zh", "-d", "10.0.0.2", paste)
    assert "这份文本还说明了主机的情况：ip addr 6-31。(paste.txt:6)" in "".join(
        line.strip() for line in done.out.replace("ip\n", "ip \n").split("\n")
    ).replace("。 (", "。(")


def test_options_count_more_than_the_paste(paste: Path, tmp_path: Path) -> None:
    mine = tmp_path / "addr.txt"
    mine.write_text(
        "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 10.0.0.77/24 scope x\n"
    )
    told = ("--dport", "till", "-i", "eth0", "-s", "192.0.2.9", "-d", "10.0.0.77")
    done = iptsim("trace", *told, "--addr", mine, paste)
    assert "filter INPUT" in done.out
    assert "tells of its host" not in done.out


def test_text_that_is_no_list_is_refused_with_its_line(paste: Path) -> None:
    for option, what in (("--addr", "addr"), ("--route", "route")):
        done = iptsim("trace", option, "-", paste, stdin="$ ip it\nrubbish\n")
        assert (done.code, done.out) == (2, "")
        assert f"not the output of `ip {what}`, line 2: rubbish" in done.err


def test_a_name_of_the_dump_is_asked_and_told(paste: Path) -> None:
    def outcomes(*more: str) -> list[str]:
        asked = ("-i", "eth0", "-s", "192.0.2.9", "--format", "json")
        answer = json.loads(iptsim("trace", *asked, *more, paste).out)
        return [outcome["verdict"] for outcome in answer["outcomes"]]

    by_name = ("-d", "shop.example", "--dport", "till", "--hook", "INPUT")
    assert outcomes(*by_name) == ["ACCEPT"]
    assert sorted(outcomes("-d", "10.0.0.2", "--dport", "till")) == ["ACCEPT", "DROP"]
    firm = ("--name", "shop.example=10.0.0.2", "--name", "till=8099", "-d", "10.0.0.2")
    assert outcomes(*firm, "--dport", "8099") == ["ACCEPT"]
    assert outcomes(*firm, "--dport", "till") == ["ACCEPT"]
    assert outcomes(*firm, "--dport", "8098") == ["DROP"]


def test_a_packet_that_was_asked_by_name_shows_it(paste: Path) -> None:
    asked = ("-i", "eth0", "-d", "shop.example", "--dport", "till", "--hook", "INPUT", paste)
    assert "to shop.example, port till" in iptsim("trace", *asked).out
    packet = json.loads(iptsim("trace", "--format", "json", *asked).out)["packet"]
    assert (packet["dst"], packet["dport"]) == ("shop.example", "till")
    found = iptsim("query", "--fate", "ACCEPT", *asked)
    assert "to port till of shop.example" in found.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--dport", "tills"), "'tills' is not a whole number"),
        (("-d", "shop"), "'shop' is not an address"),
        (("--name", "till"), "expected NAME=ADDRESS or NAME=NUMBER"),
        (("--name", "till=1", "--name", "till=2"), "till is 1"),
    ],
)
def test_no_such_name_is_refused(paste: Path, words: tuple[str, ...], says: str) -> None:
    done = iptsim("trace", *words, paste)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_packets_of_a_file_may_have_names(paste: Path) -> None:
    line = '{"id": 1, "in": "eth0", "dst": "shop.example", "dport": "till", "hook": "INPUT"}\n'
    done = iptsim("trace", "--packets", "-", paste, stdin=line)
    assert [o["verdict"] for o in json.loads(done.out)["outcomes"]] == ["ACCEPT"]
    done = iptsim("trace", "--packets", "-", paste, stdin='{"dport": "tills"}\n')
    assert done.code == 2
    assert "tills" in done.err
