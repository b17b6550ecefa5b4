"""Texts that people cut, broke or grepped: what is missing is known to be missing."""

from __future__ import annotations

from typing import Any

import pytest
from every_row import every_row
from incomplete_texts import SAVE, TITLE, chain, codes, listed, row, rules, table, told

from iptsim.dialects import read_text
from iptsim.dialects.signs.elided import is_filtered, says_left_out
from iptsim.dialects.writing.lost import lost
from iptsim.dialects.writing.write import write_save
from iptsim.diff import diff
from iptsim.model import Dump
from iptsim.render.outputs.diff_json import diff_json
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.outputs.ruleset_json import dump_json
from iptsim.render.shared.terminal import Style


@every_row(
    "header",
    [
        "__Chain FORWARD (policy DROP)__",
        "> Chain FORWARD (policy DROP)",
        "-- Chain FORWARD (policy DROP)",
        "<pre>Chain FORWARD (policy DROP)</pre>",
        "14:02:11.120 [7] Chain FORWARD (policy DROP)",
        "Chain FORWARD (policy DROP)  # here it is",
        "Chain FORWARD (policy DROP)   <== this one",
        "Chain FORWARD (policy\nDROP)",
        "Chain FORW\nARD (policy DROP)",
        "agent says: Chain FORWARD (policy DROP)",
    ],
)
def test_a_header_is_one_whatever_stands_around_it(header: str) -> None:
    dump = read_text(listed("Chain INPUT (policy ACCEPT)", row()) + listed(header, row("DROP")))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert chain(dump, "FORWARD").policy == "DROP"
    assert rules(dump, "FORWARD") == [(1, "DROP", 1)]


@pytest.mark.parametrize("header", ["Chain (3 references)", "## forwarded", "what forward does:"])
def test_rows_below_a_header_that_tells_no_chain_are_of_none(header: str) -> None:
    text = listed("Chain INPUT (policy ACCEPT)", row()) + 2 * listed(header, row("DROP"))
    dump = read_text(text)
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert [(c.name, c.whole) for c in table(dump).chains[1:]] == [("?", False), ("?2", False)]
    assert "IPT0124" in codes(dump)


def test_rows_behind_a_blank_line_are_of_no_known_chain() -> None:
    dump = read_text(listed("Chain INPUT (policy ACCEPT)", row(), "", row("DROP")))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert rules(dump, "?") == [(1, "DROP", 1)]


def test_a_listing_with_a_blank_line_below_every_line_is_one() -> None:
    text = listed("Chain INPUT (policy ACCEPT)", row(), row("DROP")).replace("\n", "\n\n")
    assert rules(read_text(text), "INPUT") == [(1, "ACCEPT", 1), (2, "DROP", 1)]


def test_inline_code_and_marked_lines_are_no_part_of_rows() -> None:
    dump = read_text("`" + listed("Chain INPUT (policy DROP)", row()).rstrip() + "`")
    assert "-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT" in write_save(dump.rulesets[0])
    marked = "".join(
        f"# {line}\n" for line in listed("Chain INPUT (policy DROP)", row()).splitlines()
    )
    assert rules(read_text(marked), "INPUT") == [(1, "ACCEPT", 1)]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (f"{row(text='')}\n    tcp dpt:25", "-p tcp -m tcp --dport 25"),
        (f"{row(text='')}\ntcp dpt:25 state NEW", "-p tcp -m tcp --dport 25 -m state --state NEW"),
        (f"{row(text='tcp dpt:25 state NEW,ESTAB')}\nLISHED", "--state NEW,ESTABLISHED"),
        ("ACCEPT     tcp  --  0.0.0.0/0\n0.0.0.0/0            tcp dpt:25", "--dport 25"),
        ("ACCEPT     tcp  --  0.0.0.0/0            192.0.2.\n7            tcp dpt:25", "192.0.2.7"),
        ("ACCEPT     tcp\n--  0.0.0.0/0            0.0.0.0/0            tcp dpt:25", "--dport 25"),
    ],
)
def test_a_row_goes_on_in_the_next_line(broken: str, said: str) -> None:
    dump = read_text(listed("Chain INPUT (policy DROP)", broken, row("DROP", "all", "")))
    first, last = chain(dump, "INPUT").rules
    assert first.unread is None
    assert last.matches == ()
    assert said in write_save(dump.rulesets[0])


def test_a_row_broken_before_a_number_sign_and_in_a_comment() -> None:
    limited = row("REJECT", text="") + "\n#conn src/32 > 10 reject-with tcp-reset"
    noted = row(text="/* some") + "\nthing\n*/ tcp dpt:25"
    dump = read_text(listed("Chain INPUT (policy DROP)", limited, noted, row("DROP")))
    text = write_save(dump.rulesets[0])
    assert "--connlimit-above 10" in text
    assert "--reject-with tcp-reset" in text
    assert rules(dump, "INPUT") == [(1, "REJECT", 1), (2, "ACCEPT", 1), (3, "DROP", 1)]


def test_a_comment_that_breaks_off_takes_no_other_chain_with_it() -> None:
    open_row = row(text="/* cut o")
    text = listed("Chain INPUT (policy DROP)", open_row)
    dump = read_text(text + listed("Chain OUTPUT (policy DROP)", row("DROP", text="/* x */")))
    assert rules(dump, "INPUT") == [(1, "cut", 1)]
    assert rules(dump, "OUTPUT") == [(1, "DROP", 1)]
    assert not any(each.whole for each in table(dump).chains)


def test_a_row_whose_rest_nobody_can_read_is_unknown() -> None:
    broken = f"{row(text='')}\n    tcp dpt:25 zig:zag"
    dump = read_text(listed("Chain INPUT (policy DROP)", broken, row("DROP")))
    first = chain(dump, "INPUT").rules[0]
    assert rules(dump, "INPUT") == [(1, "torn", 1), (2, "DROP", 1)]
    assert (first.header.proto, first.target, first.matches) == (6, None, ())
    assert "IPT0136" in codes(dump)


def test_prose_below_a_row_is_left_out_with_a_note() -> None:
    dump = read_text(listed("Chain INPUT (policy DROP)", row(), "and that was all"))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1)]
    assert "IPT0122" in codes(dump)


def test_the_columns_that_a_cut_title_leaves() -> None:
    rows = ("ACCEPT     tcp  --  192.0.2.0/24         0.0.0.", "DROP       udp  --  0.0.0.0/0")
    text = listed("Chain INPUT (policy DROP)", *rows, title=TITLE[:-4])
    first, second = chain(read_text(text), "INPUT").rules
    assert told(first) == told(second) == ("cut", 1)
    assert (first.header.proto, str(first.header.src)) == (6, "192.0.2.0/24")
    assert (second.header.proto, second.header.src) == (17, None)


@every_row(
    "text",
    [
        "...",
        "…",
        "[…]",
        "[ snip ]",
        "<snip>",
        "-- cut --",
        "etc.",
        "# ...",
        "(omitted)",
        "其余省略",
    ],
)
def test_what_says_that_lines_are_left_out(text: str) -> None:
    assert says_left_out(text)
    dump = read_text(listed("Chain INPUT (policy DROP)", row(), text, row("DROP")))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1), (2, "elided", None), (3, "DROP", 1)]
    assert "IPT0151" in codes(dump)


@every_row("text", ["", "---", "COMMIT", "[5:300] -A", "more", ": x", "*nat", "cut"])
def test_what_does_not_say_so(text: str) -> None:
    assert not says_left_out(text)


def test_dots_between_chains_stand_for_chains() -> None:
    parts = listed("Chain INPUT (policy DROP)", row()), "...\n\n", listed("Chain X (0 references)")
    assert rules(read_text("".join(parts)), "INPUT") == [(1, "ACCEPT", 1)]


def test_printed_numbers_stay_and_tell_what_is_missing() -> None:
    numbered = [f"{number:<4} {row()}" for number in (3, 4, 9, 12)]
    numbered.insert(3, "[... 2 rules ...]")
    text = listed("Chain INPUT (policy DROP)", *numbered, title=f"num  {TITLE}")
    dump = read_text(text)
    assert rules(dump, "INPUT") == [
        (1, "gap", 2), (3, "ACCEPT", 1), (4, "ACCEPT", 1), (5, "gap", 4), (9, "ACCEPT", 1),
        (10, "elided", 2), (12, "ACCEPT", 1),
    ]  # fmt: skip
    assert {"IPT0138", "IPT0151"} <= codes(dump)


@pytest.mark.parametrize(
    "call",
    ["iptables -nL | grep tcp", "sudo iptables -nL|head -5", "iptables -nL 2>&1 | awk /Chain/"],
)
def test_a_filter_behind_the_command_takes_rows_away(call: str) -> None:
    assert is_filtered(call)
    dump = read_text(f"$ {call}\n" + listed("Chain INPUT (policy DROP)", row()))
    assert not chain(dump, "INPUT").whole
    assert "IPT0152" in codes(dump)


@pytest.mark.parametrize("call", ["iptables -nL | less", "iptables -S | tee x", "iptables -nL"])
def test_what_takes_none_away(call: str) -> None:
    assert not is_filtered(call)


def counted(references: int) -> Dump:
    chains = [f"Chain {name} (policy ACCEPT)" for name in ("INPUT", "FORWARD", "OUTPUT")]
    head = listed(chains[0], row("A", "all", "")) + listed(chains[1]) + listed(chains[2])
    return read_text(head + listed(f"Chain A ({references} references)", row()))


def test_references_that_no_rule_makes_tell_that_rules_are_missing() -> None:
    assert all(each.whole for each in table(counted(1)).chains)
    dump = counted(2)
    assert not any(each.whole for each in table(dump).chains)
    assert "IPT0137" in codes(dump)


def test_a_place_left_open_may_hold_the_missing_references() -> None:
    text = listed("Chain INPUT (policy ACCEPT)", "...")
    text += listed("Chain FORWARD (policy ACCEPT)") + listed("Chain OUTPUT (policy ACCEPT)")
    dump = read_text(text + listed("Chain A (2 references)", row()))
    assert all(each.whole for each in table(dump).chains)


def test_parts_of_one_chain_are_put_together() -> None:
    grepped = "$ iptables -nL INPUT | grep {}\n{}\n"
    one, other = row(text="tcp dpt:25"), row("DROP", text="tcp dpt:80")
    dump = read_text(grepped.format(25, one) + grepped.format(80, other))
    assert rules(dump, "INPUT") == [(1, "ACCEPT", 1), (2, "DROP", 1)]
    assert not chain(dump, "INPUT").whole


def first_table(dump: Dump) -> Any:
    found = dump_json(dump)["tables"]
    assert isinstance(found, list)
    return found[0]


def test_json_says_what_is_not_told() -> None:
    dump = read_text(f"{SAVE}-A INPUT -j A\n[... 4 rules ...]\n-A INPUT -j DROP\nCOMMIT\n")
    told_table = first_table(dump)
    gap = told_table["chains"][0]["rules"][1]
    assert gap["unread"] == {"why": "elided", "text": "[... 4 rules ...]", "count": 4}
    assert (gap["text"], gap["target"]) == (None, None)
    assert [each["rule"] for each in told_table["chains"][0]["rules"]] == [1, 2, 6]
    assert all(each["whole"] for each in told_table["chains"])
    grepped = first_table(read_text("-A INPUT -j REJECT\n"))
    assert not grepped["chains"][0]["whole"]


def test_save_text_has_a_comment_where_a_rule_is_not_told() -> None:
    dump = read_text(f"{SAVE}-A INPUT -j A\n[... 4 rules ...]\n-A INPUT -j DROP\nCOMMIT\n")
    lines = write_save(dump.rulesets[0]).splitlines()
    at = lines.index("-A INPUT -j A")
    assert lines[at + 1] == "# -A INPUT … (elided, rules: 4): [... 4 rules ...]"
    assert {note.code for note in lost(dump.rulesets[0])} == {"IPT0139"}


def test_a_diff_tells_of_the_reading_of_both() -> None:
    before = read_text(listed("Chain INPUT (policy DROP)", row()), file="a")
    after = read_text(listed("Chain INPUT (policy DROP)", row(), "so much for that"), file="b")
    found = diff(before, after)
    notes = diff_json(found)["notes"]
    assert isinstance(notes, list)
    assert ("IPT0122", "b", 4) in {(n["code"], n.get("file"), n.get("line")) for n in notes}
    assert {n.get("file") for n in notes if n["code"] == "IPT0121"} == {"a", "b"}
    assert "so much for that" in diff_text(found, Style(lang="en", width=80))
