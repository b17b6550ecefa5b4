"""Texts that are no dump, and huge ones: the work of reading them is counted."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from steps_taken import steps

from iptsim.dialects import read_text
from iptsim.dialects.signs.two_sides import may_be_marked
from iptsim.errors import DumpError, IptsimError

RULE_WORDS = "-A INPUT FORWARD -j ACCEPT -p tcp --dport 22 -s 10.0.0.0/8 -m state foo ! 999.1.1.1"
NFT_WORDS = "ip saddr daddr 10.0.0.1 tcp dport 22 accept drop { } ; counter iifname"
SAVE = "*filter\n:INPUT ACCEPT [0:0]\n{}COMMIT\n"


def rules(chance: random.Random) -> str:
    words = " ".join(chance.choices(RULE_WORDS.split(), k=chance.randint(1, 9)))
    return f"-A {words}\n"


def quotes(chance: random.Random) -> str:
    words = " ".join(chance.choices(RULE_WORDS.split(), k=6))
    return f'{"> " * chance.randint(0, 3)}-A INPUT -m comment --comment "{words}\n'


def listing(chance: random.Random) -> str:
    words = " ".join(chance.choices(RULE_WORDS.split(), k=4))
    return chance.choice(
        [
            f"Chain C{chance.randint(1, 99)} (1 references)\n",
            "target     prot opt source               destination\n",
            f"DROP all -- {words}\n",
            "\n",
        ]
    )


def nft(chance: random.Random) -> str:
    words = " ".join(chance.choices(NFT_WORDS.split(), k=8))
    return chance.choice(["table ip filter {\n", "chain input {\n", "}\n", "}\n", f"{words}\n"])


def commented(chance: random.Random) -> str:
    return f"# iptables -A INPUT {' '.join(chance.choices(RULE_WORDS.split(), k=3))}\n"


Line = Callable[[random.Random], str]


def read_or_refused(text: str) -> None:
    with suppress(IptsimError):
        read_text(text)


def work(line: Line, lines: int) -> int:
    chance = random.Random(11)  # noqa: S311  # texts, no secrets
    text = "".join(line(chance) for _ in range(lines))
    return steps(lambda: read_or_refused(text))


def patch(chance: random.Random) -> str:
    said = ["-A INPUT -j ACCEPT\n", "*filter\n", "@@ -1,3 +1,3 @@\n", "COMMIT\n", "-N WEB\n"]
    return f"{chance.choice('+- ')}{chance.choice(said)}"


@pytest.mark.parametrize("line", [rules, quotes, listing, nft, commented, patch])
def test_junk_that_looks_like_rules_takes_work_by_its_lines(line: Line) -> None:
    assert work(line, 800) < 2.6 * work(line, 400)


def test_of_a_long_text_of_rules_that_are_none_the_beginning_tells() -> None:
    chance = random.Random(5)  # noqa: S311  # texts, no secrets
    text = "".join(
        f"-A INPUT -s 10.0.0.{chance.randint(300, 999)} -j ACCEPT\n" for _ in range(7000)
    )
    with pytest.raises(DumpError) as caught:
        read_text(text)
    assert caught.value.code == "IPT0526"
    assert "of the first 2000 2000 were read as rules, and 0 of them" in str(caught.value)


def test_of_a_long_dump_a_broken_row_costs_that_row() -> None:
    rows = "".join(f"-A INPUT -s 10.0.{n >> 8}.{n & 255} -j DROP\n" for n in range(6500))
    dump = read_text(SAVE.format(f"-A INPUT -s 10.0.0.999 -j DROP\n{rows}"))
    (chain,) = dump.rulesets[0].tables[0].chains
    assert len(chain.rules) == 6501
    assert [note.place and note.place.line for note in dump.notes if note.code == "IPT0504"] == [3]


def test_of_more_states_than_anybody_chooses_from_none_is_read() -> None:
    table = "table ip filter {{\n\tchain input {{\n\t\ttcp dport {} accept\n\t}}\n}}\nlater {}:\n"
    text = "".join(table.format(n, n) for n in range(1, 80))
    with pytest.raises(DumpError) as caught:
        read_text(text)
    assert caught.value.code == "IPT0524"


def test_lines_that_may_be_of_any_of_many_places_are_not_read_for_each() -> None:
    prose = "the packet went on to the next hop\n" * 2000
    hosts = "".join(f"== host{n} ==\n-A INPUT -p tcp --dport {n} -j ACCEPT\n" for n in range(1, 80))
    with pytest.raises(DumpError) as caught:
        read_text(prose + hosts)
    assert caught.value.code == "IPT0524"
    assert caught.value.facts["count"] == 79


def test_a_line_of_signs_is_looked_at_once_from_each_of_them() -> None:
    assert not any(may_be_marked(sign * 200_000) for sign in ("-", "+:", "+/", "-1"))
    assert may_be_marked("-DROP  tcp  --  anywhere")
    assert may_be_marked(f"+:{'a' * 64} - [0:0]")
