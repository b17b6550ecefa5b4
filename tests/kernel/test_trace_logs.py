"""What the kernel's tools print of traced packets, lined up with ours: they go our way.

xtables-monitor 1.8.9 ends at some rules of IPv6 (findings/xtables-monitor-ends.sh), so it is asked
for IPv4 alone. The kernel's log no namespace can read: that is written from the events.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from kernel_cases import Bench, random_case
from kernel_log_lines import is_traced, log_line
from samples import examples
from shrinking import Sent

from iptsim.dialects import read_text
from iptsim.kernel import Judge
from iptsim.kernel.events.netlink import Event
from iptsim.kernel.host.namespaces import program
from iptsim.kernel.logs.log_beside import LogComparison, Unjudged, beside
from iptsim.kernel.logs.logged_packets import logged_packets
from iptsim.render.shared.log_words import difference_words

CASES = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(4, at_length=60)))
SEEDS = os.environ.get("IPTSIM_KERNEL_SEED", "1 4013 4016").split()
"""Not fresh ones as elsewhere. xtables-monitor prints no protocol, so of a packet without ports
(5011: monitor-4, case 3) the way that is most like the log's may still be another than its own. The
second and third have UDP's ports without a protocol, and TCP's without flags.
"""
PACKETS_EACH = 6
TOOLS = {"nft": ("nft", "monitor", "trace"), "monitor": ("xtables-monitor", "--trace")}

pytestmark = pytest.mark.kernel
seeds = pytest.mark.parametrize("seed", SEEDS)


@contextmanager
def printing(judge: Judge, tool: str, file: Path) -> Iterator[None]:
    """The tool in the host's namespace, its output in the file."""
    words = [program(TOOLS[tool][0]), *TOOLS[tool][1:]]
    with file.open("wb") as out:
        started = judge.trio.host.do(
            lambda: subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL)
        )
        time.sleep(0.3)
        try:
            yield
            time.sleep(0.3)
        finally:
            started.terminate()
            started.wait(10)


def goes_our_way(bench: Bench, lines: Sequence[str], case: str) -> int:
    """Every packet of a log; how many there were."""
    saved = bench.judge.save(family=bench.family)
    dump = read_text(saved, file="save", family=bench.family)
    found = beside(dump, bench.host, {}, logged_packets(lines), file="log")
    for each in found.packets:
        if isinstance(each, Unjudged) and each.error.code == "IPT0085":
            continue
        assert isinstance(each, LogComparison), each
        problem = "" if each.agrees else difference_words(each, "en")
        first, last = each.logged.lines
        log = "\n".join(lines[max(0, first - 2) : last])
        assert not problem, f"{case}, line {first}: {problem}\n{saved}\n{log}"
    return len(found.packets)


@seeds
@pytest.mark.parametrize(("tool", "family"), [("nft", 4), ("nft", 6), ("monitor", 4)])
def test_what_a_tool_prints_goes_our_way(
    real_kernel: None, tool: str, family: int, seed: str, tmp_path: Path
) -> None:
    told = 0
    with Judge() as judge:
        bench = Bench(judge, family)
        for number in range(CASES):
            case, file = f"{seed}/{number}", tmp_path / f"{number}.log"
            text, sent = random_case(case, family, PACKETS_EACH)
            if bench.load(text) is None:
                continue
            with printing(judge, tool, file):
                judge.send(sent)
            told += goes_our_way(bench, file.read_text().splitlines(), case)
    assert told > CASES


@seeds
@pytest.mark.parametrize("family", [4, 6])
def test_what_legacy_tables_log_goes_our_way(
    real_legacy: None, family: int, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = 0
    with Judge(backend="legacy") as judge:
        bench = Bench(judge, family)
        for number in range(CASES):
            case = f"{seed}/{number}"
            text, drawn = random_case(case, family, PACKETS_EACH)
            sent = [each for each in drawn if not each[0].ext_headers]
            if bench.load(text) is not None:
                told += goes_our_way(bench, logged(judge, sent, monkeypatch), case)
    assert told > CASES


def logged(judge: Judge, sent: Sequence[Sent], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the kernel logs of packets, as its log would have it."""
    events: list[Event] = []
    listen = judge._netfilter.trace_events

    def heard(quiet: float) -> Iterator[Event]:
        for event in listen(quiet):
            events.append(event)
            yield event

    list(listen(0.05))  # answers to earlier packets
    with monkeypatch.context() as patched:
        patched.setattr(judge._netfilter, "trace_events", heard)
        judge.send(sent)
    names = dict(judge.trio.host.do(socket.if_nameindex))
    traced = (event.fields for event in events if event.logged and is_traced(event.fields))
    return [log_line(fields, names) for fields in traced]
