"""What lint says that iptables refuses, the real iptables refuses; and it takes the twins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from refusal_cases import REFUSALS, Refusal, family_of, text_of

from iptsim.kernel import Judge, JudgeError

pytestmark = pytest.mark.kernel
BACKENDS = ("nft", "legacy")


@pytest.fixture(scope="module", params=BACKENDS)
def program(request: pytest.FixtureRequest, real_legacy: None) -> Iterator[Judge]:
    with Judge(backend=request.param) as judge:
        yield judge


def _loads(judge: Judge, case: str) -> bool:
    try:
        judge.load(text_of(case), family=family_of(case))
    except JudgeError:
        return False
    return True


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.refused)
def test_iptables_refuses_what_we_say_and_takes_the_twin(program: Judge, case: Refusal) -> None:
    assert _loads(program, case.refused) == (program.backend not in case.by)
    assert _loads(program, case.accepted)
