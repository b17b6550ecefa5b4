"""Logs that run backwards, and input that iptables-restore did not take."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Dump, Table

STAMPS = [
    "2024-01-0{}T00:00:05Z ",
    "2024/01/0{} 10:00:00 ",
    "Jan  {} 10:00:00 fw script[7]: ",
    "2024-01-05 10:00:0{},123 ",
    "[10:00:0{}] ",
    "Jan {}, 2024 @ 10:00:00.250\t",
    "1/{}/24 10:00:00.000 AM\t",
    "0{}.01.2024 10:00:00 ",
    "01/0{}/2024 10:00:00 ",
]
COMMANDS = ["-F INPUT", "-A INPUT -i a -j DROP", "-A INPUT -i b -j DROP"]


def interfaces(dump: Dump) -> list[str]:
    """The interfaces that the rules ask for, in order."""
    rules = dump.rulesets[0].rules()
    return [str(rule.header.in_) for *_place, rule in rules if rule.header.in_]


def log(stamp: str, *days: int) -> str:
    lines = [f"{stamp.format(day)}iptables {COMMANDS[day - 1]}" for day in days]
    return "\n".join(lines) + "\n"


@every_row("stamp", STAMPS)
@every_row("days", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_commands_go_by_their_times(stamp: str, days: tuple[int, ...]) -> None:
    dump = read_text(log(stamp, *days))
    assert interfaces(dump) == ["a", "b"]
    assert any(note.code == "IPT0517" for note in dump.notes) == (days != (1, 2, 3))


TIMES = [
    lambda day: {"ts": 1700000000.5 + day},
    lambda day: {"@timestamp": 1700000000500 + day},
    lambda day: {"__REALTIME_TIMESTAMP": f"170000000050000{day}"},
    lambda day: {"timestamp": f"2024-01-0{day}T08:00:00Z"},
    lambda day: {"receiveTimestamp": "2024-01-09T08:00:00Z", "time": f"2024-01-0{day}T08:00:00Z"},
    lambda day: {"time": f"2024-01-01T08:00:00.00000000{day}Z"},
]


@every_row("indent", [None, 2])
@every_row("first", [True, False])
@every_row("time", TIMES)
def test_records_go_by_their_times(
    time: Callable[[int], dict[str, object]], *, first: bool, indent: int | None
) -> None:
    """Whether a record is one line, or has its time on a line of its own."""
    found = []
    for day in (3, 2, 1):
        said = {"labels": {"zone": "a"}, "message": f"iptables {COMMANDS[day - 1]}"}
        found.append(time(day) | said if first else said | time(day))
    text = json.dumps(found, indent=indent) if indent else "\n".join(map(json.dumps, found))
    dump = read_text(text.replace("__REALTIME_TIMESTAMP", "epoch") if indent else text)
    assert interfaces(dump) == ["a", "b"]
    assert any(note.code == "IPT0517" for note in dump.notes)


@pytest.mark.parametrize(
    ("stamps", "names"),
    [
        (("11:59:00 AM", "12:01:00 PM", "01:00:00 PM"), ["a", "b"]),
        (("01:00:00 PM", "12:01:00 PM", "11:59:00 AM"), ["b", "a"]),
    ],
)
def test_noon_stands_between_the_halves_of_a_day(stamps: tuple[str, ...], names: list[str]) -> None:
    said = ("-F INPUT", "-A INPUT -i a -j DROP", "-A INPUT -i b -j DROP")
    said = said if names == ["a", "b"] else (said[1], said[2], said[0])
    lines = [f"3/4/24 {time}\tiptables {call}" for time, call in zip(stamps, said, strict=True)]
    assert interfaces(read_text("\n".join(lines) + "\n")) == names


def test_equal_times_of_a_log_that_runs_backwards_tell_no_order() -> None:
    text = log(STAMPS[0], 3) + log(STAMPS[0], 2).replace("-02T", "-03T") + log(STAMPS[0], 1)
    dump = read_text(text)
    (chain,) = dump.rulesets[0].tables[0].chains
    assert [rule.unread is not None for rule in chain.rules] == [True]
    assert [dict(n.facts)["chains"] for n in dump.notes if n.code == "IPT0518"] == ["INPUT"]


def test_a_new_year_is_no_way_back() -> None:
    text = "Dec 31 23:59:59 fw s[7]: iptables -A INPUT -i a -j DROP\n"
    text += "Jan  1 00:00:01 fw s[7]: iptables -A INPUT -i b -j DROP\n"
    assert interfaces(read_text(text)) == ["a", "b"]


BLOCK = "*{}\n:{} ACCEPT [0:0]\n-A {} -i {} -j DROP\nCOMMIT\n"
RAW, FILTER = (
    BLOCK.format("raw", *2 * ["PREROUTING"], "a"),
    BLOCK.format("filter", *2 * ["INPUT"], "b"),
)


def tables(text: str) -> dict[str, Table]:
    """The tables of a text by their names."""
    return {table.name: table for table in read_text(text).rulesets[0].tables}


@every_row(
    "error",
    [
        "iptables-restore: line 4 failed",
        "iptables-restore v1.8.7 (nf_tables): unable to initialize table 'filter'",
        "Failed to execute: iptables-restore --noflush /tmp/rules.txt, exit status 2",
        "error: iptables-restore exited with status 1: iptables-restore failed",
    ],
)
@every_row(
    ("above", "below"),
    [("iptables-restore <<E\n", "E\n"), ("", "Running command: iptables-restore f\n")],
)
def test_input_that_was_not_taken(error: str, above: str, below: str) -> None:
    text = f"{above}{FILTER}{below}{error}\n"
    table = tables(text)["filter"]
    assert (table.chains, table.fresh) == ((), False)
    (note,) = (note for note in read_text(text).notes if note.code == "IPT0515")
    assert note.place is not None
    assert note.place.line == text.count("\n")


def test_tables_committed_above_the_line_that_failed_were_taken() -> None:
    found = tables(f"iptables-restore <<E\n{RAW}{FILTER}E\niptables-restore: line 8 failed\n")
    assert [len(found[name].chains) for name in ("raw", "filter")] == [1, 0]


def test_a_save_and_warnings_are_no_failures() -> None:
    save = f"# Generated by iptables-save v1.8.7 on x\n{FILTER}# Completed on x\n"
    assert tables(f"{save}iptables-restore: line 4 failed\n")["filter"].chains
    assert tables(f"{FILTER}iptables-restore v1.8.4 (legacy): Warning: x\n")["filter"].chains


def test_rules_of_a_save_go_by_their_times() -> None:
    text = "*nat|:WEB - [0:0]|-A WEB -i a -j RETURN|-A WEB -i b -j ACCEPT|-A WEB -i c -j RETURN"
    stamped = [f"2024-01-01T00:00:0{at}Z {line}" for at, line in enumerate(text.split("|"), 1)]
    dump = read_text("\n".join(reversed(stamped)) + "\n")
    assert interfaces(dump) == ["a", "b", "c"]
    assert any(note.code == "IPT0517" for note in dump.notes)


STAMP = "2022-05-01 12:00:0{},123 fail2ban.utils [812]: ERROR 7f3c -- "


@pytest.mark.parametrize(
    ("error", "unread"), [("Permission denied (you must be root)", []), ("no such chain", ["b"])]
)
def test_a_script_of_fail2ban_that_failed(error: str, unread: list[str]) -> None:
    text = f"{STAMP.format(0)}exec: iptables -w -A INPUT -i b -j DROP\niptables -A INPUT -i c\n"
    text += f"{STAMP.format(1)}stderr: 'iptables: {error}'\n{STAMP.format(2)}returned 1\n"
    dump = read_text(f"{text}iptables -A INPUT -i a -j DROP\n")
    (chain,) = dump.rulesets[0].tables[0].chains
    assert [rule.unread is not None for rule in chain.rules] == [*(True for _ in unread), False]
    assert interfaces(dump) == ["a"]
