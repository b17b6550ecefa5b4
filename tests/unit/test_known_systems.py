"""Rule sets of known provenance: who wrote one is told by who ran, not by the names in it."""

from __future__ import annotations

from pathlib import Path

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.explain.catalogue import filled
from iptsim.extensions.text import write_rule
from iptsim.knowledge import chain, names, recognised
from iptsim.knowledge.purposes import use_of
from iptsim.knowledge.recognition import version
from iptsim.model import BUILTIN_CHAINS, Ruleset

FIXTURES = Path(__file__).parents[2] / "fixtures"
SYSTEMS = FIXTURES / "systems"
BUILT_IN = {chain for chains in BUILTIN_CHAINS.values() for chain in chains}
DUMPS = sorted(path.relative_to(SYSTEMS) for path in SYSTEMS.glob("*/*"))
UNTOLD = {
    "android-netd-15": 2,
    "firewalld-1.3.3": 1,
    "firewalld-1.3.3.list": 9,
    "shorewall-5.2.8": 8,
}
"""Rules of which nothing is said but what they are."""
OTHERS = [
    ("docker/published-port/before.save.txt", {"docker"}),
    ("docker/published-port/after.save.txt", {"docker"}),
    ("kube-proxy/services/before.save.txt", {"kube-proxy", "kubelet"}),
    ("kube-proxy/local-policy/before.save.txt", {"kube-proxy", "kubelet"}),
    ("istio/upgrade/before.save.txt", {"istio"}),
    ("istio/ambient-1.25/before.save.txt", {"istio-ambient"}),
    ("firewall/host/before.save.txt", set()),
    ("firewall/ipv6/before.save.txt", set()),
]


def ruleset(path: Path) -> Ruleset:
    return read_text(path.read_text()).rulesets[0]


def wrote(path: Path) -> tuple[str, str]:
    """The program that a dump is named after, and its version."""
    name, _, told = path.name.removesuffix(".txt").removesuffix(".save").rpartition("-")
    return name, told.removesuffix(".list").removesuffix(".ipv6")


def test_there_is_a_rule_set_for_nearly_every_system() -> None:
    assert len({wrote(path)[0] for path in DUMPS}) == len(DUMPS) - 2  # two have a second text


@every_row("path", DUMPS, ids=lambda path: path.name)
def test_who_wrote_it_is_told_and_nobody_else_is(path: Path) -> None:
    system, told = wrote(path)
    (found,) = recognised(ruleset(SYSTEMS / path))
    assert found.name == system
    assert not found.mixed
    assert not found.since or version(found.since) <= version(told)
    assert not found.until or version(told)[: len(version(found.until))] <= version(found.until)


@every_row("path", DUMPS, ids=lambda path: path.name)
def test_every_chain_of_it_is_known(path: Path) -> None:
    rules = ruleset(SYSTEMS / path)
    own = {one.name for table in rules.tables for one in table.chains} - BUILT_IN
    among = names(rules)
    assert [name for name in sorted(own) if chain(name, among) is None] == []


@every_row("path", DUMPS, ids=lambda path: path.name)
def test_rules_have_purposes(path: Path) -> None:
    rules = ruleset(SYSTEMS / path)
    among = names(rules)
    untold = 0
    for one in (one for table in rules.tables for one in table.chains):
        for rule in one.rules:
            text = write_rule(one.name, rule, rules.family, shown=True)
            target = rule.target.name if rule.target is not None else text.rpartition(" ")[2]
            use = use_of(one.name, text, target, among)
            untold += use is None
            assert use is None or filled(use.text("zh"), use.facts)
    name = path.name.removesuffix(".txt").removesuffix(".save")
    assert untold == UNTOLD.get(name, 0)


@every_row(("path", "systems"), OTHERS)
def test_other_fixtures_are_told_by_their_makers(path: str, systems: set[str]) -> None:
    assert set(names(ruleset(FIXTURES / path))) == systems


def test_the_kubelets_chains_are_no_sign_of_kube_proxy() -> None:
    text = (SYSTEMS / "told" / "kubelet-1.25.save.txt").read_text()
    assert names(read_text(text).rulesets[0]) == ("kubelet",)
    alone = "\n".join(
        line for line in text.splitlines() if "CANARY" not in line and "DROP" not in line
    )
    assert "kube-proxy" in names(read_text(f"{alone}\n").rulesets[0])
