from typing import Any

import pytest
from every_row import every_row
from save_texts import section, written

from iptsim.dialects.commands.commands import read_commands
from iptsim.dialects.parts import ReadTable
from iptsim.errors import DumpError


def commands(text: str, **hints: Any) -> list[ReadTable]:
    return read_commands(section(text, form="commands", **hints))


@pytest.mark.parametrize(
    "line",
    [
        "iptables -t nat -A X -p tcp -j REDIRECT --to-port 1",
        "sudo /sbin/iptables-legacy -w -t nat -A X -p tcp -j REDIRECT --to-ports 1",
        "+ iptables -A X -p tcp -j REDIRECT --to-port 1 -t nat",
        "iptables --table nat --append X --protocol tcp --jump REDIRECT --to-ports 1",
        "iptables -t nat -A X -p tcp -j REDIRECT --to-ports 1 2>/dev/null || true",
        "iptables -t nat -A X -p tcp -j REDIRECT --to-ports 1 # why",
        "iptables-nft -t nat -F && iptables -t nat -A X -p tcp -j REDIRECT --to-ports 1;",
    ],
)
def test_a_command_however_it_is_called(line: str) -> None:
    (table,) = commands(line)
    assert (table.name, table.family, table.form) == ("nat", 4, "input")
    assert written(table) == ["-A X -p tcp -j REDIRECT --to-ports 1"]


def test_tables_by_family_and_name() -> None:
    text = "iptables -N a\nip6tables -A INPUT -s ::1\niptables -t raw -A OUTPUT\niptables -A a"
    assert [(t.family, t.name, written(t)) for t in commands(text)] == [
        (4, "filter", ["-A a"]),
        (6, "filter", ["-A INPUT -s ::1/128"]),
        (4, "raw", ["-A OUTPUT"]),
    ]


@pytest.mark.parametrize("bang", ["'!'", r"\!", "!", '"!"'])
def test_the_shells_spellings_of_an_exclamation_mark(bang: str) -> None:
    (table,) = commands(f"iptables -A OUTPUT {bang} -d 127.0.0.1/32 -o lo")
    assert written(table) == ["-A OUTPUT ! -d 127.0.0.1/32 -o lo"]


def test_quotes_are_the_shells() -> None:
    (table,) = commands(r"""iptables -A INPUT -m comment --comment 'a\b'"c\"d"\ e""")
    (rule,) = table.chains[0].rules
    assert rule.matches[0].value("--comment", str) == r'a\bc"d e'


@every_row(
    "line",
    ["iptables -nvL", "iptables -t nat -L -n", "iptables-restore --noflush < x", "iptables -S",
     "iptables-save", "echo iptables -A INPUT", "iptables --version", "ip rule add fwmark 1"],
)  # fmt: skip
def test_lines_that_leave_no_rule(line: str) -> None:
    assert commands(line) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("iptables -A INPUT -p tcp --dport $PORT -j DROP", "$PORT"),
        ('iptables -A INPUT -s "${NET}" -j DROP', '${NET}"'),
        ("iptables -A INPUT -s `cat net`", "`cat"),
        ("iptables -A INPUT -s $(cat net)", "$"),
    ],
)
def test_what_a_shell_would_fill_in_is_no_literal_rule(line: str, fault: str) -> None:
    with pytest.raises(DumpError, match="not a literal rule") as caught:
        commands(line)
    column = caught.value.place.column - 1
    assert line[column : column + caught.value.length] == fault
    assert caught.value.code == "IPT0116"


def test_a_dollar_in_single_quotes_is_literal() -> None:
    (table,) = commands("iptables -A INPUT -m comment --comment '$5'")
    assert table.chains[0].rules[0].matches[0].value("--comment", str) == "$5"


def test_the_cleaning_up_before_building_is_noted_not_refused() -> None:
    (table,) = commands("iptables -t nat -D PREROUTING -p tcp -j X\niptables -t nat -N X")
    assert [note.code for note in table.notes] == ["IPT0126"]
    assert [chain.name for chain in table.chains] == ["PREROUTING", "X"]


def test_a_second_new_chain_of_one_name_fails_on_the_host_and_changes_nothing() -> None:
    (table,) = commands("iptables -N X\niptables -A X\niptables -N X")
    assert written(table) == ["-A X"]


def test_an_error_in_a_command_is_placed() -> None:
    line = "  sudo iptables -A INPUT -p tpc"
    with pytest.raises(DumpError, match="protocol") as caught:
        commands(f"true\n{line}")
    place = caught.value.place
    assert (place.line, place.column) == (2, line.index("tpc") + 1)
