"""Random commands on random rule sets, really given; and what iptables printed before and after."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from random_rules import Maker

from iptsim.cli.what_if import after
from iptsim.dialects import read_text
from iptsim.diff.commands_between import commands_between
from iptsim.errors import DumpError
from iptsim.kernel.host.namespaces import Namespace, ProgramError
from iptsim.model import Dump, Rule

_LETTERS = "AAIIIDDDRRFPNXEZ"
Held = dict[tuple[str, str], tuple[str | None, Sequence[Rule]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A namespace with one family's rules of one back end."""

    namespace: Namespace
    backend: str
    family: int

    def _tool(self, what: str) -> str:
        name = "iptables" if self.family == 4 else "ip6tables"
        return f"{name}-{self.backend}{what}"

    def load(self, text: str) -> None:
        """Restore input; `ProgramError` where it is refused."""
        self.namespace.run(self._tool("-restore"), stdin=text)

    def save(self) -> str:
        """What iptables-save prints."""
        return self.namespace.run(self._tool("-save"))

    def takes(self, command: str) -> bool:
        """Whether a command, in words of a shell, is carried out."""
        try:
            self.namespace.run(self._tool(""), *shlex.split(command)[1:])
        except ProgramError:
            return False
        return True


def a_command(random: Random, family: int, text: str) -> str:
    """A command about a table of a save: most are taken, some not."""
    blocks = [block.split("\n") for block in re.split(r"(?m)^\*", text)[1:]]
    block = random.choice(blocks)
    call = "iptables" if family == 4 else "ip6tables"
    return f"{call} -t {block[0]} {_words(random, Maker(random, family), block[0], block)}"


def _words(random: Random, maker: Maker, table: str, lines: list[str]) -> str:
    chains = [line[1:].split()[0] for line in lines if line.startswith(":")]
    letter, chain = random.choice(_LETTERS), random.choice(chains)
    own = [line for line in lines if line.startswith(f"-A {chain} ")]
    number = random.randint(1, len(own) + 2)
    rule = maker._rule(table, chain, frozenset({chain}), [c for c in chains if "user" in c])
    rule = rule.split(" ", 2)[2] if rule.count(" ") > 1 else ""
    match letter:
        case "A":
            return f"-A {chain} {rule}"
        case "I" | "R":
            return f"-{letter} {chain} {number} {rule}"
        case "D":
            given = random.choice(own).split(" ", 2)[2:] if own and random.random() < 0.5 else []
            return f"-D {chain} {given[0] if given else number}"
        case "P":
            return f"-P {chain} {random.choice(('ACCEPT', 'DROP', 'ACCEPT', 'REJECT'))}"
        case "N":
            return f"-N {random.choice(('user9', chain, 'LOG'))}"
        case "E":
            # iptables-nft renames a built-in chain, too, and then lists its rules nowhere.
            old = chain if "user" in chain else "user0"
            return f"-E {old} {random.choice(('user9', 'user8', *chains))}"
        case "X":
            # Nor is a built-in chain without rules lost, though that of nft takes it away.
            names = [name for name in chains if "user" in name]
            return f"-X {random.choice((*names, ''))}".strip()
        case _:
            return f"-{letter} {chain if random.random() < 0.8 else ''}".strip()


def held(dump: Dump, family: int) -> Held:
    """All chains with policies and rules."""
    ruleset = dump.family(family)
    tables = ruleset.tables if ruleset else ()
    return {(t.name, c.name): (c.policy, c.rules) for t in tables for c in t.chains}


def kept(found: Held | None, host: Host) -> Held | None:
    """What the host's iptables keeps of it.

    The nft build warns that `--nflog-range` never worked and leaves it out; the older one has it.
    """
    if found is None or host.backend != "nft":
        return found
    return {key: (policy, [*map(_kept, rules)]) for key, (policy, rules) in found.items()}


def _kept(rule: Rule) -> Rule:
    target = rule.target
    if target is None or target.name != "NFLOG":
        return rule
    options = tuple(option for option in target.options if option.name != "--nflog-range")
    return replace(rule, target=replace(target, options=options))


def wrong_command(host: Host, random: Random, count: int) -> Iterator[str]:
    """One text for each command that we carry out otherwise than the host does."""
    before = host.save()
    for _ in range(count):
        command = a_command(random, host.family, before)
        if "-set " in command:
            continue  # the set is not on this host, which no save tells
        taken = host.takes(command)
        now = host.save()
        told = _told(before, command, host.family)
        wanted = held(read_text(now, family=host.family), host.family) if taken else None
        if kept(told, host) != kept(wanted, host):
            yield f"{command}\ntaken: {taken}\n--- before\n{before}--- after\n{now}"
        before = now


def _told(before: str, command: str, family: int) -> Held | None:
    """What we say that is held after it; None where we say that it is refused."""
    dump = read_text(before, family=family)
    try:
        return held(after(dump, [command], "en"), family)
    except DumpError:
        return None


def wrong_pair(host: Host, other: str) -> str:
    """Our commands from the rules of the host to those of a save, where they lead elsewhere.

    A table that is nowhere counts as one without rules.
    """
    before = host.save()
    dumps = [read_text(text, family=host.family) for text in (before, other)]
    given = commands_between(*dumps)
    refused = [command for command in given if not host.takes(command)]
    after = host.save()
    told, wanted = (
        _full(held(read_text(t, family=host.family), host.family)) for t in (after, other)
    )
    if kept(told, host) == kept(wanted, host) and not refused:
        return ""
    return "\n".join(("--- before", before, "--- wanted", other, *given, "--- refused", *refused))


def _full(found: Held) -> Held:
    return {key: each for key, each in found.items() if each != ("ACCEPT", ())}
