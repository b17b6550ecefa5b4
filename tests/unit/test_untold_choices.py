"""What rules that no text has translate to is one choice in a table's hook, not one for each."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.symbolic.sets.diagrams import growing
from iptsim.symbolic.walk.engine import Engine, Fates

HOOK = "PREROUTING"


def grepped(chains: int) -> str:
    """As of `iptables-save -t nat | grep '^-A'`: rules of chains that nothing declares."""
    jumps = [f"-A {HOOK} -p tcp --dport {80 + n} -j WEB{n}" for n in range(chains)]
    own = [f"-A WEB{n} -p tcp -j DNAT --to-destination 192.0.2.{n + 1}" for n in range(chains)]
    after = ["-A POSTROUTING -d 192.0.2.0/24 -j MASQUERADE"]
    return "\n".join([*jumps, *own, *after]) + "\n"


def fates(chains: int) -> Fates:
    rules = read_text(grepped(chains)).rulesets[0]
    return growing(lambda manager: Engine(manager, (rules,)).fates(0, Packet(), HOOK))


def chosen(found: Fates) -> set[str]:
    """The destinations that rules which are not there chose."""
    return {name for name in found.setting.domains if name.startswith("dst as ")}


@pytest.mark.parametrize("chains", [1, 3, 6])
def test_every_chain_shown_in_part_chooses_the_same_variable(chains: int) -> None:
    assert chosen(fates(chains)) == {f"dst as nat {HOOK}, not told, chose"}
