"""From the rules of a dump to what iptables-restore loads, and back to the dump's own lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from iptsim.dialects import read_text
from iptsim.dialects.lost import lost
from iptsim.dialects.parts import is_untold
from iptsim.dialects.write import write_save
from iptsim.errors import DumpError, Place
from iptsim.extensions.registry import targets
from iptsim.extensions.spec import Context
from iptsim.extensions.text import UnwritableError, write_name, write_rule
from iptsim.kernel.namespaces import JudgeError
from iptsim.model import VERDICTS, Chain, Match, Note, Rule, Ruleset, Table
from iptsim.tracer.compile import rule_text

_REFUSED = "IPT0614"
_MESSAGES = {
    "IPT0610": "the kernel does not load {at}: {words}",
    "IPT0611": "nobody can load {at}: {words}",
    "IPT0612": "the kernel does not load {at}: {to} is not in this dump",
    "IPT0620": "{at} names the host {words}, which only the dumping host can tell; list with -n",
    "IPT0621": "{at} is not loaded: {words} would make iptables run or open a file",
    "IPT0629": "{at} asks who sends, which the kernel lets root ask only: run this as root",
    "IPT0622": "{at} stands below no chain's header, so its chain is unknown",
}
# What iptables-restore says of itself, and not of the rule.
_IDLE = re.compile(
    r"^(?:Try `.*|Error occurred at line: \d+|ip6?tables\S* *(?:v\S+ \([^)]*\))?: *)"
    r"|\bline \d+(?: failed$|: )",
    re.MULTILINE,
)
_ERRNO = re.compile(r"\w+ failed \((.*?)\): .*")
_LONGEST = 1 << 12
_AS_LISTED = Note(code="IPT0626")
# Notes of conversion that loading answers, or that are told otherwise.
_OF_TEXT = frozenset({"IPT0130", "IPT0133"})


class UnloadableError(DumpError):
    """A rule of the dump that no iptables-restore, or this kernel, takes.

    Its facts hold `table`, `chain`, `rule` (its number) and `words` (why) besides a dump error's.
    """

    def __init__(
        self, message: str, *, place: Place, text: str, code: str, **facts: str | int
    ) -> None:
        super().__init__(message, place=place, text=text, length=len(text), code=code)
        self.facts.update(facts)


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """The rules of one family as the kernel gets them.

    `text` is for iptables-restore. `ruleset` is that text read again, with the dump's own places:
    what a listing hides is not there, a built-in chain that the dump does not tell has policy
    ACCEPT. `notes` say where that may not be what the dumped host had.
    """

    text: str
    ruleset: Ruleset
    lines: Mapping[int, tuple[Table, Chain, int]]
    notes: tuple[Note, ...]

    @classmethod
    def of(cls, dumped: Ruleset) -> Loadable:
        """What is loaded of a dump's rules; `UnloadableError` for text that nobody can load."""
        for table, chain, number, rule in dumped.rules():
            _refuse(dumped, table, chain, number, rule)
        text = write_save(dumped)
        family = dumped.family
        again = read_text(text, file="<save>", family=family).family(family)
        read = again or Ruleset(family=family)
        lines = {
            rule.place.line: (table, chain, number)
            for table, chain, number, rule in read.rules()
            if rule.place
        }
        hides = any("interfaces" in rule.hides for *_, rule in dumped.rules())
        notes = [note for note in lost(dumped) if note.code not in _OF_TEXT]
        notes = [*([_AS_LISTED] if hides else []), *notes]
        return cls(text=text, ruleset=_placed(read, dumped), lines=lines, notes=tuple(notes))

    def load(self, load: Callable[[str], None], *, rootless: bool = False) -> None:
        """Load the text by `load`; `UnloadableError` with the dump's line of a refused rule.

        `rootless` is whether that is done in a user namespace. Other errors, and refusals that no
        single rule explains, pass as they are.
        """
        try:
            load(self.text)
        except JudgeError as error:
            if error.code == _REFUSED:
                self._explain(error, load, rootless=rootless)
            raise

    def _explain(self, error: JudgeError, load: Callable[[str], None], *, rootless: bool) -> None:
        line, refusal = self._culprit(error, load)
        if line is None:
            return
        table, chain, number = self.lines[line]
        rule = _rule(self.ruleset, table.name, chain.name, number)
        to = _missing_chain(table, rule)
        # A user namespace has no users but who made it (xt_owner.c, owner_check).
        of_users = rootless and any(match.name == "owner" for match in rule.matches)
        raise _unloadable(
            "IPT0612" if to else "IPT0629" if of_users else "IPT0610",
            (table, chain, number),
            rule,
            self._texts[line - 1],
            words=_reason(refusal),
            to=to,
        ) from None

    def _culprit(
        self, error: JudgeError, load: Callable[[str], None]
    ) -> tuple[int | None, JudgeError]:
        """The line of the first rule with which the text is refused, and that refusal.

        The line that iptables-restore tells is only tried first: of legacy tables it is that of
        COMMIT, and of a missing chain that of the line below.
        """
        lines = sorted(self.lines)
        low, high = -1, len(lines)  # so many rules load, and do not
        told = bisect_right(lines, int(error.facts.get("line") or 0))
        hints = [told, told - 1, told - 2]
        while high - low > 1:
            middle = next((n for n in hints if low < n < high), (low + high) // 2)
            try:
                load(self._with(frozenset(lines[:middle])))
                low = middle
            except JudgeError as refusal:
                high, error = middle, refusal
        return (lines[high - 1] if high > 0 else None), error

    def _with(self, kept: frozenset[int]) -> str:
        """The text with only these of its lines of rules."""
        every = enumerate(self._texts, 1)
        return "\n".join(line for n, line in every if n in kept or n not in self.lines)

    @cached_property
    def _texts(self) -> list[str]:
        return self.text.split("\n")


def _reason(refusal: JudgeError) -> str:
    """What iptables-restore said of the rule, in one line."""
    words = _IDLE.sub("", str(refusal.facts.get("words") or refusal.message))
    told = " ".join(_ERRNO.sub(r"\1", words).split())
    if told.startswith("Set ") and told.endswith("doesn't exist."):
        return f"{told} --ipset takes what `ipset save` prints"
    return told or "iptables-restore does not tell why"


def _rule(ruleset: Ruleset, table: str, chain: str, number: int) -> Rule:
    found = ruleset.table(table)
    there = found.chain(chain) if found else None
    assert there is not None
    return there.rules[number - 1]


def _missing_chain(table: Table, rule: Rule) -> str:
    """The chain that a rule leads to and the dump has not; '' for every other rule."""
    to = rule.target
    if to is None or to.raw or to.name in VERDICTS or table.chain(to.name) is not None:
        return ""
    return to.name if to.goto or to.name not in targets() else ""


def _placed(read: Ruleset, dumped: Ruleset) -> Ruleset:
    """The rules that were read again, where they stand in the dump."""
    return replace(read, tables=tuple(_placed_table(table, dumped) for table in read.tables))


def _placed_table(table: Table, dumped: Ruleset) -> Table:
    own = dumped.table(table.name) or Table(name=table.name)
    chains = tuple(_placed_chain(chain, own.chain(chain.name)) for chain in table.chains)
    return Table(name=table.name, chains=chains, place=own.place)


def _placed_chain(chain: Chain, own: Chain | None) -> Chain:
    if own is None:
        return replace(chain, place=None)
    pairs = zip(chain.rules, own.rules, strict=True)
    rules = tuple(replace(rule, place=told.place) for rule, told in pairs)
    return replace(chain, rules=rules, place=own.place)


def _refuse(dumped: Ruleset, table: Table, chain: Chain, number: int, rule: Rule) -> None:
    for code, why in _reasons(chain, rule, dumped.family):
        where = Context(family=dumped.family, table=table.name, chain=chain.name)
        text = rule_text(rule, where)
        raise _unloadable(code, (table, chain, number), rule, text, words=why, to="")


def _unloadable(
    code: str, at: tuple[Table, Chain, int], rule: Rule, text: str, **facts: str
) -> UnloadableError:
    """The error at the rule's own line; `text` is what is shown where that cannot be read."""
    table, chain, number = at
    place = rule.place or Place(file="<save>", line=1)
    told = _MESSAGES[code].format(at=f"{table.name} {chain.name} {number}", **facts)
    own = _line_at(place) or text
    return UnloadableError(
        told, place=place, text=own, code=code, table=table.name, chain=chain.name, rule=number,
        **facts,
    )  # fmt: skip


def _line_at(place: Place) -> str:
    """The line as it stands in the file; '' where that is no file, or has another text by now."""
    try:
        if not Path(place.file).is_file():
            return ""
        with Path(place.file).open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
            return next(islice(lines, place.line - 1, None), "").rstrip()[:_LONGEST]
    except OSError:
        return ""


def _reasons(chain: Chain, rule: Rule, family: int) -> Iterator[tuple[str, str]]:
    """Why a rule cannot be given to iptables-restore: a code and what is at fault."""
    if is_untold(chain.name):
        yield "IPT0622", ""
    try:
        write_rule(write_name(chain.name), rule, family)
    except UnwritableError as error:
        yield "IPT0611", error.message.removesuffix(", so it cannot be written")
    for _field, name in rule.address_names:
        yield "IPT0620", name
    for part in (*rule.matches, *((rule.target,) if rule.target else ())):
        if (word := _unsafe(part)) is not None:
            yield "IPT0621", word


def _unsafe(part: Match) -> str | None:
    """A word of a module nobody knows that would make iptables run or open a file (as root)."""
    return part.name if "/" in part.name else next(filter(_is_modprobe, part.raw), None)


def _is_modprobe(word: str) -> bool:
    """`-M`, `--modprobe=COMMAND`: iptables runs the command to load a module (xshared.c)."""
    option = word.split("=", maxsplit=1)[0]
    return word.startswith("-M") or (len(option) > 3 and "--modprobe".startswith(option))
