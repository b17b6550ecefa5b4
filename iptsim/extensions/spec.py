"""What an extension file declares: options, wording in a listing, meaning.

Modelled on iptables' own `struct xt_option_entry` tables (`include/xtables.h`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from iptsim.actions import Action
from iptsim.dataclass import dataclass, field
from iptsim.extensions.demands import NOTHING, Demands
from iptsim.host import NOBODY, Host
from iptsim.model import Match, Option, Target
from iptsim.predicate import Fact, Predicate


class ValueType(Protocol):
    """How an option's value is read and written.

    `words` is the least and the most number of words it takes in a save file. `expected` ends the
    sentence «expected …» of an error. `listing` is a regular expression without capturing groups
    for its text in a listing. `read` and `read_listing` raise `ValueError` for a wrong text.
    """

    @property
    def words(self) -> tuple[int, int]: ...  # noqa: D102  # told above

    @property
    def expected(self) -> str: ...  # noqa: D102

    @property
    def listing(self) -> str: ...  # noqa: D102

    def read(self, words: Sequence[str], family: int) -> Hashable: ...  # noqa: D102

    def read_listing(self, text: str, family: int) -> Hashable: ...  # noqa: D102

    def write(self, value: Hashable, family: int) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Opt:
    """An option an extension knows: canonical name, other spellings, value (None: a flag)."""

    name: str
    aliases: tuple[str, ...] = ()
    value: ValueType | None = None
    negatable: bool = False

    @property
    def words(self) -> tuple[int, int]:
        """The least and the most number of words that follow the option in a save file."""
        return self.value.words if self.value else (0, 0)


class Wording(Protocol):
    """How an extension shows in a listing.

    `starts` is how its text can begin, so that most places need no look; empty when anyhow.
    """

    @property
    def starts(self) -> tuple[str, ...]: ...  # noqa: D102  # told above

    def read(self, text: str, start: int, family: int) -> Iterable[tuple[tuple[Option, ...], int]]:
        """Every way to read the extension from `text[start:]`: its options and where it ends.

        The likeliest (usually the longest) comes first; none at all when it does not stand there.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where a rule stands, for what its meaning depends on: family, table, chain, the host.

    `host` is what is told of the host and `payload` the packet's bytes after its transport header
    (None: not told): what they decide lowers to a condition, what they leave open to a fact. With
    the payload, `told` names the fields that are told of that packet, for the same. `named` are the
    facts on names that the packet makes so (`iptsim.extensions.values.hostnames`). `nft`
    is whether the rule is one of nf_tables, and not of the older tables; where nobody tells which,
    it is taken for one and `nft_told` is false. `excluded` is the protocol of the rule's `! -p`.
    `nth` tells rules of one
    chain apart that read the same: the first of them is 1. `nth_of` does so for each match of the
    rule, in order, among all matches of the chain. `hooks` are those whose built-in chains lead to
    the rule's chain; none where nobody tells. `gathers` is whether fragments are certainly put
    together as they arrive (see `Extension`).
    """

    family: int = 4
    table: str = "filter"
    chain: str = ""
    host: Host = NOBODY
    payload: bytes | None = None
    told: frozenset[str] = frozenset()
    named: frozenset[tuple[str, str]] = frozenset()
    nft: bool = True
    nft_told: bool = True
    excluded: int | None = None
    nth: int = 1
    nth_of: tuple[int, ...] = ()
    hooks: AbstractSet[str] = frozenset()
    gathers: bool = False

    @property
    def sees_fragments(self) -> bool:
        """Whether a second or later fragment may come to the rule, as far as is told.

        None comes to IPv4's INPUT (net/ipv4/ip_input.c, ip_local_deliver), and where they are
        gathered none that arrives comes anywhere: that is done before raw.
        """
        if not self.hooks:
            return True
        arriving = self.hooks <= {"PREROUTING", "INPUT", "FORWARD"}
        inside = self.family == 4 and self.hooks <= {"INPUT"}
        return not (inside or (self.gathers and arriving))


def _as_read(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return options


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What matches and targets have in common.

    `normalize` turns options as read (from save or listing) into the one canonical form that
    iptables-save prints: defaults dropped or added, `--set-mark` to `--set-xmark`; it must be
    idempotent. The order of `options` is the order of printing. `lossy` names the options that a
    listing does not show (`--hashlimit-name`), or whose `!` it does not (`! --quota`). `ordered`:
    options repeat and their order means something (policy's `--next`), so `normalize` keeps it.
    `unsaved` are options that iptables-save leaves out though the kernel heeds them: `! --fragid`
    of the whole range, which no packet fits; a listing has them. `demands` is what iptables asks of
    a rule with the extension before it loads it: the reading does not heed it, `lint` tells it.

    `tracks` is not None where a rule with it makes the kernel track connections; it names the
    options with which it does not. `gathers` is whether one makes the kernel put fragments together
    as they arrive, as tracking does anyway.
    """

    name: str
    aliases: tuple[str, ...] = ()
    options: tuple[Opt, ...] = ()
    wording: Wording | None = None
    families: tuple[int, ...] = (4, 6)
    lossy: tuple[str, ...] = ()
    ordered: bool = False
    unsaved: tuple[Option, ...] = ()
    demands: Demands = field(default=NOTHING, compare=False)
    tracks: tuple[str, ...] | None = None
    gathers: bool = False
    normalize: Callable[[tuple[Option, ...], int], tuple[Option, ...]] = _as_read
    _by_word: dict[str, Opt] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for option in self.options:
            for word in (option.name, *option.aliases):
                if word in self._by_word:
                    raise ValueError(f"{self.name} declares {word} twice")
                self._by_word[word] = option

    def find(self, word: str) -> Opt | None:
        """The option of that spelling."""
        return self._by_word.get(word)

    def canonical(self, options: Iterable[Option], family: int) -> tuple[Option, ...]:
        """The options normalised and in printing order."""
        order = {option.name: position for position, option in enumerate(self.options)}
        done = self.normalize(tuple(options), family)
        if self.ordered:
            return done
        return tuple(sorted(done, key=lambda option: order.get(option.name, len(order))))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchExtension(Extension):
    """A match. `lower` gives its meaning; without one it is an opaque fact.

    `implied_by` is the protocol number after whose `-p` iptables loads it unasked. `opaque` is the
    pattern of the fact of a match without meaning (its key is filled in from the rule's text).
    `opaque_of` takes its place where the options decide what is unknown: it builds a predicate of
    facts, whose keys are filled in likewise where they are empty. `acts` is what the match itself
    changes of a packet that its rule takes, before the target does. `independent`: all its options
    must hold, and none changes what another means.
    """

    lower: Callable[[Match, Context], Predicate] | None = None
    implied_by: int | None = None
    opaque: Fact | None = None
    opaque_of: Callable[[Match, Context], Predicate] | None = None
    acts: Callable[[Match], tuple[Action, ...]] | None = None
    independent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetExtension(Extension):
    """A target. `lower` gives what it does; a target of a save file is never without.

    `listed_as` is the other name that a listing's target column may show: NOTRACK's is CT. `vague`
    is what it does where its options cannot be read; None where that may be anything.
    """

    lower: Callable[[Target, Context], tuple[Action, ...]]
    listed_as: str | None = None
    vague: Callable[[Context], tuple[Action, ...]] | None = None
