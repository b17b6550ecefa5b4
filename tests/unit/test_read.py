"""Any text to a dump: which table, which family, what belongs together, what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from iptsim.dialects import NoDumpError, read_files, read_text
from iptsim.errors import DumpError, UsageError
from iptsim.model import Dump

TITLE = "target     prot opt source               destination"
ANY = "all  --  0.0.0.0/0            0.0.0.0/0"


def chain(name: str, *rows: str, user: bool = False) -> str:
    head = f"Chain {name} (1 references)" if user else f"Chain {name} (policy ACCEPT)"
    return "\n".join((head, TITLE, *rows, "", ""))


def listing(*names: str) -> str:
    return "".join(chain(name) for name in names)


def tables(dump: Dump) -> list[tuple[int, str]]:
    return [(ruleset.family, table.name) for ruleset in dump.rulesets for table in ruleset.tables]


def rules(dump: Dump) -> list[tuple[str, str, int]]:
    return [
        (table.name, chain.name, number)
        for ruleset in dump.rulesets
        for table, chain, number, _ in ruleset.rules()
    ]


def codes(dump: Dump) -> set[str]:
    return {note.code for note in dump.notes}


FILTER = ("INPUT", "FORWARD", "OUTPUT")
NAT = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
MANGLE = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
RAW = ("PREROUTING", "OUTPUT")


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (FILTER, "filter"),
        (NAT, "nat"),
        (("PREROUTING", "INPUT", "POSTROUTING", "OUTPUT"), "nat"),
        (("PREROUTING", "OUTPUT", "POSTROUTING"), "nat"),
        (MANGLE, "mangle"),
        (RAW, "raw"),
    ],
)
def test_built_in_chains_tell_the_table(names: tuple[str, ...], table: str) -> None:
    assert tables(read_text(listing(*names))) == [(4, table)]


def test_tables_run_together_come_apart() -> None:
    text = listing(*FILTER) + chain("X", user=True) + listing(*NAT, *MANGLE, *RAW)
    dump = read_text(text)
    assert tables(dump) == [(4, "filter"), (4, "nat"), (4, "mangle"), (4, "raw")]
    assert dump.rulesets[0].tables[0].chain("X") is not None


def test_a_target_tells_the_table_of_a_single_chain() -> None:
    dump = read_text(chain("X", f"REDIRECT   {ANY} redir ports 15001", user=True))
    assert tables(dump) == [(4, "nat")]
    assert "IPT0121" not in codes(dump)


def test_a_user_chain_is_of_the_table_that_jumps_to_it() -> None:
    text = chain("X", f"RETURN     {ANY}", user=True) + chain("PREROUTING", f"X  {ANY}")
    text += listing("INPUT", "OUTPUT", "POSTROUTING")
    assert tables(read_text(text)) == [(4, "nat")]


def test_what_is_assumed_is_noted() -> None:
    dump = read_text(chain("INPUT", f"ACCEPT     {ANY}"))
    assert tables(dump) == [(4, "filter")]
    assert "IPT0121" in codes(dump)
    told = read_text(chain("INPUT", f"ACCEPT     {ANY}"), table="mangle")
    assert tables(told) == [(4, "mangle")]
    assert not codes(told)


def test_a_table_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="table nat has no chain FORWARD"):
        read_text(listing(*FILTER), table="nat")
    with pytest.raises(UsageError, match="is no table of iptables"):
        read_text(listing(*FILTER), table="natt")


def test_a_prompt_tells_table_family_and_chain() -> None:
    text = (
        "[u@h ~]$ sudo ip6tables -t mangle -L INPUT 1 -nv\n 1 80 ACCEPT all -- eth0 * ::/0 ::/0\n"
    )
    assert rules(read_text(text)) == [("mangle", "INPUT", 1)]
    assert tables(read_text("$ iptables -t nat -S\n-P OUTPUT ACCEPT\n")) == [(4, "nat")]
    assert tables(read_text("# iptables -t raw -S\n-P OUTPUT ACCEPT\n")) == [(4, "raw")]


def test_a_row_without_a_header_is_of_a_chain_nobody_named() -> None:
    dump = read_text("1  5 1000K ACCEPT tcp -- eth0 * 10.0.0.0/8 0.0.0.0/0 tcp dpt:22\n")
    assert rules(dump) == [("filter", "?", 1)]
    assert "IPT0124" in codes(dump)


def test_families_are_told_by_addresses_and_kept_apart() -> None:
    six = chain("INPUT", "ACCEPT     all      ::/0                 fe80::/64")
    text = chain("INPUT", f"ACCEPT     {ANY}") + listing("FORWARD", "OUTPUT") + six
    text += listing("FORWARD", "OUTPUT")
    assert tables(read_text(text)) == [(4, "filter"), (6, "filter")]


def test_a_family_that_nothing_tells_is_noted_and_can_be_given() -> None:
    text = chain("INPUT", "ACCEPT     all  --  anywhere             anywhere")
    assert "IPT0123" in codes(read_text(text))
    given = read_text(text, table="filter", family=6)
    assert tables(given) == [(6, "filter")]
    assert not codes(given)


def test_warnings_may_stand_anywhere() -> None:
    warning = "# Warning: iptables-legacy tables present, use iptables-legacy to see them\n"
    text = warning + chain("INPUT", f"ACCEPT     {ANY}", warning.strip(), f"DROP       {ANY}")
    assert len(rules(read_text(text))) == 2


def test_another_line_amidst_rows_is_noted() -> None:
    dump = read_text(chain("INPUT", f"ACCEPT     {ANY}", "Connection to host closed."))
    assert len(rules(dump)) == 1
    assert "IPT0122" in codes(dump)


def test_blanks_that_a_web_page_took_are_not_missed() -> None:
    text = (
        "Chain INPUT (policy DROP 0 packets, 0 bytes)\n"
        "pkts bytes target prot opt in out source destination\n"
        "0 0 ACCEPT tcp -- * lo 10.0.0.1 0.0.0.0/0 tcp dpt:22\n"
        "0 0 all -- lo * 0.0.0.0/0 0.0.0.0/0\n"
    )
    dump = read_text(text)
    first, second = (rule for *_, rule in dump.rulesets[0].rules())
    assert first.target is not None
    assert second.target is None


LOG = """2023-06-12T20:59:22.598644Z    info    Istio iptables environment:
ENVOY_PORT=
2023-06-12T20:59:22.598644Z    info    Running iptables-restore with the following input:
* nat
-N ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
-A OUTPUT -d 10.0.0.0/8 -p tcp -j ISTIO_REDIRECT
COMMIT
"""
FINAL = """2023-06-12T20:59:22.7Z    info    Running command: iptables-save
# Generated by iptables-save v1.8.7 on Mon Jun 12 20:59:22 2023
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:ISTIO_REDIRECT - [0:0]
-A OUTPUT -d 10.0.0.0/8 -p tcp -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
# Completed on Mon Jun 12 20:59:22 2023
"""


def test_the_init_containers_log_is_read_by_its_restore_input() -> None:
    dump = read_text(LOG)
    assert rules(dump) == [("nat", "ISTIO_REDIRECT", 1), ("nat", "OUTPUT", 1)]
    [table] = dump.rulesets[0].tables
    redirect = table.chain("ISTIO_REDIRECT")
    assert redirect is not None
    assert redirect.rules[0].place is not None
    assert redirect.rules[0].place.line == 6


def test_a_final_save_takes_the_place_of_what_built_it() -> None:
    dump = read_text(LOG + FINAL)
    assert len(rules(dump)) == 2
    assert "IPT0125" not in codes(dump)
    [table] = dump.rulesets[0].tables
    assert table.chain("PREROUTING") is not None


def test_commands_that_the_save_does_not_show_are_noted() -> None:
    dump = read_text(FINAL + "+ iptables -t nat -A OUTPUT -p udp -j ACCEPT\n")
    assert len(rules(dump)) == 2
    assert "IPT0125" in codes(dump)


def test_traced_commands_build_on_each_other() -> None:
    text = (
        "+ iptables -t nat -N X\n+ '[' -n '' ']'\n+ iptables -t nat -A X -p tcp \\\n"
        "  -j REDIRECT --to-port 15001\n+ iptables -t nat -I OUTPUT -j X\n"
    )
    assert rules(read_text(text)) == [("nat", "X", 1), ("nat", "OUTPUT", 1)]


def test_restore_input_that_comes_later_sets_the_policy() -> None:
    dump = read_text("iptables -P INPUT ACCEPT\n*filter\n:INPUT DROP\n-I INPUT -i lo\nCOMMIT\n")
    assert [chain.policy for chain in dump.rulesets[0].tables[0].chains] == ["DROP"]


def test_a_commented_command_is_none_beside_others_and_a_prompt_alone() -> None:
    assert len(rules(read_text("# iptables -A INPUT -s 10.0.0.1 -j DROP\n"))) == 1
    beside = "#!/bin/sh\n# iptables -A INPUT -j DROP\niptables -A INPUT -s 10.0.0.1 -j ACCEPT\n"
    assert len(rules(read_text(beside))) == 1


def test_a_listing_and_a_save_of_one_table_are_one() -> None:
    text = chain("INPUT", f"ACCEPT     {ANY}") + listing("FORWARD", "OUTPUT")
    text += "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n"
    dump = read_text(text)
    [(_table, _chain, _number, rule)] = list(dump.rulesets[0].rules())
    assert rule.header.in_ is not None


def test_one_table_in_two_states_is_an_error() -> None:
    one = chain("INPUT", f"ACCEPT     {ANY}") + listing("FORWARD", "OUTPUT")
    two = chain("INPUT", f"DROP       {ANY}") + listing("FORWARD", "OUTPUT")
    with pytest.raises(DumpError, match="twice") as caught:
        read_text(one + two, file="d")
    assert (caught.value.code, str(caught.value.place)) == ("IPT0115", "d:11")
    assert caught.value.text == "Chain INPUT (policy ACCEPT)"


def test_a_chain_twice_in_one_table_is_an_error() -> None:
    text = listing(*FILTER) + chain("X", user=True) + chain("X", user=True)
    with pytest.raises(DumpError, match="chain X is there twice") as caught:
        read_text(text, file="d")
    assert str(caught.value.place) == "d:13"


@pytest.mark.parametrize("end", ["Chain INP", "Chain OUTPUT (pol", "target     prot opt sou"])
def test_a_listing_that_is_cut_off_shows_no_other_chain(end: str) -> None:
    dump = read_text(chain("INPUT", f"ACCEPT     {ANY}") + end)
    table = dump.rulesets[0].tables[0]
    assert [chain.name for chain in table.chains] == ["INPUT"]
    assert len(table.chains[0].rules) == 1


def test_the_rows_of_a_chain_whose_title_is_cut_off_are_not_shown() -> None:
    dump = read_text(chain("INPUT", f"ACCEPT     {ANY}") + "Chain X (1 references)\ntarget     pro")
    shown = {chain.name: chain.whole for chain in dump.rulesets[0].tables[0].chains}
    assert shown == {"INPUT": True, "X": False}


def test_several_files_are_one_host(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(listing(*FILTER))
    (tmp_path / "n").write_bytes(b"\xff\xfe" + listing(*NAT).encode("utf-16-le"))
    dump = read_files([str(tmp_path / "f"), str(tmp_path / "n")])
    assert tables(dump) == [(4, "filter"), (4, "nat")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "IPT0102"),
        (" \n\n", "IPT0102"),
        ("hello, world\n", "IPT0101"),
        ("<!DOCTYPE html>\n<html><body>404</body></html>\n", "IPT0106"),
        ("--- a\n+++ b\n@@ -1,5 +1,6 @@\n Chain X\n", "IPT0103"),
        ('{"nftables": [{"table": {"family": "ip"\n', "IPT0107"),
        (TITLE + "\n", "IPT0101"),
    ],
)
def test_what_is_no_dump_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(NoDumpError, match="no iptables dump found") as caught:
        read_text(text)
    assert caught.value.code == code


def test_a_binary_file_and_a_long_noise_are_no_dump(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF" + bytes(range(256)) * 4096)
    noise = tmp_path / "noise"
    noise.write_text("the quick brown fox -A jumps\n-A nonsense --foo\n" + "lazy dog\n" * 200_000)
    for path in (binary, noise):
        with pytest.raises(NoDumpError):
            read_files([str(path)])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError, match="cannot read"):
            read_files([str(path)])


def test_an_item_of_a_list_is_no_table() -> None:
    with pytest.raises(NoDumpError):
        read_text("Things to do:\n* nothing\n* sleep\n")


def test_a_loop_on_one_line_is_no_literal_rule() -> None:
    script = (
        "iptables -A INPUT -p tcp --dport 22 -j ACCEPT\n"
        "for p in 80 443; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done\n"
        "iptables -A INPUT -j DROP\n"
    )
    with pytest.raises(DumpError) as caught:
        read_text(script, strict=True)
    assert (caught.value.code, caught.value.place.line) == ("IPT0116", 2)


@pytest.mark.parametrize(
    "line",
    [
        "[ -x /sbin/iptables ] && iptables -A INPUT -j DROP",
        "if true; then iptables -A INPUT -j DROP; fi",
        "if ! iptables -C INPUT -j DROP; then iptables -A INPUT -j DROP; fi",
        "(iptables -A INPUT -j DROP; true)",
    ],
)
def test_a_command_amidst_a_shells_words(line: str) -> None:
    (ruleset,) = read_text(f"{line}\n").rulesets
    assert [rule.target and rule.target.name for *_, rule in ruleset.rules()] == ["DROP"]


def test_what_generated_says_of_the_family_ends_at_completed() -> None:
    four = (
        "# Generated by iptables-save v1.8.9 on x\n*nat\n:OUTPUT ACCEPT [0:0]\n"
        "-A OUTPUT -d 127.0.0.1/32 -j RETURN\nCOMMIT\n# Completed on x\n"
    )
    six = "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -d ::1/128 -j RETURN\nCOMMIT\n"
    assert [ruleset.family for ruleset in read_text(four + six).rulesets] == [4, 6]


@pytest.mark.parametrize("prompt", ["root@node:~# ", "[root@host ~]# exit", "me@pod:/$"])
def test_the_prompt_after_a_listing_is_no_part_of_it(prompt: str) -> None:
    case = Path(__file__).parents[2] / "fixtures" / "istio" / "both-directions"
    listing = (case / "after.txt").read_text()
    dump = read_text(f"root@node:~# iptables -t nat -L -n\n{listing}{prompt}\n")
    assert dump.rulesets == read_text(listing).rulesets
    assert dump.notes == ()
