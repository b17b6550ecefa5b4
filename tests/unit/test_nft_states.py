"""Two listings of nft in one text, and patches of them: a diff of one argument."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest
from called_program import Done, called

from iptsim.dialects.states.nft_states import nft_states

OLD = """table inet edge {
	set friends {
		type ipv4_addr
		elements = { 192.0.2.4, 192.0.2.5 }
	}

	chain in {
		type filter hook input priority filter; policy drop;
		ip saddr @friends accept
		tcp dport 22 accept
	}
}
"""
NEW = OLD.replace("192.0.2.5", "192.0.2.6").replace("dport 22", "dport 2222")


def program(tmp_path: Path, text: str, *arguments: str) -> Done:
    path = tmp_path / "told.txt"
    path.write_text(text)
    command, *more = arguments or ("diff",)
    return called([command, *more, str(path)], b"", os.environ)


def patch(old: str, new: str, context: int) -> str:
    lines = (old.splitlines(), new.splitlines())
    return "\n".join(difflib.unified_diff(*lines, "a", "b", lineterm="", n=context)) + "\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Before the upgrade:", "After the upgrade:"),
        ("root@edge:~# nft list ruleset", "root@edge:~# nft list ruleset"),
        ("$ nft -a list ruleset", "$ nft -a list ruleset"),
        ("# Monday", "# Tuesday"),
    ],
)
def test_a_table_listed_again_and_not_the_same_is_another_state(
    tmp_path: Path, first: str, second: str
) -> None:
    found = program(tmp_path, f"{first}\n{OLD}\n{second}\n{NEW}")
    assert found.code == 1
    assert "-     @friends  192.0.2.5\n+     @friends  192.0.2.6\n" in found.out
    assert "- tcp dport 22 accept" in found.out


def test_a_trace_asks_which_of_them_is_meant(tmp_path: Path) -> None:
    text = f"old:\n{OLD}\nnew:\n{NEW}"
    refused = program(tmp_path, text, "trace", "--dport", "22")
    assert refused.code == 2
    assert "1 from line 1 (old), 2 from line 14 (new)" in refused.err
    asked = ("trace", "--dport", "22", "--src", "192.0.2.6")
    told = [program(tmp_path, text, *asked, "--state", which).out for which in "12"]
    assert ["inet edge in 2" in out for out in told] == [True, False]
    assert "inet edge in 1" in told[1]


@pytest.mark.parametrize("text", [OLD, f"before\n{OLD}\nafter\n{OLD}", f"{OLD}{NEW}"])
def test_one_state_is_one(tmp_path: Path, text: str) -> None:
    """The same twice; and blocks of a script, which add to one table, with nothing between them."""
    assert not nft_states(text.split("\n"))
    assert program(tmp_path, text).code == 2


def test_counts_alone_make_no_second_state() -> None:
    counted = OLD.replace("accept", "counter packets 3 bytes 180 accept")
    later = counted.replace("packets 3 bytes 180", "packets 9 bytes 540")
    assert not nft_states(f"$ nft list ruleset\n{counted}$ nft list ruleset\n{later}".split("\n"))


def test_commands_of_a_script_make_no_second_state() -> None:
    text = f"{OLD}\nflush table inet edge\n{NEW}"
    assert not nft_states(text.split("\n"))


def test_a_patch_with_all_lines_is_two_listings(tmp_path: Path) -> None:
    found = program(tmp_path, patch(OLD, NEW, 100))
    assert found.code == 1
    assert "+     @friends  192.0.2.6" in found.out
    assert "+ tcp dport 2222 accept" in found.out
    assert "told.txt:" in found.out  # places are those of the patch
