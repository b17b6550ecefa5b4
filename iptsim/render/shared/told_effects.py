"""The effects that people are told: those that both families have once, others folded under one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.diff.counterparts import is_of_both
from iptsim.diff.difference import Difference, Effect, Way
from iptsim.diff.folding import folded, left, shown
from iptsim.explain.catalogue import sentence
from iptsim.explain.effect_sentences import way_words, where_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEffect:
    """An effect and the families that have it in the same words."""

    effect: Effect
    families: tuple[int, ...]

    @property
    def certain(self) -> bool:
        """See `Effect`."""
        return self.effect.certain

    @property
    def compared(self) -> bool:
        """See `Effect`."""
        return self.effect.compared

    @property
    def idle(self) -> bool:
        """See `Effect`."""
        return self.effect.idle

    @property
    def told(self) -> bool:
        """See `Effect`."""
        return self.effect.told


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEffects:
    """The effects in groups, of each of which the first is told; and how many are left out."""

    groups: Sequence[Sequence[ToldEffect]]
    left: Sequence[tuple[str, int]]
    """See `iptsim.diff.folding.left`."""


def told_effects(difference: Difference, lang: str, *, every: bool) -> ToldEffects:
    """What of the effects is told; with `every` each of them."""
    effects = list(joined(difference, lang))
    if every:
        return ToldEffects(groups=[[effect] for effect in effects], left=())
    groups = folded(effects, _ways)
    told = shown(groups)
    return ToldEffects(groups=told, left=[*left(groups, len(told))])


def _ways(told: ToldEffect) -> tuple[Way, Way]:
    return told.effect.written or (told.effect.before, told.effect.after)


def joined(difference: Difference, lang: str) -> Iterator[ToldEffect]:
    """The effects, one for both families where all its words are the same."""
    found: dict[Hashable, ToldEffect] = {}
    both = is_of_both(difference)
    for at, effect in enumerate(difference.effects):
        family = effect.family
        alike: Hashable = (_words(effect, lang), ()) if both else (at,)
        twin = found.get(alike)
        if twin is None:
            found[alike] = ToldEffect(effect=effect, families=(family,))
        elif family not in twin.families:
            found[alike] = replace(twin, families=(*twin.families, family))
        else:  # two of one family that read alike are two
            found[alike, at] = ToldEffect(effect=effect, families=(family,))
    return iter(found.values())


def _words(effect: Effect, lang: str) -> Hashable:
    """All that is told of an effect but for its example."""
    ways = (effect.before, effect.after)
    return (
        (effect.hook, effect.certain, effect.compared, effect.partly, effect.told),
        where_words(effect, lang),
        tuple(way_words(way, lang) for way in ways),
        tuple((s.table, s.chain, s.rule, s.untold) for way in ways for s in way.decided_by),
    )


def families_word(difference: Difference, told: ToldEffect, lang: str) -> str:
    """`IPv4`, `IPv4 and IPv6` where both may be meant; else ''."""
    if not is_of_both(difference):
        return ""
    if len(told.families) > 1:
        return sentence("query.ipv.both", lang)
    return sentence("query.ipv", lang, family=told.effect.family)
