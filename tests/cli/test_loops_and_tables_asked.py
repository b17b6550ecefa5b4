"""What is told of chains that lead in a loop, and of a table that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_program import iptsim
from every_row import every_row

SAVE = """*filter
:INPUT ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A INPUT -p tcp --dport 22 -j A
-A A -j B
-A B -s 10.0.0.0/8 -j A
COMMIT
"""
NFT = """table inet fw {
	chain input {
		type filter hook input priority filter; policy accept;
		tcp dport 22 jump a
	}
	chain a {
		ip saddr 10.0.0.0/8 jump a
	}
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("loops")
    (made / "a.save").write_text(SAVE)
    (made / "a.nft").write_text(NFT)
    return made


@every_row(
    ("command", "name", "said"),
    [
        ("why --dport 80", "a.save", "The chains of filter lead in a loop: A → B → A."),
        ("why --dport 22 --src 192.0.2.7", "a.nft", "lead in a loop: a → a."),
        ("why --dport 80 --lang zh", "a.save", "内核会拒绝这样的表"),
        ("explain", "a.save", "A → B → A. The kernel refuses such a table."),
        ("explain", "a.nft", "a → a. The kernel refuses such a table."),
    ],
)
def test_a_loop_that_the_packet_does_not_meet_is_told(
    command: str, name: str, said: str, folder: Path
) -> None:
    done = iptsim(*command.split(), folder / name)
    assert done.code == 0
    assert said in done.out


def test_a_loop_is_a_note_for_programs(folder: Path) -> None:
    for command in (("why", "--dport", "80"), ("explain",)):
        told = json.loads(iptsim(*command, "--format", "json", folder / "a.save").out)
        assert "IPT0501" in [note["code"] for note in told["notes"]]


def test_what_has_no_loop_has_no_such_note() -> None:
    done = iptsim("explain", "-", stdin=SAVE.replace("-A B", "#"))
    assert "loop" not in done.out


COMMANDS = (
    "trace",
    "why",
    "query --fate DROP",
    "diff {dump}",
    "lint",
    "explain",
    "read",
    "convert --to save",
)


@every_row("command", COMMANDS)
def test_a_table_that_is_misspelt_is_told(command: str, folder: Path) -> None:
    words = command.format(dump=folder / "a.save").split()
    done = iptsim(*words, "-t", "natt", folder / "a.save")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --table: 'natt' is unknown; did you mean nat?\n"


@every_row(
    ("asked", "name", "said"),
    [
        ("NAT", "a.save", "did you mean nat?"),
        ("firewall", "a.save", "is no table of iptables: raw, mangle, nat, filter, security"),
        ("inet fv", "a.nft", "did you mean inet fw?"),
    ],
)
def test_no_such_table(asked: str, name: str, said: str, folder: Path) -> None:
    done = iptsim("explain", "-t", asked, folder / name)
    assert done.code == 2
    assert said in done.err


@every_row(("asked", "name"), [("nat", "a.save"), ("fw", "a.nft"), ("inet fw", "a.nft")])
def test_tables_that_are_there_or_might_be(asked: str, name: str, folder: Path) -> None:
    assert iptsim("explain", "-t", asked, folder / name).code == 0


def test_a_table_of_one_dump_will_do_for_a_diff(folder: Path) -> None:
    done = iptsim("diff", "-t", "inet fw", folder / "a.save", folder / "a.nft", "--chain", "a")
    assert "unknown" not in done.err


def test_a_chain_alone_is_of_a_table_that_is_there() -> None:
    listing = "Chain A (0 references)\ntarget     prot opt source      destination\n"
    done = iptsim("read", "-t", "nattt", "-", stdin=listing)
    told = "error: 'nattt' is no table of iptables: filter, nat, mangle, raw, security\n"
    assert (done.code, sorted(done.err)) == (2, sorted(told))
