"""Random rules and packets: the tracer takes every step that the real kernel takes."""

from __future__ import annotations

import os
import time
from random import Random

import pytest
from kernel_comparing import disagreement
from random_rules import Maker, packets

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.host import read_host
from iptsim.tracer import Tracer

CASES = int(os.environ.get("IPTSIM_KERNEL_CASES", "150"))
SEED = int(os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time()))))
PACKETS_EACH = 8

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("family", [4, 6])
def test_random_packets_take_the_kernels_way(judge: Judge, family: int) -> None:
    host = read_host(judge.addresses(), judge.routes(family=family))
    for number in range(family, CASES + family, 2):
        problem = one_case(judge, host, family, number)
        assert problem is None, f"again with IPTSIM_KERNEL_SEED={SEED}, case {number}:\n{problem}"


def one_case(judge: Judge, host: Host, family: int, number: int) -> str | None:
    """What differs in the case of that number, None where nothing."""
    random = Random(f"{SEED}/{number}")  # noqa: S311  # a case must come out the same again
    text = Maker(random, family).ruleset()
    judge.clear()
    judge.load(text, family=family)
    saved = judge.save(family=family)
    ruleset = read_text(saved, file=f"case {number}").family(family)
    assert ruleset is not None
    tracer = Tracer.of(ruleset)
    for journey in judge.send(packets(random, family, PACKETS_EACH)):
        problem = disagreement(tracer.trace(journey.packet, hook=journey.hook, host=host), journey)
        if problem:
            return f"{saved}\n{problem}"
    return None


@pytest.mark.parametrize("family", [4, 6])
def test_a_listing_tells_the_same_rules_as_the_save_text(judge: Judge, family: int) -> None:
    for number in range(family, CASES // 5 + family, 2):
        random = Random(f"listing {SEED}/{number}")  # noqa: S311  # see above
        judge.clear()
        judge.load(Maker(random, family).ruleset(), family=family)
        saved = read_text(judge.save(family=family), file="save").family(family)
        assert saved is not None
        again = f"again with IPTSIM_KERNEL_SEED={SEED}, case {number}"
        for table in saved.tables:
            text = judge.listing(table.name, "-n", "-v", "-x", family=family)
            dump = read_text(text, file="listing", table=table.name, family=family)
            (listed,) = dump.rulesets[0].tables
            for chain in table.chains:
                found = listed.chain(chain.name)
                assert found is not None, again
                assert found.rules == chain.rules, f"{again}:\n{text}"
