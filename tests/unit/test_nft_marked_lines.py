"""What nft prints, behind marks, in records of a log, and as a mail breaks it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable

import pytest

from iptsim.dialects import read_text
from iptsim.model import Dump

RULES = (
    "ct state established,related counter packets 12 bytes 3400 accept",
    'iifname "lo" counter packets 7 bytes 700 accept',
    "ip saddr 198.51.100.0/24 tcp dport 443 counter packets 0 bytes 0 drop",
    "tcp dport { 22, 443 } ip saddr 192.0.2.0/24 counter packets 3 bytes 180 accept",
)
LISTING = (
    "table ip filter {\n\tchain INPUT {\n"
    "\t\ttype filter hook input priority filter; policy drop;\n"
    + "".join(f"\t\t{rule}\n" for rule in RULES)
    + "\t}\n}\n"
)
Wrap = Callable[[str], str]


def each(mark: Callable[[int, str], str]) -> Wrap:
    return lambda text: "".join(f"{mark(n, li)}\n" for n, li in enumerate(text.splitlines(), 1))


MARKS: dict[str, Wrap] = {
    "quote": each(lambda _, line: f"> {line}"),
    "two quotes": each(lambda _, line: f">> {line}"),
    "cat -n": each(lambda n, line: f"{n:6d}\t{line}"),
    "grep -Hn": each(lambda n, line: f"/root/rules.txt:{n}:{line}"),
    "box": each(lambda _, line: f"│ {line.expandtabs(8):100} │"),
    "pdsh": each(lambda _, line: f"node3: {line}"),
    "stern": each(lambda _, line: f"web-7d9f istio-init {line}"),
    "docker": each(lambda _, line: json.dumps({"log": f"{line}\n", "stream": "stdout"})),
    "zap": each(lambda _, line: json.dumps({"level": "info", "msg": line})),
}


def told(dump: Dump) -> list[tuple[str, int]]:
    rows = [
        (table.name, chain.name, rule.place.line if rule.place else 0)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    ]
    return [(f"{table} {chain}", line) for table, chain, line in rows]


@pytest.mark.parametrize("mark", MARKS)
def test_marks_before_every_line_change_nothing(mark: str) -> None:
    dump = read_text(MARKS[mark](LISTING))
    assert told(dump) == told(read_text(LISTING))
    assert [note.code for note in dump.notes] == [note.code for note in read_text(LISTING).notes]


def test_marks_before_a_few_lines_are_no_marks_of_the_text() -> None:
    lines = LISTING.splitlines()
    text = "\n".join([f"> {lines[0]}", *lines[1:]])
    assert told(read_text(f"{text}\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")) == []


@pytest.mark.parametrize("width", [48, 60, 66, 72])
def test_what_a_mail_breaks_between_words_is_joined(width: int) -> None:
    lines = [
        part
        for line in LISTING.expandtabs(8).splitlines()
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    ]
    assert len(lines) > len(LISTING.splitlines())
    dump = read_text("\n".join(lines) + "\n")
    assert len(told(dump)) == len(RULES)
    assert not [note for note in dump.notes if note.code == "IPT0540"]


def test_a_rule_at_the_margin_that_no_width_broke_is_a_rule() -> None:
    text = LISTING.replace("\t\tiifname", "iifname").expandtabs(8)
    assert len(told(read_text(text))) == len(RULES)


def test_a_remark_above_a_chain_with_few_blanks_takes_no_chain() -> None:
    lines = LISTING.expandtabs(4).splitlines()
    text = "\n".join([lines[0], f"    # {'what comes in, ' * 6}and no more", *lines[1:]]) + "\n"
    text = text.replace("        ", "         ")
    assert len(told(read_text(text))) == len(RULES)
