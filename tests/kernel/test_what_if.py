"""`diff --with` and `diff --commands` beside the real iptables; `commands_run.py` asks more."""

from __future__ import annotations

from random import Random

import pytest
from commands_run import found

pytestmark = pytest.mark.kernel
BACKENDS = ("nft", "legacy")


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
