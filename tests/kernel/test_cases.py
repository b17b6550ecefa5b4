"""Rule sets and packets of which the tracer once was wrong: it agrees with the kernel now."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_cases import Bench, read_case

from iptsim.kernel import Judge

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize("family", [4, 6])
def test_the_tracer_goes_the_kernels_way_by_now(
    real_kernel: None, family: int, backend: str
) -> None:
    wrong = []
    with Judge(backend=backend) as judge:
        bench = Bench(judge, family)
        for path in CASES:
            of, sent, text = read_case(path)
            if of != family:
                continue
            rules = bench.load(text)
            assert rules is not None, f"{path.name} is refused"
            wrong += [f"{path.name}: {text}" for _, text in bench.disagreements([rules], sent)]
    assert not wrong, "\n\n".join(wrong)


def test_there_are_cases_of_both_families() -> None:
    assert {read_case(path)[0] for path in CASES} == {4, 6}
