"""What the fields of a world hold, as little more than what they hold otherwise than at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.worlds.terms import Term


class Fields(Mapping[str, Term]):
    """`first`, but for the fields in `now`, which hold something else.

    Thousands of worlds differ in a few of a hundred fields. Nobody changes either mapping.
    """

    __slots__ = ("_key", "first", "now")

    def __init__(self, first: Mapping[str, Term], now: Mapping[str, Term]) -> None:
        self.first = first
        self.now = now
        self._key: tuple[int, frozenset[tuple[str, Term]]] | None = None

    @property
    def key(self) -> tuple[int, frozenset[tuple[str, Term]]]:
        """Something hashable; equal for two of the same `first` that are equal."""
        if self._key is None:
            self._key = (id(self.first), frozenset(self.now.items()))
        return self._key

    @classmethod
    def of(cls, held: Mapping[str, Term]) -> Fields:
        """The fields as they are."""
        return held if isinstance(held, Fields) else cls(held, {})

    def holding(self, changed: Mapping[str, Term]) -> Fields:
        """With some fields holding something else."""
        now = {**self.now, **changed}
        for name, term in changed.items():
            # So that two of the same `first` are equal where what they hold otherwise is equal.
            if self.first.get(name) == term:
                del now[name]
        return Fields(self.first, now)

    def __getitem__(self, name: str) -> Term:
        term = self.now.get(name)
        return self.first[name] if term is None else term

    def unseen(self, name: str) -> Term:
        """What a field holds, for one who takes no notice of it where that is watched."""
        return self[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.first
        yield from (name for name in self.now if name not in self.first)

    def __len__(self) -> int:
        return len(self.first) + sum(name not in self.first for name in self.now)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Fields) and other.first is self.first:
            return self.now == other.now
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as every mapping


def rebased(held: Sequence[Mapping[str, Term]]) -> list[Fields]:
    """The same fields with one `first` for all, which is what the first of them holds."""
    if not held:
        return []
    base = Fields.of(held[0])
    first = {**base.first, **base.now}
    return [Fields(first, _otherwise(Fields.of(one), base, first)) for one in held]


def _otherwise(one: Fields, base: Fields, first: Mapping[str, Term]) -> dict[str, Term]:
    """What `one` holds otherwise than `first`, which is all that `base` holds."""
    # Where both began alike, only what one of them has since put can differ.
    names = {**base.now, **one.now} if one.first is base.first else one
    found = {}
    for name in names:
        term = one.now.get(name) or one.first.get(name)
        if term is not None and first.get(name) != term:
            found[name] = term
    return found
