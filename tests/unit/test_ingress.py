"""The mark of a packet that arrives, where the kernel cannot give it one."""

from __future__ import annotations

from typing import cast

import pytest

from iptsim.explain.catalogue import sentence
from iptsim.kernel.host.ingress_mark import arriving_mark
from iptsim.kernel.host.namespaces import JudgeError, Namespace, ProgramError
from iptsim.kernel.verifying import PACKETS_FAULTS
from iptsim.packet import Packet


class WithoutIngress:
    """A namespace whose nft knows no ingress hook."""

    def __init__(self) -> None:
        self.asked = 0

    def run(self, *words: str, stdin: str = "") -> str:
        self.asked += 1
        raise ProgramError(words[0], f"no ingress hook for {len(stdin)} letters")


def test_a_kernel_that_marks_nothing_cannot_judge() -> None:
    host = WithoutIngress()
    packet = Packet(in_="eth0", mark=2)
    with (
        pytest.raises(JudgeError) as told,
        arriving_mark(packet, "PREROUTING", cast("Namespace", host)),
    ):
        pytest.fail("nothing is sent then")
    assert (told.value.code, host.asked) == ("IPT0630", 1)
    assert told.value.code in PACKETS_FAULTS
    assert "ingress" in sentence("IPT0630", "zh", **told.value.facts)


@pytest.mark.parametrize(("mark", "hook"), [(None, "PREROUTING"), (0, "PREROUTING"), (2, "OUTPUT")])
def test_what_needs_no_mark_asks_for_none(mark: int | None, hook: str) -> None:
    host = WithoutIngress()
    with arriving_mark(Packet(in_="eth0", mark=mark), hook, cast("Namespace", host)):
        pass
    assert host.asked == 0
