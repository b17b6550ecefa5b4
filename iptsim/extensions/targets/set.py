"""SET: add the packet's addresses and ports to an IP set, or delete them, or take its mark from it.

Sources: iptables-extensions(8), SET; extensions/libxt_SET.c; net/netfilter/xt_set.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from iptsim import codes
from iptsim.actions import Action, Branch, Continue, Forget, Touch
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import LEAVING, Demands, Wrong, name_of_set
from iptsim.extensions.shared.ipset_members import membership, touched
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Target
from iptsim.predicate import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A set's name and which of the packet's addresses and ports are meant: `src,dst`."""

    name: str
    directions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries(Word):
    """`name src,dst`; an `Entry`."""

    words: tuple[int, int] = (2, 2)
    expected: str = "a set's name and its directions: hosts src,dst"
    listing: str = r"\S+\s+(?:src|dst)(?:,(?:src|dst))*"

    def read(self, words: Sequence[str], family: int) -> Entry:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        directions = tuple(words[1].split(","))
        if set(directions) - {"src", "dst"}:
            raise ValueError(f"{words[1]!r} is not made of src and dst")
        return Entry(name=words[0], directions=directions)

    def read_listing(self, text: str, family: int) -> Entry:
        """See `ValueType`."""
        return self.read(text.split(), family)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        assert isinstance(value, Entry)
        return f"{Word().write(value.name, family)} {','.join(value.directions)}"


_OPTIONS = (
    Opt(name="--add-set", value=Entries()),
    Opt(name="--exist"),
    Opt(name="--timeout", value=Number()),
    Opt(name="--del-set", value=Entries()),
    Opt(name="--map-set", value=Entries()),
    Opt(name="--map-mark"),
    Opt(name="--map-prio"),
    Opt(name="--map-queue"),
)
_PARTS = tuple(
    Part(option.name, option.name[2:] + (" {}" if option.value else "")) for option in _OPTIONS
)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    """Adding to a list of sets adds to the first of them that takes it."""
    changes = [Touch(name=name) for name in _changed(target, where)]
    mapped = target.value("--map-set", Entry)
    if mapped is None or not target.has("--map-mark"):
        return (*changes, Continue())
    forget = (Forget(field="mark", detail=target.name), Continue())
    held = where.host.set_named(mapped.name)
    if held is None or changes:
        return (*changes, *forget)
    inside = membership(held, mapped.directions, where.family, where.host)
    if inside is None:
        return forget
    fact = Fact(
        key=f"in set {mapped.name}: {','.join(mapped.directions)}",
        code=codes.SET_MEMBERS,
        detail=f"SET --map-set {mapped.name} {','.join(mapped.directions)}",
        reads=("*",),
        told=inside,
        until=touched(mapped.name, where.host),
    )
    return (Branch(when=fact, then=forget, otherwise=(Continue(),)),)


def _changed(target: Target, where: Context) -> Iterator[str]:
    for name in ("--add-set", "--del-set"):
        entry = target.value(name, Entry)
        if entry is not None:
            yield from touched(entry.name, where.host)


def _names(target: Match, _family: int) -> Iterator[Wrong]:
    for option in target.options:
        if isinstance(option.value, Entry):
            yield from name_of_set(option.name, option.value.name)


EXTENSIONS = (
    TargetExtension(
        name="SET",
        demands=Demands(
            further=_names,
            one_of=(("--add-set", "--del-set", "--map-set"),),
            option_tables={"--map-set": ("mangle",)},
            option_hooks={"--map-prio": LEAVING, "--map-queue": LEAVING},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
