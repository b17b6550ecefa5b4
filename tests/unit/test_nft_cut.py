"""Texts of nft that are cut: what they leave out is unknown, and what they show counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from called_program import called
from every_row import every_row

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.dialects.nft.elements_read import read_elements
from iptsim.dialects.nft.nft_text import NftRead, read_nft
from iptsim.model import Dump, Ruleset
from iptsim.nftables.nft_ruleset import NftSet
from iptsim.packet import Packet
from iptsim.tracer import trace
from iptsim.values import parse_address

WHOLE = (
    "table ip web {\n\tchain in {\n\t\ttype filter hook input priority filter; policy accept;\n"
    "\t\ttcp dport 443 accept\n\t}\n}\n"
)
SAVE = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -p tcp -j ACCEPT\nCOMMIT\n"
)
REST = "\t\ttcp dport 8080 drop\n\t}\n}\n"
SPELT = WHOLE.replace("table ip web", "Table inet guard")


def beside(text: str) -> tuple[str, ...]:
    found: Ruleset = next(each for each in read_text(text).rulesets if each.family == 4)
    return found.beside


def codes_of(text: str) -> list[str]:
    found: Dump = read_text(text)
    return [note.code for note in found.notes]


@every_row(
    "text",
    [
        "\t\ttype filter hook input priority 0; policy drop;\n" + REST + WHOLE,
        REST + WHOLE,
        "\t}\n}\n" + WHOLE,
        "\t}\n\tchain more {\n\t}\n}\n" + WHOLE,
        "\t\telements = { 10.0.0.1 }\n\t}\n}\n" + WHOLE,
        SAVE + REST,
        SAVE + "tcp dport 8080 drop\n",
        SAVE + SPELT,
        SPELT + WHOLE,
        WHOLE + SPELT,
        WHOLE + REST,
        "".join(f"Jan 02 03:04:05 node dump[7]: {each}\n" for each in (SAVE + REST).split("\n")),
        "".join(f"> {each}\n" for each in (SAVE + REST).split("\n")),
    ],
)
def test_lines_of_no_table_are_rules_of_an_unknown_one(text: str) -> None:
    assert beside(text) == ("nft",)
    assert {codes.NFT_OUTSIDE, codes.NFT_LINE_NOT_READ} & {*codes_of(text)}
    assert beside(text.replace("\n", "\r\n")) == ("nft",)


def test_the_note_names_the_lines() -> None:
    (note,) = (note for note in read_text(SAVE + REST).notes if note.code == codes.NFT_OUTSIDE)
    assert note.place is not None
    assert note.place.line == 7
    assert dict(note.facts) == {"lines": "7", "text": "tcp dport 8080 drop"}


@every_row(
    "text",
    [
        WHOLE,
        SAVE + WHOLE,
        WHOLE + SAVE,
        SAVE + WHOLE + WHOLE.replace(" web ", " more "),
        f"# nft list ruleset\n{WHOLE}",
        f"root@box:~# nft list ruleset\n{WHOLE}root@box:~# iptables-save\n{SAVE}",
        f"{WHOLE}-----\n{WHOLE.replace(' web ', ' more ')}",
        SAVE + "function dropped() {\n  log it || return\n}\n",
    ],
)
def test_whole_texts_stay_known(text: str) -> None:
    assert beside(text) == ()


@every_row(
    "said",
    [
        "... (the tables of docker left out)", "[...]", "<snip>", "# ... snipped", "[cut]",
        "… 3 tables …", "(other tables omitted)", "--- snip ---",
    ],
)  # fmt: skip
def test_a_line_that_says_that_tables_are_left_out(said: str) -> None:
    for text in (f"{WHOLE}{said}\n", f"{said}\n{WHOLE}", f"{SAVE}{WHOLE}{said}\n"):
        assert beside(text) == ("nft",)


@every_row(
    ("told", "kept"),
    [
        ("10.0.0.1, ..., 10.0.0.9", 2),
        ("10.0.0.1, [snip]10.0.0.9", 2),
        ("10.0.0.1, [...] 10.0.0.9", 2),
        ("10.0.0.1, …, 10.0.0.9", 2),
        ("10.0.0.1, and 500 more", 1),
        ("10.0.0.1,  --More--(40%) 10.0.0.9", 2),
        ("10.0.0.1 ... 10.0.0.9", 2),
        ("10.0.0.1, etc", 1),
    ],
)
def test_elements_that_are_left_out(told: str, kept: int) -> None:
    found, strange = read_elements(told, ("ipv4_addr",), ())
    assert len(found) == kept
    assert strange


def test_words_in_a_comment_leave_nothing_out() -> None:
    found, strange = read_elements('10.0.0.1 comment "... [more]", 10.0.0.2', ("ipv4_addr",), ())
    assert (len(found), strange) == (2, ())


def test_values_of_a_map_behind_a_mark() -> None:
    text = "10.0.0.1 : drop, ..., [snip]10.0.0.9 : accept"
    found, strange = read_elements(text, ("ipv4_addr",), ("verdict",))
    assert [each.value is not None for each in found] == [True, True]
    assert len(strange) == 2


SET = (
    "table ip web {{\n\tset bad {{\n\t\ttype ipv4_addr\n\t\telements = {{ {0} }}{1}\n\t}}\n"
    "\tmap way {{\n\t\ttype ipv4_addr : verdict\n\t\telements = {{ 10.1.0.1 : drop{2} }}\n\t}}\n"
    "\tchain in {{\n\t\ttype filter hook input priority filter; policy accept;\n"
    "\t\tip saddr @bad drop\n\t\tip saddr vmap @way\n\t}}\n}}\n"
)


def fates(text: str, source: str) -> set[str]:
    packet = Packet(family=4).with_(proto=6, src=parse_address(source)[0], dport=80)
    ruleset = read_text(text).family(4)
    assert ruleset is not None
    return {each.verdict for each in trace(ruleset, packet, hook="INPUT").outcomes}


@pytest.mark.parametrize("mark", [", ...", ", and 7 more", ", [snip]", ",\n--More--\n10.0.0.3"])
def test_others_than_the_elements_told_may_be_in_a_set(mark: str) -> None:
    text = SET.format("10.0.0.1" + mark, "", "")
    assert fates(text, "10.0.0.1") == fates(text, "10.1.0.1") == {"DROP"}
    assert fates(text, "10.0.0.7") == {"ACCEPT", "DROP"}
    assert fates(SET.format("10.0.0.1", "", ""), "10.0.0.7") == {"ACCEPT"}


@pytest.mark.parametrize("line", ["...", "[snip]", "# ... and so on"])
def test_a_line_below_the_elements_says_so_too(line: str) -> None:
    text = SET.format("10.0.0.1", f"\n\t\t{line}", "")
    assert fates(text, "10.0.0.1") == {"DROP"}
    assert fates(text, "10.0.0.7") == {"ACCEPT", "DROP"}


def test_others_than_the_elements_told_may_be_in_a_map() -> None:
    text = SET.format("10.0.0.1", "", ", ..., [snip]10.1.0.9 : drop")
    assert fates(text, "10.1.0.1") == fates(text, "10.1.0.9") == {"DROP"}
    assert "DROP" in fates(text, "10.1.0.7")
    assert len(fates(text, "10.1.0.7")) > 1


EMPTY = "\tset {0} {{\n\t\ttype ipv4_addr\n\t}}\n"
TERSE = "table ip web {\n" + EMPTY.format("bad") + EMPTY.format("good") + "}\n"
FULL = (
    "table ip {0} {{\n\tset good {{\n\t\ttype ipv4_addr\n\t\telements = {{ 10.0.0.1 }}\n\t}}\n}}\n"
)


def sets(read: NftRead) -> dict[str, NftSet]:
    return {f"{t.name} {each.name}": each for t in read.ruleset.tables for each in t.sets}


def read_of(text: str) -> dict[str, NftSet]:
    nft = read_text(text).nft
    assert nft is not None
    return {f"{t.name} {each.name}": each for t in nft.tables for each in t.sets}


@pytest.mark.parametrize(
    "text",
    [
        f"root@box:~# nft -t list ruleset\n{TERSE}root@box:~# nft list set ip web good\n"
        + FULL.format("web"),
        f"# nft --terse list ruleset\n{TERSE}# nft list set ip web good\n" + FULL.format("web"),
        TERSE + FULL.format("web"),
    ],
)
def test_what_another_call_shows_is_not_what_a_terse_one_hides(text: str) -> None:
    found = read_of(text)
    assert found["web bad"].elements is None
    assert len(found["web good"].elements or ()) == 1


def test_a_terse_call_beside_another_table() -> None:
    text = f"$ nft -nt list table web\n{TERSE}$ nft list table more\n{FULL.format('more')}"
    found = read_of(text)
    assert found["web bad"].elements is found["web good"].elements is None
    assert found["more good"].elements


def test_a_set_without_elements_in_a_listing_with_some_is_empty() -> None:
    found = sets(read_nft(TERSE + FULL.format("more")))
    assert found["web bad"].elements == ()


CHAIN: dict[str, Any] = {
    "family": "ip", "table": "web", "name": "in", "type": "filter", "hook": "input", "prio": 0,
    "policy": "accept",
}  # fmt: skip


def listed(*items: Any) -> str:
    return json.dumps({"nftables": [{"table": {"family": "ip", "name": "web"}}, *items]})


@every_row(
    "items",
    [
        ({"chain": CHAIN}, {"rule": 7}),
        ({"chain": CHAIN}, {"novelty": {"family": "ip"}}),
        ({"chain": CHAIN}, 7),
        ({"chain": CHAIN}, {"rule": {"family": "ip", "table": "web", "chain": "in", "expr": 9}}),
        ({"chain": CHAIN | {"prio": "soon"}},),
        ({"chain": CHAIN | {"prio": None}},),
        ({"chain": CHAIN | {"hook": "inward"}},),
        ({"chain": CHAIN | {"policy": "maybe"}},),
    ],
)
def test_entries_of_json_that_cannot_be_read(items: tuple[Any, ...]) -> None:
    text = listed(*items)
    assert beside(text) == ("nft",)
    assert codes.NFT_LINE_NOT_READ in codes_of(text)


def test_json_that_can_be_read_is_whole() -> None:
    assert beside(listed({"chain": CHAIN})) == ()
    assert beside(listed({"chain": CHAIN | {"prio": "filter"}})) == ()


INTO_A_CHAIN = "\tchain in {{\n\t\t{0}\n\t\ttcp dport 80 drop\n\t}}\n"
BEFORE = "table ip web {\n\tchain go {\n\t\taccept\n"
HOOK = "type filter hook input priority filter; policy accept;"


@pytest.mark.parametrize("mark", ["[...]", "...", "# snip", "<snip>", "-- More --", HOOK[:22]])
def test_a_chain_whose_hook_is_left_out_or_torn_may_be_met(mark: str) -> None:
    text = "table ip web {\n" + INTO_A_CHAIN.format(mark) + "}\n"
    assert beside(text) == ("nft",)
    led_to = f"\tchain first {{\n\t\t{HOOK}\n\t\tjump in\n\t}}\n"
    assert beside(text.removesuffix("}\n") + led_to + "}\n") == ()


@pytest.mark.parametrize("mark", ["[...]", "\t\t...", "\t\t# snip", "-- More --"])
def test_a_hook_below_what_is_left_out_is_of_another_chain(mark: str) -> None:
    text = f"{BEFORE}{mark}\n\t\t{HOOK}\n\t\ttcp dport 80 drop\n\t}}\n}}\n"
    assert fates(text, "10.0.0.1") >= {"DROP"}
    assert beside(text) == ("nft",)
    nft = read_text(text).nft
    assert nft is not None
    assert [(chain.name, chain.hook is None) for chain in nft.tables[0].chains] == [
        ("go", True),
        ("?", False),
    ]


def test_a_chain_has_one_hook() -> None:
    text = f"{BEFORE.replace('accept', HOOK)}\t\t{HOOK.replace('input', 'output')}\n\t}}\n}}\n"
    nft = read_text(text).nft
    assert nft is not None
    hooks = [chain.hook.hook for chain in nft.tables[0].chains if chain.hook is not None]
    assert hooks == ["input", "output"]
    assert beside(text) == ("nft",)


def test_a_script_may_tell_the_hook_below_rules() -> None:
    text = f"{BEFORE}\t\t{HOOK}\n\t}}\n}}\n"
    assert beside(text) == ()
    assert fates(text, "10.0.0.1") == {"ACCEPT"}


def test_rules_among_the_lines_of_a_set_are_of_a_chain_that_is_left_out() -> None:
    text = f"table ip web {{\n\tset bad {{\n\t\ttype ipv4_addr\n[...]\n\t\t{HOOK}\n\t}}\n}}\n"
    assert beside(text) == ("nft",)


def test_a_set_without_its_type_may_have_elements() -> None:
    text = SET.format("10.0.0.9", "", "").replace("\t\ttype ipv4_addr : verdict\n", "")
    text = text.replace("\t\telements = { 10.1.0.1 : drop }\n", "")
    assert fates(text, "10.1.0.1") == {"ACCEPT", "DROP", "REJECT"}
    assert fates(text, "10.0.0.9") == {"DROP"}


def test_rules_behind_one_that_lets_nothing_through_are_of_another_chain() -> None:
    hooked = f"\tchain first {{\n\t\t{HOOK}\n\t}}\n"
    text = BEFORE + f"[...]\n\t\ttcp dport 80 drop\n\t}}\n{hooked}}}\n"
    assert beside(text) == ("nft",)
    assert beside(text.replace("\t\taccept\n", "\t\ttcp dport 22 accept\n")) == ()


@pytest.mark.parametrize(
    "call", ["| grep -v tcp", "| head -20", "2>/dev/null | sed 1,3d", "| sudo grep -A9 web"]
)
def test_a_call_whose_output_is_filtered_shows_no_table_whole(call: str) -> None:
    text = f"root@box:~# nft list ruleset {call}\n{WHOLE}"
    assert {"ACCEPT", "DROP"} <= fates(text, "10.0.0.1")
    assert codes.CHAINS_IN_PART in codes_of(text)
    again = f"{text}root@box:~# nft list ruleset\n{WHOLE}"
    assert codes.CHAINS_IN_PART not in codes_of(again)


def test_chains_of_a_cut_table_may_be_led_to() -> None:
    text = (
        f"table ip web {{\n\tchain low {{\n\t\tdrop\n\t}}\n\tchain in {{\n\t\t{HOOK}\n"
        "\t\ttcp dport 443 accept\n"
    )
    assert {"ACCEPT", "DROP"} <= fates(text, "10.0.0.1")
    packet = ["-p", "tcp", "--dport", "80", "--hook", "INPUT", "-"]
    done = called(["trace", *packet], text.encode(), {"LANG": "C.UTF-8"})
    assert (done.code, done.err) == (0, "")
    assert "ip web low" in done.out
