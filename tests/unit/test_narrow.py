"""Saves whose rows lost their ends: cut at a column, or one row that breaks off."""

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import DumpError
from iptsim.model import Dump

SAVE = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -s 192.0.2.10/32 -p tcp -m conntrack --ctstate NEW -m tcp --dport 8443 -j WEB
-A INPUT -s 192.0.2.11/32 -p tcp -m tcp --dport 1:1023 -m comment --comment "old hosts" -j DROP
-A INPUT -s 192.0.2.12/32 -p udp -m udp --dport 53 -m limit --limit 5/sec -j ACCEPT
-A WEB -m comment --comment "all of it" -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A WEB -j DROP
COMMIT
"""


def unread(dump: Dump) -> dict[str, list[bool]]:
    """Of each chain, of each of its rules, whether it is not told."""
    return {
        chain.name: [rule.unread is not None for rule in chain.rules]
        for table in dump.rulesets[0].tables
        for chain in table.chains
        if chain.rules
    }


def cut(text: str, width: int) -> str:
    return "\n".join(line[:width] for line in text.split("\n"))


@every_row("width", range(26, 81))
def test_every_rule_at_the_edge_is_untold_where_one_shows_it(width: int) -> None:
    text = cut(SAVE, width)
    torn = [len(line) == width for line in text.split("\n") if line.startswith("-A")]
    found = unread(read_text(text))
    told = [*found["INPUT"], *found["WEB"]]
    assert told == torn


def test_rows_that_read_lack_their_ends_where_another_does() -> None:
    text = cut(SAVE, 72)
    assert unread(read_text(text))["INPUT"] == [False, True, True, True]
    notes = [note for note in read_text(text).notes if note.code == "IPT0136"]
    assert [note.place.line for note in notes if note.place] == [7, 8, 9, 10]


def test_a_text_of_which_every_row_reads_stays_as_it_is() -> None:
    assert not any(any(rules) for rules in unread(read_text(SAVE)).values())


def test_the_last_row_alone_shows_it_too() -> None:
    first = "-A INPUT -p tcp -j DNAT --to-destination 10.0.0.1"
    rows = [first, "-A INPUT -p udp -j DNAT --to-destination 10.0.0."]
    text = "\n".join(["-P INPUT ACCEPT", rows[0], rows[1] + "1" * (len(first) - len(rows[1]))])
    assert unread(read_text(text)) == {"INPUT": [False, False]}
    torn = text[:-1] + "."
    assert unread(read_text(torn)) == {"INPUT": [True, True, True]}


def test_a_rule_whose_chain_is_cut_is_refused() -> None:
    with pytest.raises(DumpError):
        read_text(
            "-P INPUT DROP\n-N LONGER\n-A LONGER-NAME\n-A INPUT -s 10.\n-A INPUT -p t\n",
            strict=True,
        )


@every_row(
    "row",
    [
        "-A OUTPUT -p tcp -j",
        "-A OUTPUT -m conntrack --ctstate",
        "[3:180] -A OUTPUT -p tcp -m tcp --dport",
        '-A OUTPUT -m comment --comment "never ends -j DROP',
        "-A OUTPUT -p",
    ],
)
@every_row("starred", [True, False])
def test_a_row_that_breaks_off_is_an_unknown_rule(row: str, starred: bool) -> None:
    rest = f'{row}\n-A OUTPUT -m comment --comment "b c" -j DROP\n-A INPUT -j DROP'
    text = f"*filter\n:INPUT ACCEPT [0:0]\n{rest}\nCOMMIT\n" if starred else rest
    dump = read_text(text)
    assert unread(dump) == {"INPUT": [False], "OUTPUT": [True, False]}
    lines = text.split("\n")
    notes = [note.place.line for note in dump.notes if note.code == "IPT0136" and note.place]
    assert notes == [lines.index(row) + 1]


@pytest.mark.parametrize(
    "row", ["-A OUTPUT -p tpc -j DROP", "-A OUTPUT -i lo !", "-A", "-A OUTPUT -j DROP -j DROP"]
)
def test_every_other_error_stays(row: str) -> None:
    with pytest.raises(DumpError) as caught:
        read_text(f"*filter\n:INPUT ACCEPT [0:0]\n{row}\n-A INPUT -j DROP\nCOMMIT\n", strict=True)
    assert caught.value.place.line == 3
