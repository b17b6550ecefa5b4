"""Reading what no host ever printed: bounded in time and memory, never silently wrong."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from every_row import every_row
from steps_taken import steps

from iptsim.dialects import read_files, read_text
from iptsim.dialects.parts import Line
from iptsim.dialects.wrappers import escapes
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError, IptsimError
from iptsim.model import Dump, Unread

SAVE = "*filter\n:INPUT ACCEPT [0:0]\n"
LISTING = "Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n"
ROW = "ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            "
LONG = 300_000
HUGE = "9" * 5000
MOST_STEPS = 3_000_000
NOISE = "2024-01-01 12:00:00 host app[7]: iptables said -A nothing -- of 10.0.0.1 * item\n"


def refused(text: str, most: int = MOST_STEPS) -> IptsimError:
    found: list[IptsimError] = []

    def read() -> None:
        with pytest.raises(IptsimError) as caught:
            read_text(text)
        found.append(caught.value)

    assert steps(read) < most
    assert len(str(found[0])) < 500
    return found[0]


def test_noise_takes_work_by_its_lines() -> None:
    def work(lines: int) -> int:
        return steps(lambda: refused_plainly(NOISE * lines))

    assert work(600) < 2.2 * work(300)


def refused_plainly(text: str) -> None:
    with pytest.raises(IptsimError):
        read_text(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{SAVE}-A INPUT {'word ' * (LONG // 5)}\nCOMMIT\n",
        f"{SAVE}-A INPUT {'-m tcp ' * (LONG // 7)}\nCOMMIT\n",
        f"{SAVE}-A INPUT{' ' * LONG}-s 192.0.2.1 -j DROP\nCOMMIT\n",
        f"{LISTING}{ROW}{'/* ' * (LONG // 3)}\n",
        f"{LISTING}{ROW}\niptables -A INPUT {'word ' * (LONG // 5)}\n",
    ],
    ids=["words", "matches", "blanks", "comments", "command"],
)
def test_a_line_longer_than_any_rule_is_refused_at_its_place(text: str) -> None:
    error = refused(text)
    assert isinstance(error, DumpError)
    assert error.code == "IPT0118"
    assert error.text


def test_the_rest_of_a_line_that_is_cut_is_not_read_as_a_line(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_text(f"{SAVE}-A INPUT{' ' * 3_000_000}-s 192.0.2.1 -j DROP\nCOMMIT\n")
    with pytest.raises(DumpError) as caught:
        read_files([str(file)])
    assert (caught.value.code, caught.value.place.line) == ("IPT0118", 3)


def test_a_long_line_that_is_no_rule_is_passed_over() -> None:
    noise = f'{{"log": "{"x" * LONG}"}}\n'
    dump = read_text(f"{noise}{SAVE}-A INPUT -j DROP\n{noise}COMMIT\n{noise}")
    assert rules(dump) == 1


def test_too_many_words() -> None:
    assert refused(f"{SAVE}-A INPUT {'! ' * 20_000}\nCOMMIT\n").code == "IPT0118"


@pytest.mark.parametrize(
    "line",
    [
        f"-A INPUT -p tcp --dport {HUGE} -j DROP",
        f"-A INPUT -m mark --mark {HUGE}",
        f"-A INPUT -c {HUGE} 1 -j DROP",
        f"-I INPUT {HUGE} -j DROP",
        f"-A INPUT -s 192.0.2.1/{HUGE}",
        f'-A INPUT -m u32 --u32 "{HUGE}=1"',
        f"-A INPUT -p {HUGE}",
    ],
)
def test_a_huge_number_of_a_rule(line: str) -> None:
    error = refused(f"{SAVE}{line}\nCOMMIT\n")
    assert isinstance(error, DumpError)
    assert error.place.line == 3
    assert "set_int_max_str_digits" not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        f"Chain X ({HUGE} references)\n",
        LISTING.replace("ACCEPT", f"ACCEPT {HUGE} packets, 1 bytes"),
        f"{LISTING}{ROW}tcp dpt:{HUGE}\n",
        "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out"
        f"     source               destination\n{HUGE} 0 {ROW}\n".replace("--  ", "--  *  *  "),
    ],
    ids=["references", "policy", "text", "counters"],
)
def test_a_huge_number_of_a_listing(text: str) -> None:
    assert isinstance(refused(text), DumpError)


def test_a_row_with_a_huge_counter_beside_good_ones_is_unknown() -> None:
    title = " pkts bytes target     prot opt in     out     source               destination\n"
    rest = "DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0\n"
    rows = f"    1     1 {rest}{HUGE}     1 {rest}"
    dump = read_text(f"Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n{title}{rows}")
    (chain,) = dump.rulesets[0].tables[0].chains
    assert [rule.unread is not None for rule in chain.rules] == [False, True]


def test_digits_of_other_scripts_are_no_numbers() -> None:
    assert "is not a number" in str(refused(f"{SAVE}-A INPUT -p tcp --dport ١٢\nCOMMIT\n"))


@pytest.mark.parametrize(
    "text",
    [
        f"{SAVE}-A INPUT -j {'A' * 300}\nCOMMIT\n",
        f"Chain {'A' * 300} (1 references)\n",
        f"{LISTING}{'A' * 300}  tcp  --  0.0.0.0/0            0.0.0.0/0\n",
    ],
)
def test_a_name_longer_than_any_chain_has(text: str) -> None:
    assert isinstance(refused(text), DumpError)


@every_row(
    "line",
    [
        "." * 200_000 + " iptables -A INPUT -j DROP",
        "a=b=c " * 40 + "zzz iptables -A INPUT -j DROP",
        "(" * 200_000 + " iptables -A",
        "ip netns exec " + "a/" * 100_000 + " iptables -A",
        "for " + "(a" * 100_000 + " iptables -A",
        ":" * 200_000,
        "*a" * 100_000,
        "-- " * 80_000,
    ],
    ids=["dots", "assignments", "brackets", "path", "compound", "colons", "stars", "dashes"],
)
def test_no_line_makes_the_search_for_calls_slow(line: str) -> None:
    refused(line + "\n")


def test_many_continued_lines() -> None:
    line = "iptables -A INPUT \\\n"
    refused(line * 100)  # what is loaded for them is no work of theirs
    refused(line * 10_000, MOST_STEPS * 9 // 20)  # thrice as long as the longest statement


def test_a_listing_ends_where_only_other_text_follows() -> None:
    prose = "Some prose here that is no dump at all.\n" * 5_000
    dump = read_text(f"{LISTING}{ROW}\n\n{prose}")
    assert rules(dump) == 1
    assert len(dump.notes) < 5


def test_a_save_goes_on_behind_much_other_text() -> None:
    prose = "Some prose here that is no dump at all.\n" * 5_000
    dump = read_text(f"{SAVE}-A INPUT -p tcp -j DROP\n{prose}-A INPUT -j DROP\nCOMMIT\n")
    assert rules(dump) == 2


def test_a_row_that_is_cut_off_after_its_source() -> None:
    dump = read_text(f"{LISTING}ACCEPT     all  --  0.0.0.0/0   ")
    ((_table, _chain, _number, rule), (*_place, behind)) = dump.rulesets[0].rules()
    assert rule.unread == Unread(why="cut", text="ACCEPT     all  --  0.0.0.0/0", count=1)
    assert rule.target is None
    assert behind.unread == Unread(why="cut")


@pytest.mark.parametrize("rest", ["18446744073709551616", "1", "word " * 20, "tcp  --  anywhere"])
def test_lines_that_join_no_row_take_little_work_each(rest: str) -> None:
    def work(lines: int) -> int:
        text = f"{LISTING}{ROW}\n" + f"{rest}\n" * lines
        return steps(lambda: reads_or_is_refused(text))

    assert work(80) < 2.5 * work(40) < 0.4 * MOST_STEPS


def reads_or_is_refused(text: str) -> None:
    with suppress(IptsimError):
        read_text(text)


def test_quotes_that_are_never_closed_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Counted:
        def match(self, _text: str, place: int) -> None:
            tried.append(place)

    monkeypatch.setattr(escapes, "_STRINGS", {'"': Counted(), "'": Counted()})
    reads_or_is_refused('{"log": ' + "\\\"-A INPUT \\'" * 20_000)
    assert 0 < len(tried) < 50


def test_a_program_without_words_beside_a_note() -> None:
    dump = read_text("iptables -A INPUT -j DROP\niptables ; ip6tables -P INPUT DROP # mine\n")
    assert [each.family for each in dump.rulesets] == [4, 6]


def test_half_a_letter_in_a_log_is_written_as_none() -> None:
    chain = json.dumps({"log": "*filter\n:\ud800 - [0:0]\n-A \ud800 -j DROP\nCOMMIT\n"})
    assert "-A \ufffd -j DROP" in write_save(read_text(chain + "\n").rulesets[0])


def test_brackets_of_a_log_are_passed_over_once() -> None:
    line = Line(number=1, text="{[" * 5_000 + "x", full="")
    assert escapes.Escaped(keys=frozenset({"log"}))(line) is None  # else it would never end


def rules(dump: Dump) -> int:
    return sum(1 for ruleset in dump.rulesets for _ in ruleset.rules())
