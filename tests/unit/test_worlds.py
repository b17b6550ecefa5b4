"""What makes two worlds one: no more than what decides how they go on."""

from __future__ import annotations

from dataclasses import fields, replace

from every_row import every_row

from iptsim.actions import Side, Template
from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.model import Note, Ruleset
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.packet import FIELDS, Packet
from iptsim.predicate import Fact
from iptsim.tracer import Tracer
from iptsim.tracer.rules.hidden_facts import join_hidden
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address
from iptsim.worlds.domains import NumberSet, domain_of
from iptsim.worlds.regions import Region
from iptsim.worlds.terms import Known
from iptsim.worlds.world import DECIDING, TELLING, World

HEAD = "target prot opt source destination"
HIDDEN = Fact(key="filter INPUT «-j RETURN»", code="IPT0402", detail="filter INPUT 1")


def test_every_field_of_a_world_decides_or_is_only_told() -> None:
    # A new one must be placed: what is in neither list is forgotten when worlds become one.
    placed = ("regions", *DECIDING, *TELLING)
    assert sorted(placed) == sorted(field.name for field in fields(World))


def world(**changed: object) -> World:
    return replace(World(fields={"mark": Known(value=0)}), **changed)  # type: ignore[arg-type]  # by name


OTHERWISE = {
    "fields": {"mark": Known(value=1)},
    "gone": {"set guests": "set guests changed by SET"},
    "settled": frozenset({Side.SOURCE}),
    "to_host": True,
    "taken": "mangle",
    "sent": True,
    "refused": True,
    "decided_tracking": True,
    "template": Template(zone=7),
    "zones": {"ORIGINAL": Known(value=7)},
    "strayed": True,
    "bound": True,
    "wrote": Known(value=7),
    "aim": Known(value=7),
}


@every_row("name", DECIDING)
def test_worlds_that_differ_in_what_decides_stay_apart(name: str) -> None:
    plain, other = world(), world(**{name: OTHERWISE[name]})
    hidden = replace(other, regions=(Region(facts={HIDDEN.key: (HIDDEN, True)}),))
    assert plain.state != other.state
    assert join_hidden([plain, hidden]) == [plain, hidden]


def test_worlds_that_are_one_tell_what_all_of_them_took_as_given() -> None:
    given, noted = Note(code="IPT0315"), Note(code="IPT0303")
    hidden = Region(facts={HIDDEN.key: (HIDDEN, True)})
    listed = Region(facts={HIDDEN.key: (HIDDEN, False)})
    (one,) = join_hidden(
        [world(regions=(listed,)), world(regions=(hidden,), assumed=(given,), notes=(noted,))]
    )
    assert one.assumed == (given,)
    assert one.notes == (noted,)
    assert one.regions == (Region(),)


def rules(text: str) -> Ruleset:
    return read_text(text, table="filter").rulesets[0]


def test_a_set_that_one_of_two_ways_changed_keeps_them_apart() -> None:
    # If the first rule of `learn` is for another interface, the source is learnt, and rejected.
    ruleset = rules(
        f"Chain FORWARD (policy ACCEPT)\n{HEAD}\n"
        "learn all -- 0.0.0.0/0 0.0.0.0/0\n"
        "REJECT all -- 0.0.0.0/0 0.0.0.0/0 match-set seen src\n"
        "ACCEPT all -- 0.0.0.0/0 0.0.0.0/0\n\n"
        f"Chain learn (1 references)\n{HEAD}\n"
        "RETURN all -- 0.0.0.0/0 0.0.0.0/0\n"
        "SET all -- 0.0.0.0/0 0.0.0.0/0 add-set seen src\n"
    )
    host = replace(NOBODY, sets=read_sets("create seen hash:ip family inet\nadd seen 10.9.9.9\n"))
    packet = Packet(src=parse_address("10.1.1.1")[0], dst=parse_address("10.2.2.2")[0])
    packet = packet.with_(in_="eth0", out="eth1")
    found = trace_grouped(Tracer.of(ruleset), packet, host=host)
    assert {outcome.verdict for outcome in found.outcomes} == {"ACCEPT", "REJECT"}


def test_a_zone_that_one_of_two_ways_gave_decides_about_the_answer() -> None:
    ruleset = read_text(
        f"# iptables -t raw -nL\nChain PREROUTING (policy ACCEPT)\n{HEAD}\n"
        "CT all -- 0.0.0.0/0 0.0.0.0/0 CT zone 3\n"
        "LOG all -- 0.0.0.0/0 0.0.0.0/0 LOG flags 0 level 4\n\n"
        f"# iptables -nL\nChain INPUT (policy ACCEPT)\n{HEAD}\n\n"
        f"Chain OUTPUT (policy DROP)\n{HEAD}\n"
        "ACCEPT all -- 0.0.0.0/0 0.0.0.0/0 ctstate RELATED,ESTABLISHED\n"
        "LOG all -- 0.0.0.0/0 0.0.0.0/0 LOG flags 0 level 4\n"
    ).rulesets[0]
    packet = Packet(proto=17, src=parse_address("10.1.1.1")[0], sport=4000, dport=53)
    found = Tracer.of(ruleset).trace(packet, follow=("reply",))
    replies = [trace for outcome in found.outcomes for _kind, trace in outcome.follows if trace]
    assert {o.verdict for trace in replies for o in trace.outcomes} == {"ACCEPT", "DROP"}


@every_row("family", [4, 6])
def test_what_a_field_can_be_is_made_once(family: int) -> None:
    """Every trace asks it of every field."""
    assert all(domain_of(name, family) is domain_of(name, family) for name in FIELDS)
    assert domain_of("src", family) == NumberSet.full(32 if family == 4 else 128)
