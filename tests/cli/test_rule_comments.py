"""The comment of the rule that decides stands in the answers; it is not trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_program import iptsim

from iptsim.explain.rule_comments import comment_in, shortened

RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 80 -m comment --comment "{said}" -j DROP
-A INPUT -p tcp -m comment --comment "{evil}" -m tcp --dport 81 -j DROP
-A INPUT -p tcp -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -m tcp --dport 82 -j DROP
COMMIT
"""
SAID = "shop/web:http has no local endpoints"
RULES = RULES.replace("{said}", SAID)
EVIL = "a\x1b[31mred\x07 " + "long " * 45


def told(text: str, *command: str) -> str:
    done = iptsim(*command, "-", stdin=text, COLUMNS="100")
    assert not done.err
    return done.out


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ('-A INPUT -m comment --comment "a b" -j DROP', "a b"),
        ("-A INPUT -m comment --comment word -j DROP", "word"),
        (r'-A INPUT -m comment --comment "say \"no\" \\ x" -j DROP', r'say "no" \ x'),
        ('-A INPUT -m comment --comment "a" -m comment --comment "b" -j DROP', "a b"),
        ('-A INPUT -m string --string "--comment fake" --algo bm -j DROP', ""),
        ("-A INPUT -j DROP", ""),
        ("-A INPUT -m comment --comment", ""),
    ],
)
def test_a_comment_is_read_from_a_rule(text: str, comment: str) -> None:
    assert comment_in(text) == comment


def test_a_long_comment_loses_its_end_and_a_hash_is_left_out() -> None:
    assert shortened("x" * 500).endswith("x…")
    assert len(shortened("x" * 500)) == 120
    assert shortened("cali:Cz_u1IQiXIMmKD4c") == ""
    assert shortened("cali:Cz_u1IQiXIMmKD4c  drop\nit") == "drop it"


@pytest.mark.parametrize("command", [("trace", "--dport", "80"), ("why", "--dport", "80"),
                                     ("query", "--fate", "DROP")])  # fmt: skip
def test_answers_show_the_deciding_rules_comment(command: tuple[str, ...]) -> None:
    assert SAID in " ".join(told(RULES.format(evil="x"), *command).split())


@pytest.mark.parametrize("command", [("trace", "--dport", "81"), ("why", "--dport", "81"),
                                     ("query", "--fate", "DROP")])  # fmt: skip
def test_a_comment_cannot_write_to_the_terminal(command: tuple[str, ...]) -> None:
    shown = told(RULES.format(evil=EVIL), *command)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "long" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_diff_shows_it_where_the_rule_decides(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    after.write_text(RULES.format(evil="x"))
    lines = after.read_text().splitlines(keepends=True)
    before.write_text("".join(line for line in lines if "--dport 80" not in line))
    shown = iptsim("diff", before, after, COLUMNS="100").out
    assert f"The comment of filter INPUT 1 says: «{SAID}»." in shown


def test_a_hash_alone_is_no_answer() -> None:
    assert "cali" not in told(RULES.format(evil="x"), "why", "--dport", "82").split("Taken")[0]
