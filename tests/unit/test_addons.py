"""Targets that nobody here knows are targets, and chains that a dump does not hold are chains."""

from __future__ import annotations

import pytest
from every_row import every_row
from unknown_names import ADDON, ADDONS, NO_TARGET

from iptsim.chain_graph import ABSENT, chain_graph
from iptsim.dialects import read_text
from iptsim.dialects.writing.lost import lost
from iptsim.extensions.addons import is_addon
from iptsim.lint import lint
from iptsim.model import Dump, Ruleset

TITLE = "target     prot opt source               destination"


def saved(rule: str, *chains: str) -> Ruleset:
    declared = "".join(f":{name} - [0:0]\n" for name in chains)
    text = f"*filter\n:INPUT DROP [0:0]\n{declared}{rule}\nCOMMIT\n"
    return read_text(text, family=4).rulesets[0]


def listed(row: str) -> Ruleset:
    return read_text(f"Chain INPUT (policy DROP)\n{TITLE}\n{row}\n", table="filter").rulesets[0]


def addon(ruleset: Ruleset) -> bool:
    table, _chain, _number, rule = next(ruleset.rules())
    assert rule.target is not None
    return is_addon(rule.target, table)


TARGETS = [
    *(saved(f"-A INPUT -p tcp -j {name}") for name in ADDONS),
    saved(f"-A INPUT -p tcp -j {ADDON} --tarpit"),
    saved(f"-A INPUT -j {ADDON} --todev 0"),
    saved(f"-A INPUT -j {NO_TARGET} --level 3 --name a"),
    saved(f'-A INPUT -j {NO_TARGET} --addr 10.0.0.0/8 --tname "all of it"'),
    listed(f"{ADDON:10} tcp  --  0.0.0.0/0            0.0.0.0/0"),
    listed(f"{NO_TARGET:10} all  --  0.0.0.0/0            0.0.0.0/0            vendor level 3"),
    listed("NFQUEUE    all  --  0.0.0.0/0            0.0.0.0/0            a text of tomorrow"),
]
CHAINS = [
    saved("-A INPUT -j guests"),
    saved(f"-A INPUT -g {ADDON}"),
    listed("guests     all  --  0.0.0.0/0            0.0.0.0/0"),
    listed("guests     all  --  0.0.0.0/0            0.0.0.0/0            [goto] "),
]
OTHERS = [
    saved(f"-A INPUT -j {ADDON}", ADDON),
    saved("-A INPUT -j ACCEPT"),
    saved("-A INPUT -j LOG --log-prefix x"),
]


@every_row("ruleset", TARGETS, ids=range(len(TARGETS)))
def test_a_target_of_an_add_on_is_no_absent_chain(ruleset: Ruleset) -> None:
    assert addon(ruleset)
    graph = chain_graph(ruleset)
    assert not graph.leaps
    assert not [note for note in graph.findings if note.code == ABSENT]
    assert not [note for note in lost(ruleset) if note.code == "IPT0133"]
    assert "IPT0718" not in [
        finding.kind.value for finding in lint(Dump(rulesets=(ruleset,))).findings
    ]


@pytest.mark.parametrize("ruleset", CHAINS, ids=range(len(CHAINS)))
def test_a_name_without_options_may_be_an_absent_chain(ruleset: Ruleset) -> None:
    assert not addon(ruleset)
    assert [note.code for note in chain_graph(ruleset).findings] == [ABSENT]


@pytest.mark.parametrize("ruleset", OTHERS, ids=range(len(OTHERS)))
def test_chains_of_the_text_verdicts_and_known_targets_are_none(ruleset: Ruleset) -> None:
    assert not addon(ruleset)
    assert not chain_graph(ruleset).findings
