"""What rules ask for, told by their kinds, against each rule read."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

from every_row import every_row
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.quickly import quickly
from iptsim.diff.scope import Scope
from iptsim.model import Dump, Ruleset
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.localnet import speaking_of_loopback
from iptsim.symbolic.walk.state_groups import states_of
from iptsim.tracer.rules.kinds import late_chains
from iptsim.tracer.rules.missing import untold_in

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))

from rule_sets import filter_rules, kube_proxy_rules  # noqa: E402  # it stands with the benchmarks

HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")
ODD = (
    "-A INPUT -s 127.0.0.1/32 -i eth7 -j DROP",
    "-A FORWARD -d 64.0.0.0/2 -j DROP",
    "-A OUTPUT -m owner --uid-owner 7 -j ACCEPT",
    "-A INPUT -f -j DROP",
    "-A net-1 -m conntrack --ctstate INVALID -j DROP",
    "-A net-1 -m set --match-set known src -j DROP",
    '-A INPUT -m comment --comment "a word -o eth9" -j ACCEPT',
    "-A net-2 -o tun+ -j RETURN",
    "-A FORWARD -m physdev --physdev-in eth6 -j DROP",
    "-A INPUT -m conntrack --ctorigdst 127.0.0.9/32 -j DROP",
)
NAT = (
    "-A PREROUTING -d 10.9.9.9/32 -p tcp -j DNAT --to-destination 127.0.0.1",
    "-A OUTPUT -d 10.9.9.9/32 -p tcp -j DNAT --to-destination 10.1.2.3",
    "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128",
    "-A POSTROUTING -m mark --mark 0x7 -j MASQUERADE",
    "-A OUTPUT -m conntrack --ctstate DNAT -j CONNMARK --save-mark",
)


def quick(text: str) -> Dump | None:
    return quickly("x", (text,), lambda one: dump_of([one], None, None), fewest=0)[0]


def told(ruleset: Ruleset) -> tuple[object, ...]:
    """All that is asked of every rule of a set before packets are."""
    engine = Engine(PureManager(), (ruleset,))
    loopback = [speaking_of_loopback(engine.libraries, hook) for hook in HOOKS]
    scopes = [Scope(sides=(ruleset, ruleset), hook=hook)._loose for hook in HOOKS]
    return (
        engine._asks,
        engine._statuses,
        engine.universe._interfaces,
        states_of(engine),
        loopback,
        scopes,
        [*untold_in(ruleset)],
    )


def same(text: str) -> bool:
    """Whether some rules were told by their kinds; that is held to reading each."""
    found = quick(text)
    if found is None:
        return False
    plain = dump_of([OneText("x", (text,))], None, None)
    (one,), (other,) = found.rulesets, plain.rulesets
    assert told(one) == told(other)
    (library,) = Engine(PureManager(), (one,)).libraries
    return any(late_chains(library, table) for table in one.tables)


def spiced(text: str, lines: list[str], random: Random) -> str:
    """The text with more rules in places of their table where any may stand."""
    known = [line for line in lines if f":{line.split()[1]} " in text]
    own = text.splitlines()
    for line in known:
        places = [at for at, each in enumerate(own) if each.startswith(f"{line[:4]}")]
        if places:
            own.insert(random.choice(places), line)
    return "\n".join([*own, ""])


def test_large_sets_are_told_by_their_kinds() -> None:
    assert same(kube_proxy_rules(examples(700, at_length=2_000)))


@every_row("line", ODD)
def test_an_odd_rule_among_many(line: str) -> None:
    same(filter_rules(examples(200, at_length=600)).replace("-A net-1 ", f"{line}\n-A net-1 ", 1))


@settings(max_examples=examples(8, at_length=100), deadline=None)
@given(
    lines=st.lists(st.sampled_from((*ODD, *NAT)), max_size=4),
    kube=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_rules_told_by_kinds_are_told_as_rule_by_rule(
    lines: list[str], kube: bool, random: Random
) -> None:
    text = (
        kube_proxy_rules(examples(300, at_length=700))
        if kube
        else filter_rules(examples(200, at_length=400))
    )
    table = "*nat" if kube else "*filter"
    begins = text.index(table)
    ends = text.index("COMMIT", begins)
    same(text[:begins] + spiced(text[begins:ends], lines, random) + text[ends:])
