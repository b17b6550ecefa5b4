"""Several listings asked for by one line, and rules that stand outside of any table."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.dialects.commands.calls import all_calls, call_in
from iptsim.model import Dump

TITLE = "target     prot opt source               destination\n"
ROW = "{}       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:81\n"
TWICE = [
    "# iptables -nL INPUT && iptables -t mangle -nL INPUT",
    "$ sudo iptables -nL INPUT; sudo iptables -t mangle -nL INPUT",
    "root@h:~# for t in filter mangle; do iptables -t $t -nL INPUT; done",
    'root@h:~# for t in filter mangle; do iptables -nL INPUT -t "${t}"; done',
    "# iptables -nL INPUT | cat; echo; iptables -nL INPUT -t mangle",
]


def tables(dump: Dump) -> list[tuple[int, str, list[str]]]:
    return [(r.family, t.name, [c.name for c in t.chains]) for r in dump.rulesets for t in r.tables]


@pytest.mark.parametrize("line", TWICE)
def test_listings_come_in_the_order_of_their_calls(line: str) -> None:
    own = "Chain INPUT (policy ACCEPT)\n" + TITLE
    dump = read_text(f"{line}\n{own}{ROW.format('DROP')}\n{own}{ROW.format('ACCEPT')}")
    assert tables(dump) == [(4, "filter", ["INPUT"]), (4, "mangle", ["INPUT"])]
    targets = [rule.target and rule.target.name for *_place, rule in dump.rulesets[0].rules()]
    assert targets == ["DROP", "ACCEPT"]


@pytest.mark.parametrize("line", TWICE)
def test_outputs_of_s_come_in_the_order_of_their_calls(line: str) -> None:
    text = "-P INPUT ACCEPT\n-A INPUT -p tcp -j {}\n"
    line = line.replace("-nL", "-S")
    dump = read_text(f"{line}\n{text.format('DROP')}{text.format('ACCEPT')}")
    assert tables(dump) == [(4, "filter", ["INPUT"]), (4, "mangle", ["INPUT"])]


def test_families_come_in_the_order_of_their_calls() -> None:
    own = f"Chain FORWARD (policy DROP)\n{TITLE}\n"
    dump = read_text(f"# iptables -nL FORWARD; ip6tables -nL FORWARD\n{own}{own}")
    assert tables(dump) == [(4, "filter", ["FORWARD"]), (6, "filter", ["FORWARD"])]


def test_whole_tables_with_their_own_chains() -> None:
    filters = "".join(
        f"Chain {n} (policy ACCEPT)\n{TITLE}\n" for n in ("INPUT", "FORWARD", "OUTPUT")
    )
    mine = f"Chain MINE (0 references)\n{TITLE}\n"
    line = "# iptables -nL; iptables -t security -nL"
    dump = read_text(f"{line}\n{filters}{mine}{filters}{mine}")
    names = ["INPUT", "FORWARD", "OUTPUT", "MINE"]
    assert tables(dump) == [(4, "filter", names), (4, "security", names)]


def test_an_answer_that_is_missing_gives_no_table_to_another() -> None:
    own = f"Chain POSTROUTING (policy ACCEPT)\n{TITLE}{ROW.format('MASQUERADE')}"
    line = "# iptables -t mangle -nL POSTROUTING; iptables -t nat -nL POSTROUTING"
    assert tables(read_text(f"{line}\n{own}")) == [(4, "nat", ["POSTROUTING"])]


@pytest.mark.parametrize(
    "line", ["# iptables -nL", "iptables -t nat -S | grep 80; ls", "iptables -S 'a"]
)
def test_one_call_is_none_of_several(line: str) -> None:
    found = call_in(line)
    assert found is None or all_calls(line, found["call"]) == []


WHOLE = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
RULE = "-A INPUT -p tcp -m tcp --dport {} -j DROP\n"


def test_a_save_pasted_from_its_middle() -> None:
    text = "-A POSTROUTING -p tcp -j RETURN\n"
    text += "-A MINE -p tcp -j DNAT --to-destination 192.0.2.9\nCOMMIT\n"
    (ruleset,) = read_text(text + WHOLE.format(RULE.format(81))).rulesets
    assert [t.name for t in ruleset.tables] == ["nat", "filter"]
    first, last = ruleset.tables[0].chains
    assert [rule.unread is not None for rule in first.rules] == [True, False]
    assert [rule.unread is not None for rule in last.rules] == [False]


def test_rules_behind_a_commit_are_not_surely_the_tables() -> None:
    dump = read_text(WHOLE.format(RULE.format(81)) + RULE.format(82))
    own = dump.rulesets[0].tables[0].chains[0]
    assert (len(own.rules), own.whole) == (2, False)
    assert "IPT0174" in {note.code for note in dump.notes}


def test_rules_behind_a_commit_that_the_table_has_say_nothing() -> None:
    dump = read_text(WHOLE.format(RULE.format(81)) + RULE.format(81))
    own = dump.rulesets[0].tables[0].chains[0]
    assert (len(own.rules), own.whole) == (1, True)


def test_a_commit_alone_is_no_line_of_a_dump() -> None:
    dump = read_text("COMMIT\n" + WHOLE.format(RULE.format(81)) + "COMMIT\n")
    assert [t.name for t in dump.rulesets[0].tables] == ["filter"]
