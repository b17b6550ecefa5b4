"""A listing's trace has every fate that it could have with a rule limited to an interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.model import Ruleset
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address

HOST = replace(NOBODY, sets=read_sets("create seen hash:ip family inet\nadd seen 10.9.9.9\n"))
PACKET = Packet(proto=6, src=parse_address("10.1.1.1")[0], sport=4000, dport=80, in_="eth0")
# As a listing and as iptables-save have them.
CONDITIONS = (
    ("all", "", ""), ("all", "", ""), ("tcp", "tcp dpt:80", "-p tcp -m tcp --dport 80"),
    ("all", "match-set seen src", "-m set --match-set seen src"),
    ("all", "mark match 0x1/0x1", "-m mark --mark 0x1/0x1"), ("udp", "", "-p udp"),
)  # fmt: skip
TARGETS = (
    ("ACCEPT", "", "-j ACCEPT"), ("DROP", "", "-j DROP"), ("RETURN", "", "-j RETURN"),
    ("RETURN", "", "-j RETURN"), ("side", "", "-j side"), ("side", "", "-j side"),
    ("SET", "add-set seen src", "-j SET --add-set seen src"),
    ("LOG", "LOG flags 0 level 4", "-j LOG"),
)  # fmt: skip
Row = tuple[str, str, str, str, str]


def rows(random: Random, chain: str) -> Iterator[Row]:
    targets = [one for one in TARGETS if one[0] != "side" or chain == "INPUT"]
    for _ in range(random.randint(1, 4)):
        proto, words, options = random.choice(CONDITIONS)
        target, more, ending = random.choice(targets)
        yield target, proto, f"{words} {more}".strip(), options, ending


def listed(chains: dict[str, list[Row]], policy: str) -> Ruleset:
    text = ""
    for chain, found in chains.items():
        head = f"policy {policy}" if chain == "INPUT" else "1 references"
        text += f"Chain {chain} ({head})\ntarget prot opt source destination\n"
        for target, proto, words, _options, _ending in found:
            text += f"{target} {proto} -- 0.0.0.0/0 0.0.0.0/0 {words}".rstrip() + "\n"
        text += "\n"
    return read_text(text, table="filter").rulesets[0]


def saved(chains: dict[str, list[Row]], policy: str, limited: tuple[str, int]) -> Ruleset:
    """The same rules with one that asks for an interface by which the packet does not come."""
    lines = ["*filter", f":INPUT {policy} [0:0]", ":side - [0:0]"]
    for chain, found in chains.items():
        for number, (_target, _proto, _words, options, ending) in enumerate(found):
            elsewhere = "-i wlan7" if (chain, number) == limited else ""
            lines.append(" ".join(f"-A {chain} {elsewhere} {options} {ending}".split()))
    return read_text("\n".join([*lines, "COMMIT", ""])).rulesets[0]


def verdicts(ruleset: Ruleset) -> set[str]:
    found = trace_grouped(Tracer.of(ruleset), PACKET, host=HOST)
    return {outcome.verdict for outcome in found.outcomes}


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_each_fate_with_a_rule_limited_is_among_those_of_the_listing(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    chains = {chain: list(rows(random, chain)) for chain in ("INPUT", "side")}
    policy = random.choice(("ACCEPT", "DROP"))
    told = verdicts(listed(chains, policy))
    for chain, found in chains.items():
        # The last rule of a chain is read as it is listed (docs/explanation/architecture.md).
        for number in range(len(found) - 1):
            assert verdicts(saved(chains, policy, (chain, number))) <= told, (chain, number)
