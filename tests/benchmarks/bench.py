"""Every row of the table of speeds beside its peer, in one run.

python tests/benchmarks/bench.py [--quick] [--tum BEFORE AFTER] [--only WORD]

Times are CPU times of whole processes, so that work beside them tells less; other work still slows
caches and memory down, so look at the ratios. A row whose peer is not here is skipped with a word:
`jc`, `iptables-restore`, the kernel (root, `unshare`), the build of the commit that the first
figures are of, and two dumps that are not in the repository. `--quick` leaves out rows of minutes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nft_run
import packets_run
from listings import kube_proxy_listing, plain_listing
from rule_sets import filter_rules, kube_proxy_rules
from whole_runs import ROOT, TODAY, Command, Used, beside, build_of, ours, run

SMALL = ROOT / "fixtures" / "istio" / "both-directions" / "after.txt"
PACKET = ("--src", "10.0.0.9", "--sport", "40000", "--dst", "10.96.0.7", "-p", "tcp")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured: ours and the peer's as told, the ratio, and the bounds on it."""

    work: str
    ours: str
    peer: str
    ratio: float | None
    must: float
    aim: float
    memory: tuple[float, float] | None = None
    """MB that were used, and that may be."""

    @property
    def met(self) -> str:
        """Which bound it meets."""
        if self.ratio is None:
            return self.peer
        if self.memory is not None and self.memory[0] > self.memory[1]:
            return f"no: more than {self.memory[1]:.0f} MB"
        return "aim" if self.ratio <= self.aim else "yes" if self.ratio <= self.must else "NO"

    def told(self) -> str:
        """The row of the table."""
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        bounds = f"≤ {self.must:g} | ≤ {self.aim:g}"
        return f"| {self.work} | {self.ours} | {self.peer} | {ratio} | {bounds} | {self.met} |"


Measure = Callable[[], Iterator[Row]]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where texts are written, where the earlier build is, and what was asked for."""

    folder: Path
    today: Path | None
    tum: list[Path]
    quick: bool

    def text(self, name: str, text: str) -> Path:
        """A file of that text."""
        path = self.folder / name
        path.write_text(text)
        return path

    def rows(self) -> dict[str, Measure]:
        """What can be measured, by a word for it."""
        return {
            "small": self.small,
            "listing": self.listing,
            "save": self.save,
            "packets": self.packets,
            "diff": self.diff,
            "policy": self.policy,
            "tum": self.office,
            "plain": self.plain,
            # Last: it grows this process, whose size a new one starts with (getrusage(2)).
            "native": self.native,
        }

    def small(self) -> Iterator[Row]:
        """A trace on a small dump beside jc."""
        yield self._by_jc("trace on a 30-line dump", SMALL, 5, (2.0, 1.3), "--dport", "8088")

    def listing(self) -> Iterator[Row]:
        """A trace through a long listing beside jc."""
        for rules, must, aim in ((10_000, 0.35, 0.22), (100_000, 0.25, 0.15)):
            if rules == 10_000 or not self.quick:
                path = self.text("listing.txt", kube_proxy_listing(rules))
                words = ("-t", "nat", *PACKET, "--dport", "22")
                work = f"trace through a {rules:,}-rule `-L -n -v` listing"
                yield self._by_jc(work, path, 2, (must, aim), *words)

    def _by_jc(
        self, work: str, path: Path, rounds: int, bounds: tuple[float, float], *words: str
    ) -> Row:
        jc = Path(sys.executable).with_name("jc")
        if not jc.exists():
            return _skipped(work, "no jc here", bounds)
        peer = Command(words=(str(jc), "--iptables"), reads=path)
        mine, its = beside(ours("trace", *words, str(path)), peer, rounds)
        return _row(work, mine, its, bounds)

    def save(self) -> Iterator[Row]:
        """A trace through a long save beside `iptables-restore --test`, and its memory."""
        path = self.text("rules.save", kube_proxy_rules(100_000))
        work, bounds = "trace through 100,000 rules of iptables-save", (2.5, 1.5)
        if shutil.which("iptables-restore") is None or not packets_run.is_root():
            yield _skipped(work, "no iptables-restore, or not root", bounds)
            return
        apart = ("unshare", "-n", "iptables-restore", "--test")
        mine, its = beside(
            ours("trace", *PACKET, "--dport", "443", str(path)),
            Command(words=apart, reads=path), 3,
        )  # fmt: skip
        yield _row(work, mine, its, bounds)
        told = f"{mine.memory:.0f} MB"
        yield Row(
            work="memory of that, MB", ours=told, peer="–", ratio=mine.memory, must=150, aim=100
        )

    def packets(self) -> Iterator[Row]:
        """Many packets beside the kernel, most the first to their service; and many more."""
        for rules, count, must, aim in (
            (10_000, 5_000, 12, 2.5),
            (100_000, 5_000, 1, 0.3),
            (100_000, 30_000, 1, 0.3),
        ):
            if self.quick and count > 5_000:
                continue
            work = f"{count:,} packets through {rules:,} kube-proxy rules, a packet"
            mine, kernel = packets_run.measured(rules, count)
            told = f"{mine * 1e6:.0f} µs"
            if kernel is None:
                yield _skipped(work, "not root, or no iptables", (must, aim))
            else:
                its = f"kernel {kernel * 1e6:.0f} µs"
                yield Row(work=work, ours=told, peer=its, ratio=mine / kernel, must=must, aim=aim)

    def diff(self) -> Iterator[Row]:
        """Ten rules of kube-proxy changed, beside the earlier build."""
        before = self.text("before.save", kube_proxy_rules(100_000))
        after = self.text("after.save", kube_proxy_rules(100_000, 10))
        work = "exact diff of 100,000 kube-proxy rules, ten changed"
        yield self._by_today(work, ("diff", str(before), str(after)), (0.4, 0.25), 400)

    def native(self) -> Iterator[Row]:
        """kube-proxy's nftables: lookups, reading beside nft, a diff beside its twin."""
        many, few = (nft_run.traces(services) for services in (10_000, 100))
        work = "trace through 10,000 services of nftables, beside 100"
        yield _times(work, many, few, (1.5, 1.2))
        many, few = (nft_run.first_trace(services) for services in (10_000, 100))
        yield _times(f"the first {work}", many, few, (1.5, 1.2))
        path = self.text("services.nft", nft_run.kube_proxy_table(10_000))
        work, bounds = "reading these 10,000, beside nft -c -f", (0.5, 0.1)
        if shutil.which("nft") is None or not packets_run.is_root():
            yield _skipped(work, "no nft, or not root", bounds)
        elif not self.quick:
            yield _times(work, nft_run.reads(path), nft_run.checks(path), bounds)
        services = 100 if self.quick else 10_000
        work = f"exact diff of {services:,} services of nftables, ten changed, beside iptables"
        mine = nft_run.diffs(*(nft_run.kube_proxy_table(services, n) for n in (0, 10)))
        twin = nft_run.diffs(*(kube_proxy_rules(services * 6, n) for n in (0, 10)))
        yield _times(work, mine, twin, (1.0, 0.5))

    def policy(self) -> Iterator[Row]:
        """All packets are touched, beside the earlier build."""
        text = filter_rules(5_000)
        before = self.text("policy.save", text)
        after = self.text("policy2.save", text.replace(":FORWARD DROP", ":FORWARD ACCEPT"))
        work, query = "diff: the policy of 5,000 filter rules", ("query", "--fate", "DROP")
        yield self._by_today(work, ("diff", str(before), str(after)), (0.15, 0.05), 250)
        yield self._by_today("query --fate DROP on these", (*query, str(before)), (0.15, 0.05), 250)

    def office(self) -> Iterator[Row]:
        """Two dumps of an office's firewall, beside the earlier build."""
        work, bounds = (
            "exact diff of a real office firewall, 2,800 against 4,140 rules",
            (0.2, 0.05),
        )
        if not self.tum:
            yield _skipped(work, "no dumps given (--tum)", bounds)
        else:
            yield self._by_today(work, ("diff", *map(str, self.tum)), bounds)

    def plain(self) -> Iterator[Row]:
        """Plain listings, beside the earlier build at 300 rows."""
        peer = self.text("plain-300.txt", plain_listing(300))
        for rows in (100, 300, 1_000):
            path = self.text(f"plain-{rows}.txt", plain_listing(rows))
            work = f"trace -p tcp on a plain listing of {rows:,} rows"
            words = ("trace", "-p", "tcp", str(path))
            yield self._by_today(work, words, (0.2, 0.1), peer=("trace", "-p", "tcp", str(peer)))

    def _by_today(
        self, work: str, words: tuple[str, ...], bounds: tuple[float, float],
        most: float | None = None, peer: tuple[str, ...] = (),
    ) -> Row:  # fmt: skip
        if self.today is None:
            return _skipped(work, f"no commit {TODAY} here", bounds)
        if self.quick:
            return _skipped(work, "--quick", bounds)
        then = Command(
            words=(sys.executable, "-m", "iptsim", *(peer or words)),
            where={"PYTHONPATH": str(self.today), "PYTHONSAFEPATH": "1"},
        )
        mine, its = run(ours(*words)), run(then)
        return _row(work, mine, its, bounds, most)


def _row(
    work: str, mine: Used, its: Used, bounds: tuple[float, float], most: float | None = None
) -> Row:
    memory = None if most is None else (mine.memory, most)
    return Row(
        work=work, ours=_told(mine), peer=_told(its), ratio=mine.seconds / its.seconds,
        must=bounds[0], aim=bounds[1], memory=memory,
    )  # fmt: skip


def _times(work: str, mine: float, its: float, bounds: tuple[float, float]) -> Row:
    """CPU seconds of work in this process."""
    told = [f"{each * 1000:.0f} ms" for each in (mine, its)]
    return Row(
        work=work, ours=told[0], peer=told[1], ratio=mine / its, must=bounds[0], aim=bounds[1]
    )


def _skipped(work: str, why: str, bounds: tuple[float, float]) -> Row:
    return Row(
        work=work, ours="–", peer=f"skipped: {why}", ratio=None, must=bounds[0], aim=bounds[1]
    )


def _told(used: Used) -> str:
    ended = ", ended" if used.ended else ""
    return f"{used.seconds:.2f} s, {used.memory:.0f} MB{ended}"


def main() -> None:
    """Print the table, each row as soon as it is measured."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="leave out rows that take minutes")
    asked.add_argument("--tum", nargs=2, type=Path, default=[], metavar=("BEFORE", "AFTER"))
    asked.add_argument("--only", action="append", help="rows by a word: " + ROWS)
    given = asked.parse_args()
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder, build_of(TODAY) as today:
        bench = Bench(folder=Path(folder), today=today, tum=given.tum, quick=given.quick)
        for name, measure in bench.rows().items():
            if not given.only or name in given.only:
                for row in measure():
                    print(row.told(), flush=True)


HEAD = "| work | ours | peer | ratio | must be | aim | met |" + "\n|" + " --- |" * 7
ROWS = "small, listing, save, packets, diff, policy, tum, plain"

if __name__ == "__main__":
    main()
