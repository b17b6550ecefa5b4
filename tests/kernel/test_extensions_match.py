"""Every match of the example tables in the kernel, with packets that meet it and that do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest
from aimed_packets import aimed, asks_a_sender
from example_words import loadable
from extension_cases import Case, cases, parse
from kernel_cases import Bench, one_table
from legal import NOT_HERE, Spot, fits
from shrinking import Sent

from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.kernel import Judge, JudgeError
from iptsim.model import BUILTIN_CHAINS, Ruleset

PROTOCOLS = {
    **dict.fromkeys(("multiport", "tcpmss", "osf", "ecn"), "tcp"), "icmp6": "ipv6-icmp",
    "mh": "mobility-header",
    **{name: name for name in ("tcp", "udp", "sctp", "dccp", "icmp", "ah", "esp", "ipcomp")},
}  # fmt: skip
TABLES = ("mangle", "raw", "filter")
NAMED: dict[str, list[Case]] = defaultdict(list)
for _case in cases("matches"):
    if _case.save.split()[1] not in NOT_HERE:
        NAMED[_case.save.split()[1]].append(_case)

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def benches(real_kernel: None) -> Iterator[dict[int, Bench]]:
    with Judge() as four, Judge() as six:
        yield {4: Bench(four, 4, delivers=False), 6: Bench(six, 6, delivers=False)}


def spot_for(case: Case, *, sent: bool) -> Spot | None:
    """Where a rule with the match may stand: at the hook where the packet begins, if it may."""
    match = parse(case.save, case.family)
    options = [option.name for option in match.options]
    begins = "OUTPUT" if sent else "PREROUTING"
    places = [(table, hook) for table in TABLES for hook in BUILTIN_CHAINS[table]]
    for table, hook in sorted(places, key=lambda place: place[1] != begins):
        spot = Spot(table, frozenset({hook}), PROTOCOLS.get(match.name, ""), case.family)
        if fits(match.name, options, spot) and loadable(match, spot):
            return spot
    return None


@pytest.mark.parametrize("name", sorted(NAMED))
def test_packets_on_both_sides_of_a_match(benches: dict[int, Bench], name: str) -> None:
    wrong: list[str] = []
    for case in NAMED[name]:
        wrong += check(benches[case.family], case)
    assert not wrong, "\n\n".join(wrong)


def check(bench: Bench, case: Case) -> Iterator[str]:
    """What differs; nothing for an example that names what is not on this host."""
    found = ((sent, spot_for(case, sent=sent)) for sent in (False, True))
    spots = {sent: spot for sent, spot in found if spot is not None}
    for table in {spot.table: None for spot in spots.values()}:
        here = {sent: spot for sent, spot in spots.items() if spot.table == table}
        lines = {_rule(spot, case): None for spot in here.values()}
        rules = bench.load(one_table(table, *lines))
        assert rules is not None, f"{case.place} is refused at {here}"
        asked = [one for sent, spot in here.items() for one in packets(bench, rules, spot, sent)]
        for _, problem in bench.disagreements([rules], possible(bench, asked)):
            yield f"{case.place}: {case.save}\n{problem}"


def _rule(spot: Spot, case: Case) -> str:
    (hook,) = spot.hooks
    proto = f"-p {spot.proto} " if spot.proto else ""
    return f"-A {hook} {proto}{case.save}"


def packets(bench: Bench, rules: Ruleset, spot: Spot, sent: bool) -> list[Sent]:
    ((table, chain, _, rule),) = (each for each in rules.rules() if each[1].name in spot.hooks)
    where = Context(family=rules.family, table=table.name, chain=chain.name, host=bench.host)
    asked = condition(rule, where)
    if asks_a_sender(asked) and not sent:
        return []
    hook = "OUTPUT" if sent else "PREROUTING"
    return [(packet, hook) for packet in aimed(asked, rules.family, hook, bench.host)]


def possible(bench: Bench, sent: Sequence[Sent]) -> list[Sent]:
    """Those that the judge can make: headers have no room for everything."""
    found = []
    for packet, hook in sent:
        try:
            bench.judge.complete(packet, hook)
        except JudgeError:
            continue
        found.append((packet, hook))
    return found
