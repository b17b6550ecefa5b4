from __future__ import annotations

from itertools import pairwise

from iptsim.chain_graph import ChainGraph, chain_graph, jump_loops
from iptsim.dialects import read_text
from iptsim.model import Chain, Note, Rule, Ruleset, Table, Target
from iptsim.render.outputs.graph_dot import graph_dot
from iptsim.render.outputs.graph_mermaid import graph_mermaid
from iptsim.render.outputs.graph_text import graph_text
from iptsim.render.pictures.composing import rules_picture
from iptsim.render.shared.terminal import Style


def graph_of(rules: str, chains: str = "") -> ChainGraph:
    declared = "".join(f":{name} - [0:0]\n" for name in chains.split())
    text = f"*filter\n:INPUT ACCEPT [0:0]\n{declared}{rules}\nCOMMIT\n"
    (ruleset,) = read_text(text, file="f", family=4).rulesets
    return chain_graph(ruleset)


def told(note: Note) -> tuple[str, int, dict[str, str]]:
    assert note.place is not None
    return note.code, note.place.line, dict(note.facts)


def test_leaps_by_the_chains_that_they_connect() -> None:
    graph = graph_of("-A INPUT -p tcp -j A\n-A INPUT -j DROP\n-A INPUT -g A", "A")
    ((edge, leaps),) = graph.edges().items()
    assert edge == (("filter", "INPUT"), ("filter", "A"))
    assert [(leap.rule, leap.goto) for leap in leaps] == [(1, False), (3, True)]
    assert graph.findings == ()


def test_a_loop_is_told_once_from_its_first_rule() -> None:
    graph = graph_of("-A INPUT -j A\n-A A -j B\n-A A -p tcp -j B\n-A B -j C\n-A C -j A", "A B C")
    (finding,) = graph.findings
    assert told(finding) == ("IPT0501", 7, {"table": "filter", "loop": "A → B → C → A"})


def test_a_chain_that_jumps_to_itself() -> None:
    (finding,) = graph_of("-A A -j A", "A").findings
    assert told(finding)[2]["loop"] == "A → A"


def test_two_loops() -> None:
    findings = graph_of("-A A -j B\n-A B -j A\n-A C -j C\n-A B -j C", "A B C").findings
    assert [dict(finding.facts)["loop"] for finding in findings] == ["A → B → A", "C → C"]


def test_diamonds_are_no_loops() -> None:
    rules = "-A INPUT -j A\n-A INPUT -j B\n-A A -j C\n-A B -j C"
    assert graph_of(rules, "A B C").findings == ()


def test_an_absent_chain_is_placed_at_each_jump() -> None:
    graph = graph_of("-A INPUT -p tcp -j GONE\n-A INPUT -j GONE")
    facts = {"table": "filter", "chain": "INPUT", "to": "GONE"}
    assert [told(finding) for finding in graph.findings] == [
        ("IPT0502", 3, facts | {"rule": "1"}),
        ("IPT0502", 4, facts | {"rule": "2"}),
    ]
    assert [(chain.name, chain.present) for chain in graph.chains] == [
        ("INPUT", True),
        ("GONE", False),
    ]


def test_references_of_a_listing() -> None:
    listing = (
        "Chain INPUT (policy ACCEPT)\n"
        "target     prot opt source               destination\n"
        "A          all  --  0.0.0.0/0            0.0.0.0/0\n"
        "\n"
        "Chain A (3 references)\n"
        "target     prot opt source               destination\n"
        "\n"
        "Chain B (0 references)\n"
        "target     prot opt source               destination\n"
    )
    (ruleset,) = read_text(listing, file="f", table="filter").rulesets
    (finding,) = chain_graph(ruleset).findings
    facts = {"table": "filter", "chain": "A", "listed": "3", "found": "1"}
    assert told(finding) == ("IPT0503", 5, facts)


def test_deep_chains() -> None:
    names = [f"C{number}" for number in range(3000)]
    rules = "\n".join(f"-A {one} -j {other}" for one, other in pairwise(names))
    graph = graph_of(rules + "\n-A C2999 -j C0", " ".join(names))
    (finding,) = graph.findings
    loop = dict(finding.facts)["loop"].split(" → ")
    assert (loop[:2], loop[-3:], len(loop)) == (["C0", "C1"], ["…", "C2999", "C0"], 17)
    assert len(jump_loops(graph.leaps)[0]) == 3000
    text = graph_text([graph], Style())
    assert len(text.splitlines()) > 3000
    assert max(map(len, text.splitlines())) < 150


def test_names_cannot_break_out_of_a_drawing() -> None:
    evil = 'x"]-->end;<b>'
    jump = Rule(target=Target(name=evil))
    chains = (Chain(name="INPUT", policy="DROP", rules=(jump,)), Chain(name=evil))
    picture = rules_picture(Ruleset(tables=(Table(name="filter", chains=chains),)), "en")
    dot, mermaid = graph_dot([picture]), graph_mermaid([picture])
    assert f'filter {evil}"' not in dot
    assert 'x\\"]-->end;<b>' in dot
    assert '"x#34;#93;--#62;end#59;#60;b#62;<br/>all else  back to the caller"' in mermaid


def test_drawings_say_what_is_asked_and_where_it_ends() -> None:
    text = "*nat\n:PREROUTING ACCEPT [0:0]\n:WEB - [0:0]\n-A PREROUTING -p tcp --dport 80 -g WEB\n"
    text += "-A WEB -p tcp -j REDIRECT --to-ports 8080\nCOMMIT\n"
    (ruleset,) = read_text(text, file="f", family=4).rulesets
    picture = rules_picture(ruleset, "en")
    dot, mermaid = graph_dot([picture]), graph_mermaid([picture])
    assert '"4 PREROUTING nat WEB" [label="tcp dport 80", style=dotted];' in dot
    assert '[label="8080\\l", style=rounded];' in dot
    assert 'c1 -.->|"tcp dport 80"| c2' in mermaid
    assert 'c4(["8080"])' in mermaid


def test_tree() -> None:
    graph = graph_of("-A INPUT -p tcp -j A\n-A INPUT -g A\n-A A -j B\n-A C -j B", "A B C")
    assert graph_text([graph], Style()) == "\n".join(
        [
            "filter, IPv4",
            "  INPUT (policy ACCEPT)",
            "    A  by rules 1, 2",
            "      B  by rule 1",
            "  Chains that no built-in chain leads to",
            "  C",
            "    B  by rule 1",
        ]
    )
