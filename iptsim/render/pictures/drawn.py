"""What a picture shows, before anybody knows where: hooks, boxes of rules, and where these lead."""

from __future__ import annotations

from iptsim.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What packets come to: `kind` is good, bad, sent (elsewhere) or on (to what comes next).

    `title` is the verdict or the new destination, `meaning` what is known of that.
    """

    kind: str
    title: str
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A rule, a policy, or what is folded away, as a row of a box.

    `when` is what it asks, without whom that is. `to` is the key of the box that it leads to,
    `sign` one of `+`, `-`, `~` in a comparison. `lit` are the numbers
    of the packet's steps here, `change` what they rewrote. `tip` is the rule whole.
    """

    number: str
    asks: str
    does: str
    when: str = ""
    count: str = ""
    sign: str = ""
    to: str = ""
    end: End | None = None
    lit: tuple[int, ...] = ()
    change: str = ""
    folded: bool = False
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A chain: `note` is its policy or whom it serves, `at` its hook where it is a table's first.

    With `again` it is drawn elsewhere already, and has no lines here.
    """

    key: str
    title: str
    note: str = ""
    lines: tuple[Line, ...] = ()
    sign: str = ""
    tip: str = ""
    again: bool = False

    @property
    def is_lit(self) -> bool:
        """Whether the packet comes here."""
        return any(line.lit for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A hook: the chains that its packets may come to, those first that its tables begin with.

    `roots` are the keys of those; `idle` says which tables do nothing here.
    """

    hook: str
    title: str
    boxes: tuple[Box, ...]
    roots: tuple[str, ...]
    idle: str = ""

    @property
    def by_key(self) -> dict[str, Box]:
        """The boxes by their keys."""
        return {box.key: box for box in self.boxes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place on the rail of hooks: `kind` is hook or place (the network, an application)."""

    kind: str
    title: str
    lit: bool = False
    drawn: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rules, or a packet's way through them, or what changed; `family` is 4 or 6.

    `verdict` is one of good, bad, unsure where a packet is asked for, else ''. `folded` counts the
    chains that are not drawn, of `chains`.
    """

    title: str
    family: int
    lanes: tuple[Lane, ...]
    rails: tuple[tuple[Stop, ...], ...]
    subtitle: tuple[str, ...] = ()
    verdict: str = ""
    chains: int = 0
    folded: int = 0
