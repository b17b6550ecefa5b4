"""Rules as Istio's programs hand them to iptables, and the table text that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.dataclass import dataclass

NAT, MANGLE, RAW, FILTER = "nat", "mangle", "raw", "filter"
_BUILT_IN = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A rule: appended to its chain, or inserted `at` a place that counts from 1.

    `traced` is the name that Istio logs it by where rules are traced.
    """

    table: str
    chain: str
    rule: str
    at: int | None = None
    traced: str = ""


Lines = Iterator[Line]


def append(table: str, chain: str, rule: str, *, traced: str = "") -> Line:
    """A rule at the end of its chain."""
    return Line(table=table, chain=chain, rule=rule, traced=traced)


def insert(table: str, chain: str, at: int, rule: str, *, traced: str = "") -> Line:
    """A rule at that place of its chain."""
    return Line(table=table, chain=chain, rule=rule, at=at, traced=traced)


def with_traces(lines: Iterable[Line]) -> Lines:
    """Each rule with a name, and before it one that logs its packets by that name."""
    for line in lines:
        if not line.traced:
            yield line
            continue
        pair = (_trace_of(line), line)
        # What is inserted later at one place stands before.
        yield from pair if line.at is None else reversed(pair)


def _trace_of(line: Line) -> Line:
    matches, _, _ = line.rule.rpartition("-j ")
    log = f'-j NFLOG --nflog-prefix "{line.traced}" --nflog-group 1337 --nflog-size 20'
    return Line(table=line.table, chain=line.chain, rule=matches + log, at=line.at)


def save_text(lines: Iterable[Line]) -> str:
    """The tables as a save file that iptables-restore takes; nothing without rules."""
    tables: dict[str, dict[str, list[str]]] = {}
    for line in lines:
        chains = tables.setdefault(line.table, {})
        rules = chains.setdefault(line.chain, [])
        rules.insert(len(rules) if line.at is None else line.at - 1, line.rule)
        target = line.rule.rpartition("-j ")[2]
        if target.startswith("ISTIO_"):
            chains.setdefault(target, [])
    return "".join(f"{text}\n" for name, chains in tables.items() for text in _table(name, chains))


def _table(name: str, chains: dict[str, list[str]]) -> Iterator[str]:
    yield f"*{name}"
    for chain in chains:
        yield f":{chain} {'ACCEPT' if chain in _BUILT_IN else '-'} [0:0]"
    for chain, rules in chains.items():
        yield from (f"-A {chain} {rule}" for rule in rules)
    yield "COMMIT"


def of_owners(uids: Sequence[str], gids: Sequence[str]) -> Iterator[str]:
    """The owner match of each user and each group."""
    yield from (f"--uid-owner {uid}" for uid in uids)
    yield from (f"--gid-owner {gid}" for gid in gids)
