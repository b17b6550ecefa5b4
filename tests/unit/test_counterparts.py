"""A diff of iptables and nftables: whether both do the same, and which chains stand for which."""

from __future__ import annotations

from pathlib import Path

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.diff.counterparts import between_backends, counterparts
from iptsim.diff.difference import Difference
from iptsim.explain.diff_sentences import conclusion, explain_change
from iptsim.model import Dump
from iptsim.native_tables import with_native
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style

FOLDER = Path(__file__).parents[2] / "fixtures" / "nft"


def dump(name: str, change: tuple[str, str] = ("", "")) -> Dump:
    text = (FOLDER / name).read_text().replace(*change)
    found = read_text(text, file=name)
    kept = tuple(with_native(each) for each in found.rulesets if each.family == 4)
    return Dump(rulesets=kept)


@pytest.fixture(scope="module")
def same() -> Difference:
    return diff(dump("sidecar.save.txt"), dump("sidecar.list"))


def test_that_both_do_the_same_is_said_first(same: Difference) -> None:
    assert same.same_effect
    assert between_backends(same)
    text = diff_text(same, Style(width=100))
    assert text.startswith("The two rule sets do the same to every packet")
    assert conclusion(same, "zh")[0][1].startswith("对进出或经过本机的每个包")


def test_chains_stand_side_by_side(same: Difference) -> None:
    found = {one.before: one for one in counterparts(same)}
    inbound = found["nat", "ISTIO_INBOUND"]
    assert inbound.after == ("inet istio-proxy-nat", "istio-inbound")
    assert (inbound.same, inbound.gone, inbound.come) == (3, 0, 0)
    assert found["nat", "PREROUTING"].after == ("inet istio-proxy-nat", "prerouting")
    owner = found["nat", "ISTIO_OUTPUT"]
    assert (owner.same, owner.gone, owner.come) == (5, 1, 1)


def test_one_port_more_is_found() -> None:
    found = diff(dump("sidecar.save.txt"), dump("sidecar.list", ("15008 return", "8088 return")))
    assert not found.same_effect
    assert {(e.after.rewrites, e.before.rewrites) for e in found.effects if e.hook == "PREROUTING"}
    text = diff_text(found, Style(width=100))
    assert text.startswith("Effect, over all packets")
    assert "2 rules the same, 1 only before, 1 only after" in text


def test_a_base_chain_needs_no_rule_that_leads_to_it() -> None:
    found = diff(dump("sidecar.save.txt"), dump("sidecar.list"))
    said = [explain_change(found, c) for c in found.changes if c.kind.value == "chain-added"]
    assert "A new base chain at prerouting, priority -100, with 1 rule." in said
    assert not [one for one in said if "no rule jumps to it" in one and "inbound" in one]


def test_two_listings_are_told_line_by_line() -> None:
    found = diff(dump("sidecar.list"), dump("sidecar.list", ("15008 return", "8088 return")))
    assert not between_backends(found)
    assert "inet istio-proxy-nat: 1 rule changed" in diff_text(found, Style(width=100))


def test_what_no_socket_sent_is_taken_as_given_where_it_would_differ(same: Difference) -> None:
    assert [note.code for note in same.notes] == ["IPT0233"]
