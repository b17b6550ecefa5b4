"""Listings of nft in pieces: what is told of them, and lines as wide as a terminal."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.dialects import read_text
from iptsim.dialects.nft.narrow_lines import mended
from iptsim.dialects.nft.nft_text import read_nft
from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.tracer import trace

HOOK = "type filter hook input priority filter; policy accept;"
ALL = "# nft list ruleset\n"
OF_PIECES = {
    codes.NFT_NAMED_ABSENT, codes.NFT_WITHOUT_CHAINS, codes.NFT_WITHOUT_HOOKS, codes.NFT_HOOK_LOST,
}  # fmt: skip


def table(*members: str, kind: str = "inet") -> str:
    return f"table {kind} yard {{\n" + "".join(members) + "}\n"


def chain(name: str, *lines: str) -> str:
    told = "".join(f"\t\t{line}\n" for line in lines)
    return f"\tchain {name} {{\n{told}\t}}\n"


def pieces(text: str) -> list[Note]:
    return [note for note in read_text(text).notes if note.code in OF_PIECES]


def fates(text: str, dport: int = 22) -> set[str]:
    ruleset = read_text(text).family(4)
    assert ruleset is not None
    packet = Packet(family=4).with_(proto=6, dport=dport)
    return {each.verdict for each in trace(ruleset, packet, hook="INPUT").outcomes}


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        (table(chain("door", HOOK, "jump lane")), codes.NFT_NAMED_ABSENT, "lane"),
        (table(chain("door", HOOK, "ip saddr @bad drop")), codes.NFT_NAMED_ABSENT, "@bad"),
        (table("\tset bad {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1 }\n\t}\n"),
         codes.NFT_WITHOUT_CHAINS, ""),
        (table(chain("lane", "tcp dport 22 accept")), codes.NFT_WITHOUT_HOOKS, ""),
        (table(chain("door", HOOK), chain("in", "tcp dport 22 drop")), codes.NFT_HOOK_LOST, "in"),
    ],
)  # fmt: skip
def test_a_note_tells_why_a_table_counts_as_a_piece(text: str, code: str, names: str) -> None:
    (note,) = pieces(text)
    assert (note.code, dict(note.facts)) == (code, {"table": "inet yard", "names": names})
    assert len(fates(text)) > 1
    for language in ("en", "zh"):
        told = sentence(note.code, language, **dict(note.facts))
        assert "inet yard" in told
        assert names in told


@every_row(
    "text",
    [
        table(chain("door", HOOK), chain("lane", "tcp dport 22 drop")),
        table(chain("door", HOOK, "jump nat-output"), chain("nat-output", "tcp dport 22 drop")),
        table(chain("door", HOOK), chain("input_lan", "tcp dport 22 drop")),
        table(chain("door", HOOK), chain("nat_output", "tcp dport 80 redirect to :8080")),
        table(chain("door", HOOK), chain("output")),
        ALL + table(chain("door", HOOK), chain("output", "tcp dport 22 drop")),
        ALL + table(chain("lane", "tcp dport 22 accept")),
        "flush ruleset\n" + table(chain("door", HOOK), chain("output", "tcp dport 22 drop")),
    ],
)
def test_other_tables_count_as_whole(text: str) -> None:
    assert pieces(text) == []
    assert len(fates(text)) == 1


def test_many_names_are_not_all_told() -> None:
    jumps = (f"tcp dport {number} jump lane{number}" for number in range(1, 8))
    (note,) = pieces(table(chain("door", HOOK, *jumps)))
    assert dict(note.facts)["names"] == "lane1, lane2, lane3, lane4, …"


def test_a_table_that_breaks_off_has_one_note() -> None:
    text = table(chain("lane", "tcp dport 22 accept")).removesuffix("\t}\n}\n")
    assert [note.code for note in read_text(text).notes] == [codes.NFT_TABLE_CUT]


@pytest.mark.parametrize("end", ["table ip", "table ip6 ot", "table"])
def test_a_text_that_ends_in_the_head_of_a_table_is_cut(end: str) -> None:
    found = read_text(table(chain("door", HOOK)) + end)
    assert codes.NFT_TABLE_CUT in [note.code for note in found.notes]
    assert found.rulesets[0].beside == ("nft",)


LONG = table(
    chain(
        "door",
        HOOK,
        "ip saddr { 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4 } tcp dport { 22, 8080 } accept",
        "ip6 daddr 2001:db8::1:2:3 udp dport 53 meta mark set 0x00000010 log level info drop",
        'iifname "a-long-name" ip daddr 198.51.100.7 tcp dport 8443 counter accept comment "yard"',
        "tcp dport 443 drop",
    )
)


def broken(text: str, width: int) -> str:
    lines = (line.expandtabs(8) for line in text.rstrip("\n").split("\n"))
    parts = (line[at : at + width] for line in lines for at in range(0, len(line), width))
    return "\n".join(parts) + "\n"


def cut(text: str, width: int) -> str:
    return "".join(f"{line.expandtabs(8)[:width]}\n" for line in text.rstrip("\n").split("\n"))


@pytest.mark.parametrize("width", [42, 60, 80, 90])
def test_lines_that_a_terminal_broke_are_whole_again(width: int) -> None:
    assert read_text(broken(LONG, width)).nft == read_text(LONG).nft
    (rule,) = read_text(broken(LONG, width)).nft.tables[0].chains[0].rules[2:3]  # type: ignore[union-attr]
    assert rule.place is not None


@pytest.mark.parametrize("width", [64, 70, 72])
def test_of_lines_that_were_cut_what_is_left_is_asked(width: int) -> None:
    text = cut(LONG, width)
    assert len(fates(text)) > 1
    assert codes.NFT_STATEMENT_UNKNOWN in [note.code for note in read_text(text).notes]
    assert fates(LONG, 22) == {"ACCEPT"}


def test_the_last_word_of_a_cut_line_may_be_half_a_word() -> None:
    line = '\t\tiifname "east" ip saddr 198.51.100.0/24 tcp dport { 8080, 8443'
    (found,) = mended([line])
    assert found.endswith("tcp dport { 8080, ... } ...")
    full = "\t\tip saddr 198.51.100.0/24 tcp dport { 8080, 8443, 9090, 9001 } accept"
    masked, _ = mended(
        ["\t\tip saddr 198.51.100.0/24 oifname eth0 masquerade random,pe", full[:60]]
    )
    assert masked.endswith("oifname eth0 ...")
    (found,) = mended(['\t\tip saddr 198.51.100.0/24 tcp dport { 22, 80 } jump "street-eas'])
    assert found.endswith("{ 22, 80 } ...")


@pytest.mark.parametrize(
    "line",
    [
        "\t\tip saddr 198.51.100.0/24 tcp dport { 8080, 8443 } counter accept",
        "\t\telements = { 198.51.100.1, 198.51.100.2, 198.51.100.3,",
        "\tchain a-chain-that-has-a-rather-long-name-for-a-chain {",
        '# a remark with " in it, as long as lines of scripts may well become',
        "\t\ttcp dport 22 drop {",
    ],
)
def test_whole_lines_stay(line: str) -> None:
    assert mended([line, "\t}"]) == [line, "\t}"]


def test_a_prompt_or_a_table_goes_on_with_nothing() -> None:
    long = "\t\tip saddr 198.51.100.0/24 tcp dport { 8080, 8443 } counter accept"
    for below in ("}", "table ip more {", "user@box:~$ nft list ruleset", "", "# end"):
        assert mended([long, below]) == [long, below]


def test_a_chain_of_nat_may_translate_whatever_stands_in_its_table() -> None:
    text = table(
        chain("door", HOOK),
        chain("way", "type nat hook prerouting priority dstnat; policy accept;", "frobnicate"),
    )
    ruleset = read_nft(text).ruleset
    assert len(ruleset.tables[0].chains) == 2
    found = read_text(text).family(4)
    assert found is not None
    packet = Packet(family=4).with_(proto=6, dport=80)
    rewritten = {r.field for o in trace(found, packet).outcomes for r in o.rewrites}
    assert {"dst", "dport"} <= rewritten


def test_rules_of_one_shape_that_are_as_long_are_whole() -> None:
    rules = (f'\t\tlog prefix "{name} to the other side, refused" flags skuid' for name in "ab")
    lines = ["table inet yard {", "\tchain door {", *rules, "\t}", "}"]
    assert list(mended(lines)) == lines


def test_what_a_person_indented_is_as_it_stands() -> None:
    rule = "    type filter hook input priority filter; policy accept;"
    lines = ["table inet yard {", "  chain door {", rule, "    tcp dport 22 drop", "  }", "}"]
    assert list(mended(lines)) == lines
