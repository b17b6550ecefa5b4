"""The first trace through a large table of nftables: nothing is put in order for it."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.model import Ruleset
from iptsim.nftables.nft_ruleset import NftTable
from iptsim.packet import Packet
from iptsim.tracer import trace


def services(count: int) -> Ruleset:
    """A table with a map of so many services, each with a chain."""
    held = ", ".join(f"10.1.{n >> 8}.{n & 255} : goto s{n}" for n in range(count))
    chains = "\n".join(f"\tchain s{n} {{\n\t\tdrop\n\t}}" for n in range(count))
    text = f"""table ip shop {{
\tmap ways {{
\t\ttype ipv4_addr : verdict
\t\telements = {{ {held} }}
\t}}
\tchain into {{
\t\ttype filter hook input priority filter; policy accept;
\t\tip daddr vmap @ways
\t}}
{chains}
}}
"""
    return read_text(text, file="listing").rulesets[0]


@pytest.mark.parametrize(("count", "ready"), [(1200, True), (20, False)])
def test_many_chains_and_elements_are_put_in_order_as_they_are_read(
    count: int, ready: bool
) -> None:
    ruleset = services(count)
    (table,) = [table for table in ruleset.tables if table.nft_table is not None]
    home = table.nft_table
    assert isinstance(home, NftTable)
    assert ("by_name" in vars(table)) is ready
    assert ("chain_of" in vars(home)) is ready
    assert ("ways" in home.indexes) is ready
    found = trace(ruleset, Packet(proto=6, dst=0x0A010000 + count - 1, dport=80))
    assert [outcome.verdict for outcome in found.outcomes] == ["DROP"]
    assert found.outcomes[0].steps[-1].chain == f"s{count - 1}"
