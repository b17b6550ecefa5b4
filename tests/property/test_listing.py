"""Reading a listing by what was met before is the same as reading it without any short cut."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.dialects.listing.listing import read_listing
from iptsim.dialects.parts import Line, Section
from iptsim.errors import DumpError

PLAIN = "target     prot opt source               destination"
VERBOSE = " pkts bytes target     prot opt in     out     source               destination"
TARGETS = ("ACCEPT", "DROP", "X", "LOG", "MARK", "DNAT", "REDIRECT", "REJECT", "ZIGZAG", "")
PIECES = (
    "tcp dpt:{n}", "tcp spts:{n}:65535 dpt:!{n}", "udp dpt:{n}", "multiport dports {n},{n}",
    "mark match 0x{n:x}", "mark match ! 0x{n:x}/0xff", "ctstate NEW,ESTABLISHED", "state NEW",
    "owner UID match {n}", "! owner UID match {n}", "/* c{n} */", "/* a */ b{n} */", "tcp",
    "/* tcp dpt:{n} */", "limit: avg {n}/sec burst 5", "icmptype {n}", "zig {n}", "[goto]",
    "statistic mode random probability 0.5", "match-set s{n} src", "TTL match TTL < {n}", "{n}",
    "LOG flags 0 level 4", 'LOG flags 0 level 4 prefix "p{n} "', "MARK set 0x{n:x}",
    "to:10.0.0.{n}:80", "redir ports {n}", "reject-with icmp-port-unreachable",
    "ADDRTYPE match dst-type LOCAL",
)  # fmt: skip

numbers = st.sampled_from((0, 1, 8, 80, 255, 256, 65535, 65536, 99999))
addresses = st.sampled_from(("0.0.0.0/0", "10.0.0.1", "!10.0.0.0/8", "anywhere", "10.0.0.999"))
tails = st.lists(st.builds(str.format, st.sampled_from(PIECES), n=numbers), max_size=4).map(
    " ".join
)


@st.composite
def rows(draw: st.DrawFn, *, verbose: bool) -> str:
    proto = draw(st.sampled_from(("tcp", "udp", "all", "6", "icmp", "!udp")))
    opt = draw(st.sampled_from(("--", "--", "--", "-f", "!f")))
    ways = f" {draw(st.sampled_from(('*', 'eth0', '!lo')))}  * " if verbose else ""
    counters = "    0 1000K " if verbose else ""
    ends = f"{draw(addresses):20} {draw(addresses):20}"
    return (
        f"{counters}{draw(st.sampled_from(TARGETS)):9}  {proto:4} {opt} {ways} {ends} {draw(tails)}"
    )


@st.composite
def listings(draw: st.DrawFn) -> list[str]:
    verbose = draw(st.booleans())
    found = draw(st.lists(rows(verbose=verbose), min_size=1, max_size=12))
    return ["Chain FORWARD (policy ACCEPT)", VERBOSE if verbose else PLAIN, *found]


def outcome(lines: list[str], *, plain: bool) -> object:
    section = Section(
        form="listing",
        file="d",
        lines=tuple(Line(number=n, text=text, full=text) for n, text in enumerate(lines, 1)),
    )
    try:
        return read_listing(section, plain=plain)
    except DumpError as error:
        return error.place, error.message, error.length, error.code


@given(listings())
@settings(deadline=None, max_examples=150)
def test_short_cuts_change_nothing(lines: list[str]) -> None:
    assert outcome(lines, plain=False) == outcome(lines, plain=True)


@given(listings(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_a_row_reads_the_same_wherever_it_stands(lines: list[str], chance: random.Random) -> None:
    head, body = lines[:2], [text for text in lines[2:] if isinstance(
        outcome([*lines[:2], text], plain=True), list)]  # fmt: skip
    shuffled = body[:]
    chance.shuffle(shuffled)
    assert _by_text(head, body) == _by_text(head, shuffled)


def _by_text(head: list[str], body: list[str]) -> list[tuple[str, object]]:
    read = outcome([*head, *body], plain=False)
    assert isinstance(read, list)
    if not read[0].chains[0].rules:
        return []
    pairs = zip(body, read[0].chains[0].rules, strict=True)
    return sorted(pairs, key=lambda pair: pair[0])
