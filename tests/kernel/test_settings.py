"""Settings of the kernel and rules of `ip rule`, drawn at random: routed as the kernel does."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from random import Random

import pytest
from kernel_hosts import furnish
from random_settings import RandomSettings
from test_routing import back, by_type, problems

from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.host import read_host
from iptsim.netfilter.ip_rules import read_rules
from iptsim.sysctls import Sysctls

pytestmark = pytest.mark.kernel

HOSTS = int(os.environ.get("IPTSIM_KERNEL_CASES", "100")) // 20
SEED = os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time())))
PACKETS_EACH = 25


def told(judge: Judge, found: RandomSettings) -> tuple[Host, ...]:
    """The host by what `ip -j` prints and by what people read, with its settings."""
    run, family = judge.trio.host.run, f"-{found.family}"
    addresses = judge.addresses()
    hosts = (
        (read_host(addresses, run("ip", *j, family, "route", "show", "table", "all")), rules)
        for j, rules in (
            (("-j",), run("ip", "-j", family, "rule")),
            ((), run("ip", family, "rule")),
        )
    )
    sysctls = Sysctls(values=found.sysctls)
    return tuple(replace(host, rules=read_rules(rules), sysctls=sysctls) for host, rules in hosts)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("seed", ["1", SEED], ids=["fixed", "fresh"])
def test_random_settings_and_rules(real_kernel: None, family: int, seed: str) -> None:
    for number in range(HOSTS):
        random = Random(f"{seed}/{family}/{number}")  # noqa: S311  # it must come out the same again
        found = RandomSettings(random, family)
        with Judge() as judge:
            furnish(judge, found.place.commands + found.more, family, strict=False)
            for path, value in found.sysctls.items():
                judge.trio.host.sysctls({path: str(value)})
            hosts = told(judge, found)
            for tables in (by_type(family), back(family), found.rewriting()):
                sent = found.packets(PACKETS_EACH)
                wrong = list(problems(judge, found.place, tables, sent, hosts))
                again = f"again with IPTSIM_KERNEL_SEED={seed}, host {number}"
                more = found.place.commands, found.more, str(found.sysctls)
                assert not wrong, "\n\n".join((again, *more, f"{len(wrong)} differ", *wrong[:3]))
