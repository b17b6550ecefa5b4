"""Texts of nftables of both families, cut texts, and base chains of which one lets pass."""

from __future__ import annotations

from pathlib import Path

import iptsim
from iptsim.dialects import read_text
from iptsim.diff.difference import Kind
from iptsim.diff.structure import structure
from iptsim.explain.effect_sentences import decided_words
from iptsim.render.outputs.diff_markdown import diff_markdown
from iptsim.render.shared.terminal import Style

NFT = Path(__file__).parents[2] / "fixtures" / "nft"
BEFORE = """*filter
:INPUT DROP
:FORWARD ACCEPT
:OUTPUT ACCEPT
-A INPUT -p tcp --dport 8088 -j ACCEPT
COMMIT
"""
TWO_CHAINS = """table ip web {
	chain early {
		type filter hook input priority filter - 1; policy accept;
		tcp dport 8088 accept
	}
}
table ip wall {
	chain late {
		type filter hook input priority filter; policy drop;
	}
}
"""


def test_a_family_of_a_text_of_both() -> None:
    old = iptsim.read(NFT / "shop.save.txt", family=4)
    assert iptsim.diff(old, iptsim.read(NFT / "shop.list", family=4)).same_effect
    assert not iptsim.diff(old, iptsim.read(NFT / "shop.list")).same_effect
    both = iptsim.read(text=(NFT / "shop.list").read_text(), family=6)
    assert [each.family for each in both.dump.rulesets] == [6]


def test_accept_of_one_base_chain_does_not_decide_a_drop_by_another() -> None:
    found = iptsim.diff(iptsim.read(text=BEFORE, family=4), iptsim.read(text=TWO_CHAINS))
    effect = found.effects[0]
    assert decided_words(effect.after) == "the policy of ip wall late"
    found = iptsim.diff(iptsim.read(text=TWO_CHAINS), iptsim.read(text=BEFORE, family=4))
    assert decided_words(found.effects[0].before) == "the policy of ip wall late"


def test_a_rule_that_the_other_family_never_meets_is_said_so() -> None:
    told = str(iptsim.read(NFT / "shop.list", family=6))
    assert "no packet" in told
    assert "()" not in told
    assert "没有任何包" in str(iptsim.read(NFT / "shop.list", family=6, lang="zh"))


def test_chains_that_a_cut_text_lost_can_be_compared() -> None:
    whole = TWO_CHAINS.replace("tcp dport 8088", "tcp dport { 8088 }")
    cut = whole.replace("8088 }", "8088")
    found = structure(read_text(whole), read_text(cut))
    gone = {change.chain for change in found.changes if change.kind is Kind.CHAIN_REMOVED}
    assert "late" in gone
    tables = [t for dump in found.filled for each in dump.rulesets for t in each.tables]
    assert "late" in {chain.name for table in tables for chain in table.at("INPUT")}


def test_a_base_chain_that_is_gone_lets_pass() -> None:
    kept = "table ip x {\n\tchain kept {\n\t\taccept\n\t}\n"
    base = "\tchain base {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n"
    found = iptsim.diff(iptsim.read(text=f"{kept}{base}}}\n"), iptsim.read(text=f"{kept}}}\n"))
    assert "policy DROP → ACCEPT" in str(found)


def test_chains_stand_side_by_side_wherever_a_diff_is_shown() -> None:
    old = iptsim.read(NFT / "shop.save.txt", family=4)
    found = iptsim.diff(old, iptsim.read(NFT / "shop.list", family=4))
    style = Style(width=100, lang="en", colour=False)
    for told in (found._repr_html_(), diff_markdown(found.difference, style)):
        assert "Chains side by side" in told
        assert "The chain is gone" not in told
        assert told.index("do the same to every packet") < told.index("istio-output")
