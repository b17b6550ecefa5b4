"""The chains of a listing, and which of them are of one table and of which family.

A listing names neither (iptables/iptables.c, print_header).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import islice, takewhile

from iptsim import codes
from iptsim.dataclass import dataclass, field
from iptsim.dialects.listing.torn_rows import Row
from iptsim.dialects.parts import Line, Section, is_untold
from iptsim.dialects.signs.settle import ONLY
from iptsim.errors import DumpError, Place
from iptsim.model import BUILTIN_CHAINS, Counters
from iptsim.regex import regex

BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
_V4 = regex(r"\d+\.\d+\.\d+\.\d+(?:/[\d.]+)?")
_V6 = regex(r"[0-9a-fA-F:]*(?:::|(?::[0-9a-fA-F]+){7})[0-9a-fA-F:.]*(?:/[\da-fA-F:]+)?")
_LONGEST = 100  # an address and a mask written out
_NUMBER = regex(r"\d+[KMGTP]?")
_OPT = regex(r"(?:^|\s|[a-z])(?:--|-f|!f)\s")
_VOTES = 9
_PROTOCOLS = {"icmp": 4, "!icmp": 4, "ipv6-icmp": 6, "icmpv6": 6, "!ipv6-icmp": 6, "-f": 4, "!f": 4}


@dataclass(kw_only=True)
class ListedChain:
    """A chain's header and its rows, not read yet."""

    name: str
    place: Place
    policy: str | None = None
    counters: Counters | None = None
    references: int | None = None
    declared: bool = True
    kind: str | None = None
    cut: bool = False
    spaced: bool = False
    whole: bool = True
    apart: bool = False
    rows: list[Row | Line] = field(default_factory=list)
    """Rows, and the lines that say that some are left out."""

    @property
    def last(self) -> Row | None:
        """The row that the next line may go on in."""
        row = self.rows[-1] if self.rows else None
        return row if isinstance(row, Row) else None

    @property
    def texts(self) -> Iterator[str]:
        """The rows, each with what may be its rest."""
        return (row.text for row in self.rows if isinstance(row, Row))


def tables_of(chains: list[ListedChain], section: Section) -> Iterator[list[ListedChain]]:
    """The chains table by table; `DumpError` for a user chain that comes twice."""
    group: dict[str, ListedChain] = {}
    for at, chain in enumerate(chains):
        if group and (
            _begins_table(group.keys(), chain)
            or _is_of_another([*group.values()], chain, chains[at:])
        ):
            yield list(group.values())
            group = {}
        if chain.name in group:
            raise _repeated(chain, section)
        group[chain.name] = chain
    if group:
        yield list(group.values())


def _repeated(chain: ListedChain, section: Section) -> DumpError:
    line = next(line for line in section.lines if line.number == chain.place.line)
    return DumpError(
        f"chain {chain.name} is there twice",
        place=chain.place,
        text=line.full or line.text,
        length=len(line.text.strip()),
        expected="each chain of a table once; for two states of a host use diff",
        code=codes.CHAIN_TWICE,
    )


def _begins_table(names: Set[str], chain: ListedChain) -> bool:
    """Built-in chains come first and PREROUTING first of them; no table has all sets of them."""
    if chain.policy is None or chain.name not in BUILTINS or all(map(is_untold, names)):
        return False
    together = {*names, chain.name}
    return (
        chain.name in names
        or not together <= BUILTINS
        or chain.name == "PREROUTING"
        or (chain.name == "INPUT" and bool(together & {"FORWARD", "OUTPUT", "POSTROUTING"}))
        or not any(together <= set(builtin) for builtin in BUILTIN_CHAINS.values())
    )


def _is_of_another(
    group: Sequence[ListedChain], chain: ListedChain, rest: Sequence[ListedChain]
) -> bool:
    """Whether no table takes the built-in chains so far and those from INPUT on, for their rules.

    `iptables -t nat -L PREROUTING; iptables -L` looks like the beginning of mangle.
    """
    if chain.name != "INPUT" or chain.policy is None:
        return False
    here = takewhile(lambda each: each.name in BUILTIN_CHAINS["filter"] and each.policy, rest)
    run = list(here)
    return bool(_takers(group)) and bool(_takers(run)) and not _takers([*group, *run])


def _takers(chains: Sequence[ListedChain]) -> set[str]:
    """The tables in which iptables takes these chains, their policies and their targets."""
    targets = {target for chain in chains for target in map(_target, chain.texts)}
    names = {chain.name for chain in chains} & BUILTINS
    drops = "DROP" in targets or any(chain.policy == "DROP" for chain in chains)
    only = [name for name, own in ONLY.items() if own & targets]
    return {
        name
        for name, own in BUILTIN_CHAINS.items()
        if names <= set(own) and set(only) <= {name} and not (drops and name == "nat")
    }


def _target(text: str) -> str:
    """A row's first word that is no number."""
    return next((word for word in text.split()[:4] if not _NUMBER.fullmatch(word)), "")


def family_of(group: Sequence[ListedChain], around: int | None) -> int | None:
    """4 or 6, as the rows tell, else as what stands `around` them does; None where nothing does."""
    return _family(group, _row_family) or around or _family(group, _row_protocol)


def _family(group: Sequence[ListedChain], asked: Callable[[str], int | None]) -> int | None:
    """4 or 6, as most of the first rows that tell one do; None where none does."""
    rows = (text for chain in group for text in chain.texts)
    votes = islice((told for text in rows if (told := asked(text)) is not None), _VOTES)
    counted = Counter(votes).most_common(2)
    if len(counted) == 2 and counted[0][1] == counted[1][1]:
        return None
    return counted[0][0] if counted else None


def _row_family(text: str) -> int | None:
    """By a row's addresses, its columns or its way to reject."""
    shown = text.partition("/*")[0]
    for word in shown.split()[:10]:
        bare = word.lstrip("!")
        if _V4.fullmatch(bare):
            return 4
        if ":" in bare and len(bare) <= _LONGEST and _V6.fullmatch(bare):
            return 6
    if "reject-with icmp" in shown:
        return 6 if "reject-with icmp6" in shown else 4
    return None if _OPT.search(shown) else 6


def _row_protocol(text: str) -> int | None:
    """By a protocol that the other family seldom asks for, and `-f`, which IPv6 has not."""
    words = text.partition("/*")[0].split()[:10]
    return next((_PROTOCOLS[word] for word in words if word in _PROTOCOLS), None)
