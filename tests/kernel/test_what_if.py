"""`diff --with` and `diff --commands` beside the real iptables; `commands_run.py` asks more."""

from __future__ import annotations

import os
from random import Random

import pytest
from commands_run import EACH, found

pytestmark = pytest.mark.kernel
BACKENDS = ("nft", "legacy")
COMMANDS = int(os.environ.get("IPTSIM_KERNEL_COMMANDS", "10"))
PAIRS = int(os.environ.get("IPTSIM_KERNEL_COMMAND_PAIRS", "1"))
SEED = os.environ.get("IPTSIM_KERNEL_SEED", "1")


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("backend", BACKENDS)
def test_commands_do_what_we_say(real_legacy: None, backend: str, family: int) -> None:
    assert found(Random("commands"), backend, family, pairs=False) == []  # noqa: S311  # the same each time


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("backend", BACKENDS)
def test_our_commands_lead_from_one_dump_to_the_other(
    real_legacy: None, backend: str, family: int
) -> None:
    assert found(Random("pairs"), backend, family, pairs=True) == []  # noqa: S311  # the same each time


@pytest.mark.parametrize("pairs", [False, True])
def test_more_where_more_are_asked_for(real_legacy: None, pairs: bool) -> None:
    for number in range(PAIRS if pairs else COMMANDS // EACH):
        random = Random(f"{SEED}/{pairs}/{number}")  # noqa: S311  # the same cases each time
        backend, family = random.choice(BACKENDS), random.choice((4, 6))
        assert found(random, backend, family, pairs=pairs) == [], number
