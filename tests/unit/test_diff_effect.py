"""Effects: the packets whose fate changed, each witness seen on the tracer."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_files, read_text
from iptsim.diff import Effect, Way, diff
from iptsim.host import Host
from iptsim.model import BUILTIN_CHAINS, Dump
from iptsim.sysctls import Sysctls
from iptsim.tracer import Outcome, Tracer

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BOTH = FIXTURES / "istio/both-directions"
FORMS = ["txt", "v.txt", "save.txt", "S.txt"]
CASES = sorted(path.parent.relative_to(FIXTURES) for path in FIXTURES.glob("*/*/before.save.txt"))


LOCALNET = Host(sysctls=Sysctls(values={"net/ipv4/conf/all/route_localnet": 1}))


def read(path: Path) -> Dump:
    return read_files([str(path)])


def cubes(effect: Effect) -> list[dict[str, tuple[str, ...]]]:
    return [
        {f"!{c.field}" if c.negate else c.field: c.values for c in cube.conditions}
        for cube in effect.where
    ]


@every_row("later", FORMS)
@every_row("earlier", FORMS)
def test_the_story_has_one_effect_in_every_form(earlier: str, later: str) -> None:
    found = diff(read(BOTH / f"before.{earlier}"), read(BOTH / f"after.{later}"))
    assert [(c.kind.value, c.chain, c.rule) for c in found.changes] == [
        ("rule-added", "PREROUTING", 1),
        ("chain-added", "ISTIO_INBOUND", None),
        ("rule-added", "ISTIO_INBOUND", 1),
        ("references-changed", "ISTIO_IN_REDIRECT", None),
    ]
    (effect,) = found.effects
    assert effect.hook == "PREROUTING"
    assert cubes(effect) == [{"proto": ("tcp",), "dport": ("8088",), "ctstate": ("NEW",)}]
    assert (effect.before.rewrites, effect.after.rewrites) == ((), (("dport", 15001),))
    assert [(s.chain, s.rule) for s in effect.after.decided_by] == [("ISTIO_INBOUND", 1)]
    assert found.exact
    assert not found.same_effect


def test_swapped_it_is_the_reverse() -> None:
    found = diff(read(BOTH / "after.txt"), read(BOTH / "before.txt"))
    kinds = [change.kind.value for change in found.changes]
    assert kinds == ["rule-removed", "chain-removed", "rule-removed", "references-changed"]
    (effect,) = found.effects
    assert (effect.before.rewrites, effect.after.rewrites) == ((("dport", 15001),), ())


def test_the_same_dump_has_no_difference() -> None:
    found = diff(read(BOTH / "after.txt"), read(BOTH / "after.txt"))
    assert (found.changes, found.effects) == ((), ())
    assert found.same_text
    assert found.same_effect


def test_another_form_of_the_same_rules_has_the_same_effect() -> None:
    found = diff(read(BOTH / "after.txt"), read(BOTH / "after.save.txt"))
    assert found.changes == ()
    assert found.same_effect
    assert not found.same_text


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sides", [("before", "after"), ("after", "before")])
def test_every_example_fares_as_told(case: Path, sides: tuple[str, str]) -> None:
    dumps = [read(FIXTURES / case / f"{side}.save.txt") for side in sides]
    tracers = [{rules.family: Tracer.of(rules) for rules in dump.rulesets} for dump in dumps]
    found = diff(*dumps)
    assert found.effects
    for effect in found.effects:
        for tracer, way in zip(tracers, (effect.before, effect.after), strict=True):
            # A packet cannot tell what the kernel will choose; only its fate in outline is seen.
            outline = bool(effect.where[0].facts)
            told = outcomes(tracer[effect.family], effect)
            assert any(fares(one, way, outline=outline) for one in told)


def outcomes(tracer: Tracer, effect: Effect) -> tuple[Outcome, ...]:
    """Every outcome of the example, which tells no facts and not every field."""
    localnet = any(fact.code == "IPT0449" and so for fact, so in effect.where[0].facts)
    host = LOCALNET if localnet else None
    return tracer.trace(effect.example, hook=effect.hook, host=host).outcomes


def fares(outcome: Outcome, way: Way, *, outline: bool) -> bool:
    """A way may tell less than the trace of one packet: «an address of the interface»."""
    if (outcome.verdict, outcome.destination) != (way.verdict, way.destination):
        return False
    if outline:
        return True
    last = {r.field: r.after for r in outcome.rewrites} if outcome.destination else {}
    told = dict(way.rewrites)
    vague = {field for field, value in told.items() if " " in str(value)}
    return told.keys() == last.keys() and all(told[f] == last[f] for f in told.keys() - vague)


def filter_of(*rules: str, policy: str = "DROP") -> Dump:
    heads = [f":INPUT {policy} [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]"]
    return read_text("\n".join(["*filter", *heads, *rules, "COMMIT", ""]))


def accept(port: int) -> str:
    return f"-A INPUT -p tcp -m tcp --dport {port} -j ACCEPT"


def test_a_rule_that_decides_nothing_new_has_no_effect() -> None:
    found = diff(filter_of(accept(22)), filter_of(accept(22), accept(22)))
    assert [change.kind.value for change in found.changes] == ["rule-added"]
    assert found.same_effect
    assert found.exact


def test_moving_rules_that_do_not_meet_has_no_effect() -> None:
    found = diff(filter_of(accept(22), accept(80)), filter_of(accept(80), accept(22)))
    assert [change.kind.value for change in found.changes] == ["rule-moved"]
    assert found.same_effect


def test_moving_a_rule_before_its_contrary_has_one() -> None:
    drop = "-A INPUT -s 10.0.0.0/8 -j DROP"
    found = diff(filter_of(accept(22), drop), filter_of(drop, accept(22)))
    arriving = [effect for effect in found.effects if effect.hook == "PREROUTING"]
    assert [cubes(effect) for effect in arriving] == [
        [{"proto": ("tcp",), "src": ("10.0.0.0/8",), "dport": ("22",)}]
    ]


def test_a_policy_of_a_large_set_is_told_exactly() -> None:
    rules = [accept(port) for port in range(1, 2000, 2)]
    found = diff(filter_of(*rules), filter_of(*rules, policy="ACCEPT"))
    (effect,) = [effect for effect in found.effects if effect.hook == "PREROUTING"]
    assert (effect.before.verdict, effect.after.verdict) == ("DROP", "ACCEPT")
    assert found.exact


def test_one_rule_in_a_large_set_is_told_exactly() -> None:
    rules = [accept(port) for port in range(1, 2000, 2)]
    found = diff(filter_of(*rules), filter_of(accept(80), *rules))
    assert found.exact
    arriving = [effect for effect in found.effects if effect.hook == "PREROUTING"]
    assert [[c["dport"] for c in cubes(effect)] for effect in arriving] == [[("80",)]]


def test_a_loop_is_no_sameness() -> None:
    loop = [":A - [0:0]", ":B - [0:0]", "-A INPUT -j A", "-A A -j B", "-A B -j A"]
    found = diff(filter_of(accept(22)), filter_of(*loop))
    assert [note.code for note in found.notes] == ["IPT0229"]
    assert found.effects == ()
    assert not found.same_effect


def test_a_rewrite_to_what_was_there_is_none() -> None:
    heads = "*nat\n" + "".join(f":{name} ACCEPT [0:0]\n" for name in BUILTIN_CHAINS["nat"])
    redirect = "-A PREROUTING -p tcp -m tcp --dport 80:90 -j REDIRECT --to-ports 85"
    found = diff(read_text(f"{heads}COMMIT\n"), read_text(f"{heads}{redirect}\nCOMMIT\n"))
    here, elsewhere = (cubes(effect)[0] for effect in found.effects)
    assert (here["dport"], here["!dport"]) == (("80-90",), ("85",))
    # What was for another host is delivered here now, although nothing of it is rewritten.
    assert (elsewhere["dport"], elsewhere["dst_type"]) == (("85",), ("UNICAST",))


def test_a_rule_that_only_moves_down_rewrites_as_before() -> None:
    mark = "-A PREROUTING -j MARK --set-xmark 0x1/0xff"
    heads = "*mangle\n" + "".join(f":{name} ACCEPT [0:0]\n" for name in BUILTIN_CHAINS["mangle"])
    before = read_text(f"{heads}{mark}\nCOMMIT\n")
    after = read_text(f"{heads}-A PREROUTING -p tcp\n{mark}\nCOMMIT\n")
    found = diff(before, after)
    assert [change.kind.value for change in found.changes] == ["rule-added"]
    assert found.effects == ()


FORWARDING = "*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n:GATE -\n"


def gate(*rules: str, file: str) -> Dump:
    lines = ("-A FORWARD -j GATE", "-A FORWARD -p udp -j ACCEPT", *rules)
    return read_text(f"{FORWARDING}{chr(10).join(lines)}\nCOMMIT\n", file=file)


def named(effect: Effect) -> set[tuple[str, int | None]]:
    return {(step.chain, step.rule) for step in effect.after.decided_by}


@pytest.mark.parametrize("many", [2, 12, 90])
def test_every_rule_that_decides_for_some_packets_is_named(many: int) -> None:
    drops = [f"-A GATE -p udp --dport {1000 + 7 * n} -j DROP" for n in range(many)]
    (effect,) = diff(gate(file="a"), gate(*drops, file="b")).effects
    assert named(effect) == {("GATE", number) for number in range(1, many + 1)}


def test_a_wider_rule_is_named_beside_the_narrow_one_behind_it() -> None:
    before = gate("-A GATE ! -s 198.51.100.0/24 -p udp -j DROP", file="a")
    narrow = ("-A GATE ! -s 198.51.100.0/30 -p udp -j DROP", "-A GATE -s 198.51.100.2 -j DROP")
    (effect,) = diff(before, gate(*narrow, file="b")).effects
    assert named(effect) == {("GATE", 1), ("GATE", 2)}


def test_of_rules_that_let_packets_pass_each_is_named() -> None:
    passing = [f"-A GATE -s 203.0.113.{n} -p tcp -j ACCEPT" for n in (1, 5, 9)]
    (effect,) = diff(gate(file="a"), gate(*passing, file="b")).effects
    assert named(effect) == {("GATE", 1), ("GATE", 2), ("GATE", 3)}


def test_rules_that_did_not_change_are_named_where_they_decide() -> None:
    ends = ("-A GATE -p udp --dport 53 -j DROP", "-A GATE -p udp --sport 53 -j REJECT")
    first = "-A GATE -p udp -j ACCEPT"
    found = diff(gate(first, *ends, file="a"), gate(*ends, file="b"))
    assert {(effect.after.verdict, frozenset(named(effect))) for effect in found.effects} == {
        ("DROP", frozenset({("GATE", 1)})),
        ("REJECT", frozenset({("GATE", 2)})),
    }
