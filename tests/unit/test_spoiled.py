"""Rules of which a part cannot be read: the rest holds, the part is unknown, and a note says so."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.parts import SPOILED
from iptsim.dialects.rule.spoiled import error_of
from iptsim.errors import DumpError
from iptsim.model import UNREADABLE, Dump, Rule
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.tracing import trace_grouped

SAVE = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT
{}
COMMIT
"""
SCRIPT = "iptables -P INPUT DROP\niptables -A INPUT -p tcp --dport 9 -j ACCEPT\niptables {}\n"
LISTING = """\
Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:9
{}
"""


def rule_of(text: str, chain: str = "INPUT") -> Rule:
    """The last rule of a chain of filter or nat."""
    tables = read_text(text, family=4).rulesets[0].tables
    found = next(table.chain(chain) for table in tables if table.chain(chain))
    assert found is not None
    return found.rules[-1]


def parts(rule: Rule) -> list[str]:
    """What cannot be read of what a rule asks."""
    return [word for match in rule.matches if match.name == UNREADABLE for word in match.raw]


def verdicts(dump: Dump, **fields: object) -> set[str | None]:
    packet = Packet(family=4, in_="eth0", sport=40000, **fields)  # type: ignore[arg-type]
    found = trace_grouped(Tracer.of(dump.rulesets[0]), packet)
    return {outcome.verdict for outcome in (*found.outcomes, *found.untold)}


@every_row(
    ("rule", "unread"),
    [
        ("-p udp -m udp --dport @PORT@", ["--dport @PORT@"]),
        ("-p udp -m udp --dport {{ port }}", ["--dport {{ port }}"]),
        ("-s 10.0.0.700 -p udp", ["-s 10.0.0.700"]),
        ("-p udp -m udp --dport 53 --frob 3", ["--frob 3"]),
        ("-p udp -m udp ! --dprot 53", ["! --dprot 53"]),
        ("! {{ net }} 10.0.0.1 -i eth0 -p udp", ["! {{ net }} 10.0.0.1 -i eth0"]),
        ("! foo ! -i eth0 -p udp", ["! foo"]),
        ("-p udp ! foo -i eth0", ["-p udp ! foo -i eth0"]),
        ("-p udp ! --frobbed -i eth0", ["! --frobbed -i eth0"]),
        ("-p udp ! --frob 7 -i eth0", ["! --frob 7"]),
        ("-p udp ! ! --frob 7 -i eth0", ["! ! --frob 7 -i eth0"]),
        ("! foo -m udp -p udp", ["! foo"]),
        ("{% if a %}-s 10.0.0.1{% endif %} -p udp", ["{% if a %}-s 10.0.0.1{% endif %}"]),
        ("-p {{ kind }} --dport 53", ["-p {{ kind }}", "--dport 53"]),
        ("-p udp -m rpfilter --invrt", ["-m rpfilter --invrt"]),
        ("-p udp -m limit --limit no --limit-burst 5", ["-m limit --limit no --limit-burst 5"]),
        ("-p udp -s 10.0.0.1 -s 10.0.0.2", ["-s 10.0.0.2"]),
        ("-p udp -m addrtype [unsupported revision]", ["-m addrtype [unsupported revision]"]),
    ],
)  # fmt: skip
def test_only_the_part_at_fault_is_unknown(rule: str, unread: list[str]) -> None:
    found = rule_of(SAVE.format(f"-A INPUT {rule} -j ACCEPT"))
    assert parts(found) == unread
    assert found.unread is None
    assert found.target is not None
    assert found.target.name == "ACCEPT"


def test_whose_a_bang_is_that_stands_before_words_of_no_option_is_open() -> None:
    plain = rule_of(SAVE.format("-A INPUT ! {{ net }} -i eth0 -j ACCEPT")).header
    negated = rule_of(SAVE.format("-A INPUT ! {{ net }} ! -i eth0 -j ACCEPT")).header
    assert plain.in_ is None
    assert (negated.in_ is not None, negated.not_) == (True, frozenset({"in"}))


@every_row("rule", ["! ! -p udp", "! ! foo", "! foo ! ! -p udp", "! !", "foo !", "! foo"])
def test_of_bangs_alone_nothing_breaks(rule: str) -> None:
    found = rule_of(SAVE.format(f"-A INPUT {rule} -j ACCEPT  # its line is of a length of its own"))
    assert found.unread is not None or parts(found)


def test_what_else_the_rule_asks_holds() -> None:
    dump = read_text(SAVE.format("-A INPUT -p udp -m udp --dport 53 --frob 3 -j ACCEPT"))
    assert verdicts(dump, proto=17, dport=53) == {"ACCEPT", "DROP"}
    assert verdicts(dump, proto=17, dport=54) == {"DROP"}
    assert verdicts(dump, proto=6, dport=9) == {"ACCEPT"}


def test_two_placeholders_that_read_alike_are_two_unknowns() -> None:
    rules = "-A INPUT -p udp --dport XX -j REJECT\n-A INPUT -p udp --dport XX -j ACCEPT"
    dump = read_text(SAVE.format(rules))
    assert verdicts(dump, proto=17, dport=53) == {"ACCEPT", "REJECT", "DROP"}


@pytest.mark.parametrize(
    "rule",
    [
        "-s 10.0.0.1 -j REJECT --reject-with nothing",
        "-s 10.0.0.1 -j DROP and so on",
        "-s 10.0.0.1 -j DROP -j ACCEPT",
    ],
)
def test_without_a_target_that_can_be_read_it_may_do_anything(rule: str) -> None:
    dump = read_text(SAVE.format(f"-A INPUT {rule}\n-A INPUT -j REJECT"))
    src, other = 0x0A000001, 0x0A000002
    assert verdicts(dump, proto=17, src=src) == {"ACCEPT", "DROP", "REJECT"}
    assert verdicts(dump, proto=17, src=other) == {"REJECT"}


def test_a_placeholder_may_hold_the_target() -> None:
    rule = rule_of(SCRIPT.format("-A INPUT -s 10.0.0.1 $WHAT"))
    assert rule.target is None
    assert rule.unread is not None


def test_a_translation_is_known_by_its_name() -> None:
    nat = "*nat\n-A PREROUTING -p tcp --dport 80 -j DNAT {}\n-A OUTPUT -o x -j ACCEPT\nCOMMIT\n"
    for options in (
        "[unsupported revision]",
        "--to-destination x.x.x.x:81",
        "--to-destination @A@",
    ):
        dump = read_text(nat.format(options))
        found = trace_grouped(
            Tracer.of(dump.rulesets[0]), Packet(family=4, proto=6, dport=80, in_="eth0")
        )
        lost, outcome = sorted(found.outcomes, key=lambda each: each.verdict == "ACCEPT")
        assert lost.verdict == "DROP"  # where it is routed nowhere
        assert {rewrite.field for rewrite in outcome.rewrites} == {"dst", "dport"}
        assert {str(rewrite.after) for rewrite in outcome.rewrites} == {"unknown"}


def test_a_listing_has_it_so_too() -> None:
    nat = (
        "Chain PREROUTING (policy ACCEPT)\ntarget     prot opt source     destination\n"
        "DNAT  tcp  --  0.0.0.0/0  0.0.0.0/0  tcp dpt:80 {}\n"
    )
    for text, asks in (
        ("to:x.x.x.x:81", 0),
        ("[unsupported revision]", 0),
        ("[unsupported revision] to:x.x.x.x:81", 1),
    ):
        rule = rule_of(nat.format(text), "PREROUTING")
        assert sum(match.name == "?" for match in rule.matches) == asks
        assert rule.target is not None
        assert (rule.target.name, rule.target.raw[0]) == ("DNAT", "?")


@pytest.mark.parametrize(
    ("row", "unread"),
    [
        ("DROP       tcp  --  10.0.0.700           0.0.0.0/0  tcp dpt:80", ["-s 10.0.0.700"]),
        ("DROP       tcp  --  0.0.0.0/0            !10.0/9x   tcp dpt:80", ["! -d 10.0/9x"]),
        ("DROP       tpc  --  10.0.0.7             0.0.0.0/0", ["-p tpc"]),
    ],
)
def test_a_column_at_fault_is_unknown(row: str, unread: list[str]) -> None:
    rule = rule_of(LISTING.format(row))
    assert parts(rule) == unread
    assert rule.target is not None
    assert rule.target.name == "DROP"


@every_row(
    ("command", "chains"),
    [
        ("-A $CHAIN -j DROP", {"INPUT": 2}),
        ("-I INPUT -j $WHAT -s {{ a }}", {"INPUT": 2}),
        ("-F $CHAIN", {"INPUT": 1}),
        ("-D INPUT -s $HOST -j DROP", {"INPUT": 1}),
        ("-N $CHAIN", {"INPUT": 1}),
        ("-P INPUT $POLICY", {"INPUT": 2}),
        ("-t $TABLE -A INPUT -j DROP", {"INPUT": 2}),
        ("-A INPUT -m comment --comment 'never ends", {"INPUT": 2}),
    ],
)
def test_a_command_that_cannot_be_read_is_carried_out_as_far_as_it_tells(
    command: str, chains: dict[str, int]
) -> None:
    text = SCRIPT.format(command) + "iptables -A OUTPUT -j ACCEPT\n"
    if "never" in command:
        text = SCRIPT.format("-A OUTPUT -j ACCEPT") + f"iptables {command}\n"
    table = read_text(text).rulesets[0].tables[0]
    told = {chain.name: len(chain.rules) for chain in table.chains if chain.name in chains}
    assert told == chains


def test_what_a_command_may_have_taken_away_is_no_longer_certain() -> None:
    text = SCRIPT.format("-D INPUT $number") + "iptables -A OUTPUT -j ACCEPT\n"
    assert verdicts(read_text(text), proto=6, dport=9) == {"ACCEPT", "DROP", "REJECT"}


def test_below_a_dump_it_leaves_open_what_the_dump_lists() -> None:
    text = SAVE.format("-A INPUT -s 10.0.0.1 -j REJECT") + "iptables -F $CHAIN\n"
    text += "iptables -A INPUT -s 10.0.0.2 -j ACCEPT\n"
    assert verdicts(read_text(text), proto=6, dport=9) == {"ACCEPT", "DROP", "REJECT"}


def test_each_is_noted_with_its_place_and_its_error() -> None:
    rules = "-A INPUT -s 1.2.3.999 -j DROP\n-A INPUT -p tcp --prt 1 -j DROP"
    notes = [note for note in read_text(SAVE.format(rules)).notes if note.code in SPOILED]
    assert [(note.place.line, note.place.column) for note in notes if note.place] == [
        (6, 13),
        (7, 17),
    ]
    assert error_of(notes[1]).message == "unknown option '--prt'"


def test_of_hundreds_the_first_are_told_and_their_number() -> None:
    rules = "\n".join(f"-A INPUT -s 1.2.3.{n} -j DROP" for n in range(300, 700))
    notes = [n for n in read_text(SAVE.format(rules)).notes if n.code in {*SPOILED, "IPT0500"}]
    assert [note.code for note in notes] == ["IPT0504"] * 5 + ["IPT0500"]
    assert dict(notes[-1].facts)["count"] == "395"


@pytest.mark.parametrize("strict", [True, False])
def test_a_text_of_which_no_rule_can_be_read_is_refused_with_the_first_error(strict: bool) -> None:
    text = (
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 1.2.3.999 -j DROP\n-A INPUT -q -j DROP\nCOMMIT\n"
    )
    with pytest.raises(DumpError) as caught:
        read_text(text, strict=strict)
    assert (caught.value.place.line, caught.value.length) == (3, len("1.2.3.999"))


def test_strict_refuses_with_the_first_error() -> None:
    rules = "-A INPUT -s 1.2.3.999 -j DROP\n-A INPUT -q -j DROP"
    with pytest.raises(DumpError) as caught:
        read_text(SAVE.format(rules), strict=True)
    assert (caught.value.place.line, caught.value.place.column) == (6, 13)


def test_what_changes_the_meaning_of_the_whole_is_refused() -> None:
    with pytest.raises(DumpError):
        read_text(SAVE.format("-A INPUT -j ACCEPT\n:INPUT ACCEPT [0:0]"))


def test_after_a_new_name_that_cannot_be_read_nobody_knows_any_chain() -> None:
    text = "iptables -A INPUT -j DROP\niptables -E WEB $NEW\niptables -A INPUT -j ACCEPT\n"
    dump = read_text(text)
    (chain,) = dump.rulesets[0].tables[0].chains
    assert [rule.unread is not None for rule in chain.rules] == [True, False]
    assert [note.place and note.place.line for note in dump.notes if note.code == "IPT0504"] == [2]


def test_a_way_to_reject_of_the_other_family_costs_its_row_only() -> None:
    row = "-A INPUT -p udp -j REJECT --reject-with icmp6-adm-prohibited"
    text = SAVE.format(f"-A INPUT -s 10.0.0.1 -j ACCEPT\n-A INPUT -s 10.0.0.2 -j DROP\n{row}")
    (ruleset,) = read_text(text).rulesets
    found = [rule.unread is not None for *_place, rule in ruleset.rules()]
    assert (ruleset.family, found) == (4, [False, False, False, True])


def test_a_row_whose_columns_are_shifted_may_do_anything() -> None:
    title = " pkts bytes target     prot opt in     out     source               destination"
    row = "7        0     0 WEB  all  --  *      *       0.0.0.0/0            0.0.0.0/0"
    whole = "    0     0 DROP  all  --  *      *       0.0.0.0/0            0.0.0.0/0"
    text = f"Chain INPUT (policy DROP)\n{title}\n{row}\n{whole}\n"
    (ruleset,) = read_text(text).rulesets
    first, second = ruleset.tables[0].chains[0].rules
    assert first.unread is not None
    assert first.header == second.header
    assert second.unread is None


@pytest.mark.parametrize("word", ["--frob", "-d"])
def test_an_option_without_its_interface_is_unknown(word: str) -> None:
    rule = rule_of(SAVE.format(f"-A OUTPUT -o {word} -j DROP"), "OUTPUT")
    assert rule.header.out is None
    assert rule.unread is not None or any(match.name == UNREADABLE for match in rule.matches)
