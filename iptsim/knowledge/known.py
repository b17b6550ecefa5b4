"""The form of what is known of a system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from iptsim.dataclass import dataclass, field
from iptsim.model import BUILTIN_CHAINS
from iptsim.regex import regex

LANGUAGES = ("en", "zh")
_BEHIND_A_WORD = regex(r"(?<=[A-Za-z0-9])\\\*")
Said = tuple[str, str]
"""A sentence in each of `LANGUAGES`, with `{name}` where facts stand."""
_ANY = ".+"
_BUILT_IN = frozenset(chain for chains in BUILTIN_CHAINS.values() for chain in chains)
_NOTHING: Mapping[str, Said] = MappingProxyType({})
_NO_NUMBERS: Mapping[int, Said] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Something well known of a system, by its key there (`KUBE-SVC-*`), and its sentence."""

    system: str
    kind: str
    name: str
    said: Said

    def text(self, lang: str) -> str:
        """Its sentence, a pattern for `explain.catalogue.filled`."""
        return self.said[LANGUAGES.index(lang)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Rules of chains that the system limits to an interface, which a listing may hide.

    `chain` is a regular expression for the chain's whole name, `text` one for a whole rule as
    iptables-save writes it without that, behind the name. `names` is one for the interfaces that
    come in question, `written` what the system writes: `-o lo`, `-i docker0` for one such.
    """

    chain: str
    text: str
    written: str = "-o lo"
    names: str = "lo"

    @property
    def field(self) -> str:
        """The field of a packet that it limits."""
        return "out" if self.written.startswith("-o") else "in_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What tells a system, or which of its versions: a chain, or a rule of a chain.

    `chain` is a regular expression for the whole name, `rule` one that is looked for in a rule as
    iptables-save writes it behind the chain's name, `table` one for the whole name of the table
    (`inet fw4`: of nftables). With `lacks` the chain's rules are all told
    and none fits that. Only versions from `since` to `until` write it; '' where that is open. One
    that only `dates` does not tell the system by itself. Beside a chain that fits `without`,
    somebody else may have written it too, so it tells nothing. `asks` is a part of an option's name
    that every rule has which fits: where no kind of rule has it, the rules themselves are not read.
    """

    chain: str
    rule: str = ""
    table: str = ""
    lacks: str = ""
    without: str = ""
    since: str = ""
    until: str = ""
    dates: bool = False
    asks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What rules of a system are for: patterns as those of `Sign`, whose groups are facts."""

    chain: str
    rule: str
    said: Said


_NONE = r"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A program and the chains that are its own.

    The texts are regular expressions for whole names: of its `chains`, of those that may stand
    `spare` (nothing leads to them, whatever they hold), of those that are for its `users`' own
    rules. `rules` is one for rules that it puts into built-in chains besides jumps to its own,
    `last` for those of its own that rules which fit `by` take everything from. Of a program with
    `marks` names count only beside a chain that fits them.
    """

    name: str
    chains: str
    marks: str = ""
    spare: str = _NONE
    users: str = _NONE
    rules: str = _NONE
    last: str = _NONE
    by: str = _NONE

    def is_among(self, names: Iterable[str]) -> bool:
        """Whether its chains are among the names."""
        return any(re.fullmatch(self.marks or self.chains, name) for name in names)

    def keeps(self, chain: str) -> bool:
        """Whether a chain is its own."""
        return re.fullmatch(self.chains, chain) is not None

    def spares(self, chain: str) -> bool:
        """Whether its chain may stand without a rule that leads to it."""
        return re.fullmatch(self.spare, chain) is not None

    def leaves(self, chain: str) -> bool:
        """Whether a chain of its own is for what its users write."""
        return re.fullmatch(self.users, chain) is not None

    def writes(self, text: str) -> bool:
        """Whether a rule of a built-in chain is of its making."""
        return re.fullmatch(self.rules, text) is not None

    def shadows(self, text: str, others: Iterable[str]) -> bool:
        """Whether it writes a rule that never matches for those other rules of its own."""
        own = re.fullmatch(self.last, text) is not None
        return own and all(re.fullmatch(self.by, other) for other in others)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system that writes iptables rules: its signs, and what its names and numbers mean.

    `title` is how people call it. In a chain's name `*` stands for anything, and behind a letter
    or a digit for nothing, too. `before` is a regular expression for what a native table of
    nftables has before the chains' names of iptables (`filter_INPUT_ZONES`). Marks and addresses
    are written as iptables-save does (`0x4000/0x4000`, `169.254.7.127/32`).
    """

    name: str
    title: str
    signs: tuple[Sign, ...]
    chains: Mapping[str, Said] = field(default=_NOTHING)
    ports: Mapping[int, Said] = field(default=_NO_NUMBERS)
    users: Mapping[int, Said] = field(default=_NO_NUMBERS)
    marks: Mapping[str, Said] = field(default=_NOTHING)
    addresses: Mapping[str, Said] = field(default=_NOTHING)
    rules: tuple[Purpose, ...] = ()
    limits: tuple[Limit, ...] = ()
    keeper: Keeper | None = None
    before: str = ""

    def chain(self, name: str) -> Known | None:
        """The chain of that name, or the pattern that it fits and that says most."""
        found = self._called(name)
        bare = re.sub(f"^{self.before}", "", name) if self.before else name
        return self._called(bare) if found is None and bare != name else found

    def _called(self, name: str) -> Known | None:
        if name in self.chains:
            return self._known("chain", name, self.chains[name])
        fitting = [one for one in self.chains if "*" in one and _fits(one, name)]
        best = max(fitting, key=len, default=None)
        if best is None:
            return self._native(name)
        return self._known("chain", best, self.chains[best])

    def _native(self, name: str) -> Known | None:
        """`istio-inbound` of nftables is what ISTIO_INBOUND is of iptables."""
        twin = _twin(name)
        said = self.chains.get(twin)
        if said is None or twin == name:
            return None
        own = (said[0].replace(twin, name), said[1].replace(twin, name))
        return self._known("chain", name, own)

    def owns(self, chain: str) -> bool:
        """Whether a chain's name alone tells the system."""
        own = {one.chain for one in self.signs if not one.dates} - {_ANY}
        own = {pattern for pattern in own if not any(re.fullmatch(pattern, b) for b in _BUILT_IN)}
        return any(re.fullmatch(pattern, n) for pattern in own for n in (chain, _twin(chain)))

    def port(self, number: int) -> Known | None:
        """The port, where the system uses it for something of its own."""
        said = self.ports.get(number)
        return None if said is None else self._known("port", str(number), said)

    def user(self, number: int) -> Known | None:
        """The user or group that the system runs its own programs as."""
        said = self.users.get(number)
        return None if said is None else self._known("user", str(number), said)

    def limit(self, chain: str, text: str) -> Limit | None:
        """How the system limits a rule to an interface, where it does."""
        fitting = (
            one
            for one in self.limits
            if re.fullmatch(one.chain, chain) and re.fullmatch(one.text, text)
        )
        return next(fitting, None)

    def all_said(self) -> tuple[Said, ...]:
        """Every sentence, for tests to hold."""
        numbers = (*self.ports.values(), *self.users.values())
        texts = (*self.chains.values(), *self.marks.values(), *self.addresses.values())
        return (*texts, *numbers, *(one.said for one in self.rules))

    def _known(self, kind: str, name: str, said: Said) -> Known:
        return Known(system=self.name, kind=kind, name=name, said=said)


def _twin(name: str) -> str:
    return name.upper().replace("-", "_") if name.islower() else name


def _fits(pattern: str, name: str) -> bool:
    wild = _BEHIND_A_WORD.sub(".*", re.escape(pattern)).replace(r"\*", ".+")
    return re.fullmatch(wild, name) is not None
