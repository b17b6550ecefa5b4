"""A packet's payload on its way through the rules."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text
from iptsim.extensions.lowering import lower_match
from iptsim.extensions.spec import Context
from iptsim.model import Match, Ruleset
from iptsim.packet import Packet
from iptsim.predicate import Fact, atoms
from iptsim.questions import read_packet
from iptsim.tracer import MOST_LIBRARIES, Tracer

GET = '-m u32 --u32 "0x0>>0x16&0x3c@0xc>>0x1a&0x3c@0x0=0x47455420"'
RULES = f"""*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
-A PREROUTING -p udp -j TOS --set-tos 0x10/0x3f
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp {GET} -j DROP
-A INPUT -p udp -m u32 --u32 "0x0>>0x10&0x3f=0x10" -m string --string "forbidden" --algo bm -j DROP
COMMIT
"""


def rules() -> Ruleset:
    return read_text(RULES, file="rules").rulesets[0]


def verdicts(**given: str) -> list[str]:
    asked = read_packet({"src": "10.0.0.1", "dst": "10.0.0.2", "sport": "40000", **given}).packet
    return [outcome.verdict for outcome in Tracer.of(rules()).trace(asked).outcomes]


@every_row(
    ("given", "met"),
    [
        ({"dport": "80", "payload": "GET / HTTP/1.1"}, ["DROP"]),
        ({"dport": "80", "payload": "PUT / HTTP/1.1"}, ["ACCEPT"]),
        ({"dport": "80", "payload": "GET"}, ["ACCEPT"]),
        ({"dport": "80"}, ["ACCEPT", "DROP"]),
        ({"dport": "80", "length": "43", "tcp_options": "none"}, ["ACCEPT"]),
        ({"proto": "udp", "dport": "53", "payload": "a forbidden name"}, ["DROP"]),
        ({"proto": "udp", "dport": "53", "payload": "an allowed name"}, ["ACCEPT"]),
        ({"proto": "udp", "dport": "53"}, ["ACCEPT", "DROP"]),
    ],
    ids=str,
)
def test_a_payload_decides(given: dict[str, str], met: list[str]) -> None:
    assert verdicts(**given) == met


def test_few_payloads_are_remembered() -> None:
    tracer = Tracer.of(rules())
    for number in range(3 * MOST_LIBRARIES):
        payload = str(number).encode()
        tracer.trace(Packet(proto=6, payload=payload, length=40 + len(payload)))
    assert len(tracer._libraries) <= MOST_LIBRARIES


def test_what_a_payload_leaves_open_is_told_as_such() -> None:
    string = Match(name="string", options=read_text(RULES, file="rules").rulesets[0].tables[1]
                   .chains[0].rules[1].matches[1].options)  # fmt: skip
    before = [atom for atom in atoms(lower_match(string, Context())) if isinstance(atom, Fact)]
    found = lower_match(string, Context(payload=b"none of it", told=frozenset({"src"})))
    after = {atom.code for atom in atoms(found) if isinstance(atom, Fact)}
    assert [fact.code for fact in before] == ["IPT0445"]
    assert after == {"IPT0465"}
