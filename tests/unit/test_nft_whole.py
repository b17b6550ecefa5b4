"""A listing of the whole rule set: then no table is left out but those of iptables-legacy."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.tracer import trace
from iptsim.worlds.outcome import Trace

TABLE = """table inet gate {
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 23 drop
	}
}"""


def found(text: str) -> Trace:
    ruleset = next(r for r in read_text(text, file="f").rulesets if r.family == 4)
    return trace(ruleset, Packet(proto=6, dport=80))


def taken(text: str) -> str:
    """Which tables are taken to let packets pass, as far as the text does not tell them."""
    notes = (dict(note.facts) for note in found(text).assumed)
    return next((facts["tables"] for facts in notes if "tables" in facts), "")


@pytest.mark.parametrize(
    "line",
    [
        "# nft list ruleset",
        "$ sudo nft list ruleset",
        "root@gw:~# nft -a -n list ruleset",
        "+ /usr/sbin/nft --handle list ruleset",
        "#iptsim# begin nft-list-ruleset",
    ],
)
def test_a_call_for_all_tables_tells_all(line: str) -> None:
    assert taken(f"{line}\n{TABLE}\n") == "iptables-legacy"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# nft list ruleset inet",
        "# nft list table inet gate",
        "This is what nft list ruleset",
    ],
)
def test_any_other_leaves_open_what_else_is_there(line: str) -> None:
    assert taken(f"{line}\n{TABLE}\n") == "nftables, iptables"


def test_a_call_that_a_filter_follows_makes_unknown_what_it_took_out() -> None:
    assert len(found(f"# nft list ruleset | sed -n 1,40p\n{TABLE}\n").outcomes) > 1


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "... (other tables omitted)"),
        ("", "[...]"),
        ("", "<snip>"),
        ("# only the gate table shown", ""),
        ("", "# the other tables are left out"),
    ],
)
def test_prose_about_what_is_left_out_makes_it_unknown(above: str, below: str) -> None:
    text = f"# nft list ruleset\n{above}\n{TABLE}\n{below}\n"
    assert len(found(text).outcomes) > 1  # what is not shown may decide otherwise


def test_remarks_on_what_rules_do_leave_nothing_out() -> None:
    text = TABLE.replace("tcp dport", "# telnet is removed everywhere\n\t\ttcp dport")
    assert taken(f"# nft list ruleset\n{text}\n") == "iptables-legacy"


def test_a_listing_that_breaks_off_is_not_whole() -> None:
    (ruleset, *_) = read_text(f"# nft list ruleset\n{TABLE[:-2]}\n", file="f").rulesets
    assert ruleset.nft is not None
    assert not ruleset.nft.whole


def test_a_collection_that_failed_is_not_whole() -> None:
    text = f"#iptsim# begin nft-list-ruleset\n{TABLE}\n\n#iptsim# end nft-list-ruleset rc=1\n"
    assert taken(text) == "nftables, iptables"
