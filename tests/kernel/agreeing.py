"""Rules asked by packets: the tracer's steps beside the kernel's.

A rule of such a test has no target that ends its way, so the packet goes on, and the steps tell all
the rules that it met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kernel_comparing import disagreement

from iptsim.dialects import read_text
from iptsim.kernel import Judge
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Tracer

ELSEWHERE = {4: 0x0A090909, 6: 0x20010DB8 << 96 | 7}
"""An address of another host, by family."""
Sent = tuple[Packet, str]
Fields = Mapping[str, int | str | bytes]


def agree(judge: Judge, family: int, text: str, sent: Iterable[Sent]) -> None:
    """The tracer takes the kernel's steps for every packet."""
    judge.clear()
    judge.load(text, family=family)
    saved = judge.save(family=family)
    ruleset = read_text(saved, file="save").family(family)
    assert ruleset is not None
    tracer = Tracer.of(ruleset)
    host = read_host(judge.addresses(), judge.routes(family=family))
    for journey in judge.send(sent):
        trace = tracer.trace(journey.packet, hook=journey.hook, host=host)
        problem = disagreement(trace, journey)
        assert problem is None, f"{saved}\n{problem}"


def rules(table: str, chain: str, parts: Sequence[str]) -> str:
    """Restore input of one chain; a table's other chains are empty."""
    chains = [f":{name} ACCEPT [0:0]" for name in BUILTIN_CHAINS[table]]
    return "\n".join(
        (f"*{table}", *chains, *(f"-A {chain} {part}" for part in parts), "COMMIT", "")
    )


def arriving(family: int, *fields: Fields) -> list[Sent]:
    """Packets from the client."""
    return [(packet(family, given), "PREROUTING") for given in fields]


def packet(family: int, given: Fields) -> Packet:
    """A packet of these fields."""
    return Packet(family=family).with_(**given)
