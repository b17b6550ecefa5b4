"""Traces that hang on headers: what is presumed of them, what is open, what targets change."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.explain.catalogue import LANGUAGES, sentences
from iptsim.model import BUILTIN_CHAINS, Ruleset
from iptsim.packet import EXT_HEADERS, Packet
from iptsim.tracer import Outcome, Trace, trace

HOP, FRAG = EXT_HEADERS["hop"], EXT_HEADERS["frag"]
AH = 51


def rules(*parts: str, table: str = "filter", chain: str = "INPUT", family: int = 6) -> Ruleset:
    """A rule set of one table, with rules in one of its chains."""
    lines = [f"-A {chain} {part}" for part in parts]
    chains = (f":{name} ACCEPT [0:0]" for name in BUILTIN_CHAINS[table])
    text = "\n".join((f"*{table}", *chains, *lines, "COMMIT", ""))
    found = read_text(text, file="rules", family=family).family(family)
    assert found is not None
    return found


def codes(found: Trace) -> set[str]:
    return {note.code for note in found.assumed}


def met(outcome: Outcome) -> list[int | None]:
    """The rules that the packet met."""
    return [step.rule for step in outcome.steps if step.rule is not None]


def asked(ruleset: Ruleset, packet: Packet) -> tuple[Trace, list[int | None]]:
    """A trace with one outcome, and the rules that it met."""
    found = trace(ruleset, packet, hook="INPUT")
    (outcome,) = found.outcomes
    return found, met(outcome)


def test_without_extension_headers_unless_told() -> None:
    ruleset = rules("-m hbh", "-m dst", "-m ipv6header --header prot")
    found, numbers = asked(ruleset, Packet(family=6, proto=6))
    assert (numbers, "IPT0350" in codes(found)) == ([3], True)
    found, numbers = asked(ruleset, Packet(family=6, proto=6, ext_headers=HOP))
    assert (numbers, "IPT0350" in codes(found)) == ([1], False)


def test_what_no_rule_asks_for_is_not_told_as_presumed() -> None:
    found, _ = asked(rules("-p tcp"), Packet(family=6, proto=6))
    assert not codes(found) & {"IPT0350", "IPT0351", "IPT0352"}


def test_a_fragment_header_is_one_that_nobody_takes_off() -> None:
    found, numbers = asked(
        rules("-m frag --fragfirst"), Packet(family=6, proto=6, ext_headers=FRAG)
    )
    assert numbers == [1]
    assert {"IPT0351", "IPT0316"} <= codes(found)


def test_what_follows_an_authentication_header_is_presumed() -> None:
    ruleset = rules("-m ipv6header --header auth,prot", "-m ipv6header --header esp --soft")
    found, numbers = asked(ruleset, Packet(family=6, proto=AH))
    assert (numbers, "IPT0352" in codes(found)) == ([1], True)
    found, numbers = asked(ruleset, Packet(family=6, proto=AH, ah_next="esp"))
    assert (numbers, "IPT0352" in codes(found)) == ([2], False)


@pytest.mark.parametrize("name", ["ipv6-route", "ipv6-frag", "ipv6-opts"])
def test_no_ipv6_packet_has_a_skipped_header_for_its_protocol(name: str) -> None:
    (outcome,) = trace(rules(f"-p {name}", f"! -p {name}"), Packet(family=6)).outcomes
    assert met(outcome) == [2]
    assert len(trace(rules(f"-p {name}", family=4), Packet()).outcomes) == 2


def test_options_of_a_header_are_open_only_where_it_is() -> None:
    ruleset = rules("-m hbh --hbh-opts 5:2")
    _, numbers = asked(ruleset, Packet(family=6, proto=6))
    assert numbers == []
    open_ = trace(ruleset, Packet(family=6, proto=6, ext_headers=HOP), hook="INPUT").outcomes
    assert sorted(map(met, open_)) == [[], [1]]
    assert {fact.code for o in open_ for cube in o.when for fact, _ in cube.facts} == {"IPT0425"}


def test_a_segment_size_tells_its_option_and_no_other() -> None:
    ruleset = rules("-p tcp -m tcpmss --mss 1460", "-p tcp -m tcp --tcp-option 8", family=4)
    open_ = trace(ruleset, Packet(proto=6, tcp_mss=1460), hook="INPUT").outcomes
    assert sorted(map(met, open_)) == [[1], [1, 2]]


@pytest.mark.parametrize(
    ("target", "size"), [("--set-mss 1400", 1400), ("--set-mss 1500", 1460), ("--set-mss 536", 536)]
)
def test_tcpmss_lowers_what_is_told(target: str, size: int) -> None:
    told = f"-p tcp -m tcpmss --mss {size}"
    ruleset = rules(f"-p tcp --syn -j TCPMSS {target}", told, table="mangle", family=4)
    _, numbers = asked(ruleset, Packet(proto=6, tcp_flags=2, tcp_mss=1460))
    assert numbers == [1, 2]


def test_tcpmss_does_not_part_packets_of_which_nothing_is_told() -> None:
    clamp = "-p tcp -j TCPMSS --clamp-mss-to-pmtu"
    (outcome,) = trace(rules(clamp, table="mangle", family=4), Packet(proto=6)).outcomes
    assert met(outcome) == [1]
    assert outcome.when == ()


def test_a_segment_without_the_option_gets_it_where_it_carries_no_data() -> None:
    parts = ("-p tcp -j TCPMSS --set-mss 1400", "-p tcp -m tcpmss --mss 536",
             "-m length --length 44")  # fmt: skip
    ruleset = rules(*parts, table="mangle", family=4)
    packet = Packet(proto=6, tcp_flags=2, tcp_options=0, length=40, payload=b"")
    assert asked(ruleset, packet)[1] == [1, 2, 3]
    data = packet.with_(length=44, payload=b"data")
    assert asked(ruleset, data)[1] == [1, 3]


def test_the_source_tells_the_card_it_is_made_of() -> None:
    ruleset = rules("-m eui64")
    made = Packet(family=6, src=(0xFE80 << 112) | 0x0042ACFFFE110002, mac_src=0x0242AC110002)
    assert asked(ruleset, made)[1] == [1]
    assert asked(ruleset, made.with_(mac_src=0x0042AC110002))[1] == []
    assert len(trace(ruleset, made.with_(mac_src=None), hook="INPUT").outcomes) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_presumption_has_its_words(lang: str) -> None:
    assert {f"IPT035{n}" for n in range(4)} <= sentences(lang).keys()
