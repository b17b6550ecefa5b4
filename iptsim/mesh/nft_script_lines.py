"""Rules as Istio's program hands them to nft, and the script that they come to.

Sources: tools/istio-nftables/pkg/capture/run.go, addIstioTableRules; cni/pkg/nftables/nftables.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from iptsim.dataclass import dataclass

NAT, MANGLE, RAW = "istio-proxy-nat", "istio-proxy-mangle", "istio-proxy-raw"
INBOUND, OUTPUT, DNS = "istio-inbound", "istio-output", "istio-output-dns"
REDIRECT, IN_REDIRECT = "istio-redirect", "istio-in-redirect"
DIVERT, TPROXY, DROP = "istio-divert", "istio-tproxy", "istio-drop"
AMBIENT_NAT, AMBIENT_MANGLE, AMBIENT_RAW = (
    f"istio-ambient-{name}" for name in ("nat", "mangle", "raw")
)
COME = "istio-prerouting"
_CHAINS = {
    NAT: (("prerouting", "nat", -100), ("output", "nat", -100), INBOUND, REDIRECT, IN_REDIRECT,
          OUTPUT, DNS),
    MANGLE: (("prerouting", "filter", -150), ("output", "route", -150), DIVERT, TPROXY, INBOUND,
             DROP),
    RAW: (("prerouting", "filter", -300), ("output", "filter", -300), INBOUND, DNS),
    AMBIENT_NAT: (("prerouting", "nat", -100), ("output", "nat", -100), COME, OUTPUT),
    AMBIENT_MANGLE: (("prerouting", "filter", -150), ("output", "route", -150), COME, OUTPUT),
    AMBIENT_RAW: (("prerouting", "filter", -300), ("output", "filter", -300), COME, OUTPUT),
}  # fmt: skip
"""Each table's chains in the order in which they are made; those of a hook with type and place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NftLine:
    """A rule: added to its chain, or inserted before the rule of that number, from 0."""

    table: str
    chain: str
    rule: str
    at: int | None = None


NftLines = Iterator[NftLine]


def add(table: str, chain: str, *words: str) -> NftLine:
    """A rule at the end of its chain."""
    return NftLine(table=table, chain=chain, rule=" ".join(words))


def insert(table: str, chain: str, at: int, *words: str) -> NftLine:
    """A rule before another, or at the end where there is no such."""
    return NftLine(table=table, chain=chain, rule=" ".join(words), at=at)


def script(
    lines: Iterable[NftLine],
    *,
    counters: bool = True,
    late_inserts: bool = True,
    with_led_to: bool = False,
) -> str:
    """The script for `nft -f`; tables and chains without rules are not made.

    `counters`: rules count. `late_inserts`: an insertion behind the last rule is made an addition;
    else only that into an empty chain. `with_led_to`: chains that a jump leads to are made.
    """
    every = list(lines)
    told = (text for table in _CHAINS for text in _table(table, every, late_inserts, with_led_to))
    return "".join(f"{text if counters else _uncounted(text)}\n" for text in told)


def _uncounted(text: str) -> str:
    return text.replace(" counter", "", 1)


def _table(
    table: str, every: Iterable[NftLine], late_inserts: bool, with_led_to: bool
) -> Iterator[str]:
    lines = [line for line in every if line.table == table]
    if not lines:
        return
    yield f"add table inet {table}"
    yield f"flush table inet {table}"
    filled = {line.chain for line in lines}
    if with_led_to:
        filled |= {line.rule.removeprefix("jump ") for line in lines}
    for chain in _CHAINS[table]:
        name, hook = chain if isinstance(chain, str) else chain[0], ""
        if not isinstance(chain, str):
            hook = f" {{ type {chain[1]} hook {name} priority {chain[2]} ; }}"
        if name in filled:
            yield f"add chain inet {table} {name}{hook}"
    yield from _rules(lines, late_inserts)


def _rules(lines: Iterable[NftLine], late_inserts: bool) -> Iterator[str]:
    count: Counter[str] = Counter()
    for line in lines:
        where = f"rule inet {line.table} {line.chain}"
        last = count[line.chain]
        known = line.at is not None and last > (line.at if late_inserts else 0)
        yield f"insert {where} index {line.at} {line.rule}" if known else f"add {where} {line.rule}"
        count[line.chain] += 1
