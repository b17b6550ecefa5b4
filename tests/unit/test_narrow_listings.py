"""Listings cut at a column (`cut -c1-80`): rows that end there may have lost what they ask for."""

from __future__ import annotations

import pytest
from every_row import every_row
from incomplete_texts import codes, rules

from iptsim.dialects import read_text

PLAIN = "target     prot opt source               destination         "
VERBOSE = " pkts bytes target     prot opt in     out     source               destination         "


def row(target: str, proto: str, address: str, text: str = "", *, verbose: bool = False) -> str:
    """As iptables pads it: an address takes 20 columns, however short it is."""
    links = "*      *      " if verbose else ""
    begin = f"{'    0     0 ' if verbose else ''}{target:<9}  {proto:<4} --  {links}"
    return f"{begin}{'0.0.0.0/0':<19}  {address:<19}  {text}"


def listing(*, verbose: bool = False) -> str:
    """A listing of a filter table as iptables prints it, blanks at the ends of lines too."""
    title = VERBOSE if verbose else PLAIN
    policy = "policy DROP 0 packets, 0 bytes" if verbose else "policy DROP"
    inside = [
        row("ACCEPT", "tcp", "192.168.100.0/24", "tcp dpt:8080", verbose=verbose),
        row("ACCEPT", "all", "0.0.0.0/0", "ctstate RELATED,ESTABLISHED", verbose=verbose),
        row("DROP", "all", "0.0.0.0/0", verbose=verbose),
    ]
    chains = [("INPUT", inside), ("FORWARD", []), ("OUTPUT", [])]
    return "\n".join(
        "\n".join([f"Chain {name} ({policy})", title, *rows, ""]) for name, rows in chains
    )


def narrowed(text: str, width: int) -> str:
    return "\n".join(line[:width] for line in text.split("\n"))


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def unread(text: str) -> list[str]:
    """What is told of each row of INPUT: its target, or why there is none."""
    return [why for _number, why, _count in rules(read_text(text), "INPUT")]


@every_row("missing", range(1, 30))
@every_row("verbose", [False, True])
def test_rows_below_a_title_that_is_cut_are_unknown(missing: int, verbose: bool) -> None:
    title = VERBOSE if verbose else PLAIN
    text = narrowed(listing(verbose=verbose), len(title) - missing)
    assert unread(text) == ["cut", "cut", "cut"]
    assert "IPT0136" in codes(read_text(text))


@pytest.mark.parametrize("verbose", [False, True])
def test_a_listing_that_is_all_there_stays_as_it_is(verbose: bool) -> None:
    whole = listing(verbose=verbose)
    for text in (whole, trimmed(whole)):
        assert unread(text) == ["ACCEPT", "ACCEPT", "DROP"]


def test_a_listing_without_matches_whose_blanks_were_trimmed_is_no_cut_one() -> None:
    rows = [row("ACCEPT", "tcp", "10.0.0.0/16"), row("DROP", "all", "0.0.0.0/0")]
    text = trimmed("\n".join(["Chain INPUT (policy DROP)", PLAIN, *rows, ""]))
    assert len({len(line) for line in text.split("\n")[1:3]}) == 1
    assert unread(text) == ["ACCEPT", "DROP"]


def test_blanks_run_together_are_no_cut() -> None:
    text = "\n".join(" ".join(line.split()) for line in listing().split("\n"))
    assert unread(text) == ["ACCEPT", "ACCEPT", "DROP"]


def test_a_row_as_long_as_one_with_half_a_word_may_lack_its_end() -> None:
    # «tcp dpt:80» was 8080; the row below breaks off in its state.
    text = narrowed(listing(), len(row("ACCEPT", "tcp", "192.168.100.0/24", "tcp dpt:80")))
    assert "tcp dpt:80\n" in text
    assert unread(text) == ["cut", "ACCEPT", "DROP"]


def test_a_shorter_row_than_one_with_unknown_text_is_whole() -> None:
    text = listing().replace("ctstate RELATED,ESTABLISHED", "of a module that nobody knows")
    assert unread(text) == ["ACCEPT", "ACCEPT", "DROP"]
