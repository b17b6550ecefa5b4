"""Which interfaces rules ask for: of rules that nobody read, their kinds tell whether any."""

from __future__ import annotations

import pytest

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.quickly import quickly
from iptsim.late_rules import LateRules
from iptsim.model import Dump, Ruleset
from iptsim.symbolic.walk.engine import interfaces_of
from iptsim.tracer.rules.ready import Library

HOOKS = ("INPUT", "FORWARD", "OUTPUT")


def save(*rules: str) -> str:
    own = [f"-A FORWARD -d 10.0.{n}.1/32 -p tcp -m tcp --dport {1 + n} -j web" for n in range(200)]
    heads = [*(f":{hook} ACCEPT [0:0]" for hook in HOOKS), ":web - [0:0]"]
    return "\n".join(["*filter", *heads, *own, "-A web -j ACCEPT", *rules, "COMMIT", ""])


def told(one: OneText) -> Dump:
    return dump_of([one], None, None)


def late(text: str) -> Ruleset:
    dump, _again = quickly("x", (text,), told, fewest=0)
    assert dump is not None
    return dump.rulesets[0]


@pytest.mark.parametrize(
    "rule",
    [
        "-A web -i eth0 -j DROP",
        "-A web -o wan+ -j DROP",
        "-A web -m physdev --physdev-in vnet3 -j DROP",
        "-A INPUT -m addrtype --dst-type LOCAL --limit-iface-in -j DROP",
        "-A web -m mark --mark 0x1 -j DROP",
    ],
)
def test_they_are_those_of_rules_read_plainly(rule: str) -> None:
    text = save(rule)
    plain = told(OneText("x", (text,))).rulesets[0]
    assert interfaces_of(Library(ruleset=late(text))) == interfaces_of(Library(ruleset=plain))


def test_nobody_reads_the_rules_where_no_kind_asks() -> None:
    rules = late(save())
    assert interfaces_of(Library(ruleset=rules)) == set()
    chains = [chain.rules for table in rules.tables for chain in table.chains]
    assert not any(own.is_read for own in chains if isinstance(own, LateRules))
