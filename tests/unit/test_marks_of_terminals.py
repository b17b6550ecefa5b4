"""What a terminal or a writer puts around lines, and names by which a table is known."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import Rule

LISTING = """\
Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     tcp  --  198.51.100.0/24      0.0.0.0/0            tcp dpt:2222
REJECT     all  --  0.0.0.0/0            0.0.0.0/0            reject-with icmp-port-unreachable

Chain FORWARD (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
"""
SAVE = """\
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -i eth3 -j ACCEPT
COMMIT
"""


def rules(text: str) -> list[tuple[str, str, Rule]]:
    """The rules with their tables and chains."""
    found = read_text(text).rulesets[0].rules()
    return [(table.name, chain.name, rule) for table, chain, _number, rule in found]


@every_row("escape", ["", "^[", r"\x1b", r"\033", r"\e", r"\u001b"])
@every_row("end", ["[0m", "[m", "[0;0m"])
def test_colours_without_their_escape_are_taken_off(escape: str, end: str) -> None:
    text = LISTING
    for word in ("ACCEPT", "DROP", "REJECT"):
        text = text.replace(word, f"{escape}[1;31m{word}{escape}{end}")
    assert rules(text) == rules(LISTING)
    assert [chain.policy for chain in read_text(text).rulesets[0].tables[0].chains] == [
        "DROP", "ACCEPT", "ACCEPT"
    ]  # fmt: skip


def test_a_policy_that_is_none_is_unknown() -> None:
    dump = read_text(LISTING.replace("policy DROP", "policy DRXP"))
    assert dump.rulesets[0].tables[0].by_name["INPUT"].policy is None


@pytest.mark.parametrize("mark", ["# ", "#"])
def test_a_dump_behind_hashes_is_read(mark: str) -> None:
    for text in (SAVE, LISTING):
        hashed = "".join(f"{mark}{line}\n" for line in text.splitlines())
        assert rules(hashed) == rules(text)


def test_a_rule_behind_a_hash_among_others_is_none() -> None:
    text = SAVE.replace("-A INPUT", "# -A INPUT -j DROP\n-A INPUT")
    assert [rule for *_where, rule in rules(text)] == [
        rule for *_where, rule in rules(SAVE.replace("-A INPUT", "\n-A INPUT"))
    ]


def test_a_table_that_begins_where_lines_were_left_out_is_another() -> None:
    lines = SAVE.splitlines(keepends=True)
    dump = read_text("".join([*lines[:3], "[...]\n", *lines[5:]]))
    tables = {table.name: table for table in dump.rulesets[0].tables}
    assert tables["filter"].by_name["INPUT"].policy == "DROP"
    assert len(rules("".join(lines[4:]))) == 1
    ruled = [chain.name for chain in tables["filter"].chains for rule in chain.rules if rule.target]
    assert ruled == ["INPUT"]


@pytest.mark.parametrize(
    ("chain", "table"),
    [("KUBE-SEP-ABCDEFGHIJKLMNOP", "nat"), ("DOCKER-USER", "filter"), ("ISTIO_DIVERT", "mangle"),
     ("CNI-HOSTPORT-DNAT", "nat"), ("SOMETHING", "filter"), ("DOCKER", "filter")],
)  # fmt: skip
def test_a_chain_alone_is_of_the_table_in_which_programs_make_it(chain: str, table: str) -> None:
    head = f"Chain {chain} (1 references)\n" + LISTING.splitlines()[1] + "\n"
    row = "RETURN     all  --  10.0.0.0/8           0.0.0.0/0\n"
    assert [where for where, *_rest in rules(head + row)] == [table]
