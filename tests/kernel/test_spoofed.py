"""A packet that lint tells for spoofed is let in by the real kernel, by the rule that is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.kernel.verifying import Verifier
from iptsim.lint import Kind, lint
from iptsim.netfilter.reading.typed_sources import read_sources
from iptsim.questions import Question

pytestmark = pytest.mark.kernel

HEAD = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
GUARDED = "-A INPUT -i lan0 -s 10.20.0.0/16 -j ACCEPT\n"
RULES = (
    "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n",
    "-A INPUT -i lan+ -p udp -m udp --sport 53 -j ACCEPT\n",
    "-A INPUT -i lan0 ! -s 10.20.0.0/17 -m conntrack --ctstate NEW -j ACCEPT\n",
    "-A INPUT -i wan0 -j DROP\n-A INPUT -p icmp -m icmp --icmp-type 8/0 -j ACCEPT\n",
)


@pytest.mark.parametrize("rules", RULES)
def test_the_kernel_lets_the_example_in(real_kernel: None, rules: str) -> None:
    dump = read_text(f"{HEAD}{GUARDED}{rules}COMMIT\n", family=4)
    host = replace(NOBODY, sources=read_sources(["lan0=10.20.0.0/16"]))
    (passage,) = lint(dump, host=host).passages
    found = passage.finding
    assert found is not None
    assert found.kind is Kind.SPOOFED
    assert found.example is not None
    # Where the made-up host has its address is not lint's to know.
    packet = found.example.with_(dst=None, ctstate=None)
    with Verifier(dump, NOBODY) as verifier:
        verified = verifier.verify(Question(packet=packet, family=4))
    comparison = verified.comparison
    assert comparison.agrees
    assert comparison.outcome.verdict == "ACCEPT"
    assert comparison.outcome.decided_by is not None
    assert comparison.outcome.decided_by.rule == found.at.rule
