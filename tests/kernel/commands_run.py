"""Commands beside the real iptables: `python commands_run.py COMMANDS PAIRS [SEED]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random

from random_commands import Host, wrong_command, wrong_pair
from random_rules import Maker

from iptsim.kernel.host.namespaces import Namespace, ProgramError

EACH = 10


def texts(random: Random, backend: str, family: int) -> Iterator[str]:
    """Rule sets as this iptables saves them, one after the other."""
    while True:
        with Namespace() as namespace:
            host = Host(namespace=namespace, backend=backend, family=family)
            try:
                host.load(Maker(random, family).ruleset())
            except ProgramError:
                continue
            yield host.save()


def found(random: Random, backend: str, family: int, pairs: bool) -> list[str]:
    """What was wrong with some commands, or with one pair."""
    one, other = (next(texts(random, backend, family)) for _ in range(2))
    with Namespace() as namespace:
        host = Host(namespace=namespace, backend=backend, family=family)
        host.load(one)
        if pairs:
            return list(filter(None, [wrong_pair(host, other)]))
        return list(wrong_command(host, random, EACH))


def main(commands: int, pairs: int, seed: int = 0) -> int:
    """Exit code 1 where something was wrong."""
    wrong: list[str] = []
    for number in range(commands // EACH + pairs):
        random = Random(f"{seed}/{number}")  # noqa: S311  # the same cases each time
        backend, family = random.choice(("nft", "legacy")), random.choice((4, 6))
        for each in found(random, backend, family, number >= commands // EACH):
            wrong.append(each)
            sys.stdout.write(f"=== {seed}/{number} {backend} IPv{family}\n{each}\n")
    sys.stdout.write(f"{commands} commands, {pairs} pairs: {len(wrong)} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
