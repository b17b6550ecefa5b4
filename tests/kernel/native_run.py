"""Many random cases of nftables' rules: `python native_run.py N --seed S [--family 4] [--mixed]`.

Ends with 1 where the tracer and the kernel disagreed.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from native_rules import NativeMaker
from random_packets import packets
from test_native_rules import beneath, load, problem, rules_of

from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.kernel import Judge, JudgeError
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.tracer import Tracer

SENT = 10
_MOST_FOUND = 40
_GIVEN_UP = 1.0


def main() -> int:
    """Runs a share of the cases in every family that was asked for."""
    asked = _arguments()
    families = [asked.family] if asked.family else [4, 6]
    found = sum(_run(family, asked) for family in families)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="random nftables rules beside the real kernel")
    parser.add_argument("cases", type=int, help="how many packets under a rule set")
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--family", type=int, choices=(4, 6))
    parser.add_argument("--backend", choices=("nft", "legacy"), default="nft")
    parser.add_argument("--mixed", action="store_true", help="among rules of iptables")
    parser.add_argument("--each", type=int, default=SENT, help="packets under each rule set")
    parser.add_argument("--only", help="one case alone: its number")
    return parser.parse_args()


def _run(family: int, asked: argparse.Namespace) -> int:
    begun, cases, found, number, sets = time.monotonic(), 0, 0, 0, 0
    each = asked.cases // (1 if asked.family else 2)
    with Judge(backend=asked.backend) as judge:
        judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
        host = read_host(judge.addresses(), judge.routes(family=family))
        while cases < each and found < _MOST_FOUND:
            case = asked.only or f"{asked.seed}/{number}/{asked.mixed}"
            number += 1
            wrong, sent = one_case(judge, host, case, family, asked)
            if wrong and not asked.only:
                wrong = _again(judge, host, case, family, asked)
            cases, found, sets = cases + sent, found + bool(wrong), sets + bool(sent)
            if wrong:
                _say(f"DISAGREEMENT {found}: {asked.backend}, IPv{family}, case {case}\n{wrong}\n")
            if asked.only:
                break
    kind = f"mixed with {asked.backend}" if asked.mixed else "native"
    took = time.monotonic() - begun
    _say(
        f"{kind} IPv{family}, seed {asked.seed}: {cases} cases under {sets} rule sets in"
        f" {took:.0f} s; {found} disagreements"
    )
    return found


def _again(
    judge: Judge, host: Host, case: str, family: int, asked: argparse.Namespace
) -> str | None:
    """The same case once more: what it did not say again it said of the rules before.

    Whatever has connections tracked is given up later than the rules (nf_tables_api.c,
    nf_tables_trans_destroy_work), on a busy machine after the next packet.
    """
    time.sleep(_GIVEN_UP)
    wrong, _sent = one_case(judge, host, case, family, asked)
    if not wrong:
        _say(f"ONCE: IPv{family}, case {case}")
    return wrong


def one_case(
    judge: Judge, host: Host, case: str, family: int, asked: argparse.Namespace
) -> tuple[str | None, int]:
    """What is said otherwise of the first such packet of a case, and how many were sent."""
    random = Random(case)  # noqa: S311  # a case, no secret
    judge.clear()
    if judge.backend == "legacy":
        judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
    saved = beneath(judge, random, family) if asked.mixed else ""
    text = NativeMaker(random=random, family=family).text(mixed=asked.mixed)
    if not load(judge, text):
        return None, 0
    try:
        tracer = Tracer.of(rules_of(judge, saved, family))
    except JudgeError:
        return None, 0  # nft 1.0.6 dies of some rules of iptables
    except IptsimError as error:
        return f"{judge.list_native()}\n{error}", 0
    try:
        journeys = judge.send(packets(random, family, asked.each))
    except JudgeError:
        return None, 0  # more steps than the kernel can tell
    for told in journeys:
        journey = told
        wrong = problem(tracer, journey, host)
        if wrong:
            # What earlier packets taught a set is not in the text: asked with none before it.
            alone = _alone(judge, saved, text, family)
            (journey,) = judge.send([(journey.packet, journey.hook)])
            wrong = problem(alone, journey, host)
        if wrong and journey.verdict == "LOST":
            alone = _alone(judge, saved, text, family)
            (journey,) = judge.send([(journey.packet, journey.hook)], quiet=1.0)
            wrong = problem(alone, journey, host)
        if wrong:
            return f"{saved}\nTEXT\n{text}\nLISTED\n{judge.list_native()}\n{wrong}", len(journeys)
    return None, len(journeys)


def _alone(judge: Judge, saved: str, text: str, family: int) -> Tracer:
    """The rules loaded anew, as before the first packet."""
    judge.clear()
    if judge.backend == "legacy":
        judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
    if saved:
        judge.load(saved, family=family)
    load(judge, text)
    return Tracer.of(rules_of(judge, saved, family))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
