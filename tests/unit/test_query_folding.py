"""Sets of packets of one rule are told once in a text, each with --all."""

from __future__ import annotations

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.render.outputs.query_text import query_text
from iptsim.render.shared.terminal import Style

MASQUERADED = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 192.0.2.9/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.9
-A POSTROUTING -s 10.0.0.0/8 -d 10.0.0.9/32 -p tcp -m tcp --dport 80 -j MASQUERADE
COMMIT
"""


def test_one_rule_is_told_once_and_how_many_more_sets_it_has() -> None:
    asked = Packet(in_="eth0", dst=0xC0000209)
    found = query(read_text(MASQUERADED), asked, "DNAT")
    sure = sum(answer.certain for answer in found.answers)
    brief, whole = (query_text(found, Style(), every=every) for every in (False, True))
    assert sure > 1
    opening = 1  # the first line names it, too
    assert brief.count("nat PREROUTING 1") == opening + 1
    assert f"{sure - 1} more set" in brief
    assert "by the same rule (--all shows" in brief
    assert whole.count("nat PREROUTING 1") == opening + sure
    assert "by the same rule" not in whole
