"""Pictures of rules, of a packet's way, and of what changed, as values that layouts place."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.chain_graph import untold_tables
from iptsim.dataclass import dataclass, replace
from iptsim.diff.difference import Difference
from iptsim.errors import UsageError
from iptsim.explain.catalogue import sentence
from iptsim.knowledge import recognised_by_chains
from iptsim.model import Dump, Ruleset
from iptsim.packet import DEVICE_HOOKS, HOOKS
from iptsim.render.pictures.drawn import Lane, Picture, Stop
from iptsim.render.pictures.drawn_lines import RuleLines
from iptsim.render.pictures.ends import Ends, begun_at
from iptsim.render.pictures.lanes import Drawer
from iptsim.render.pictures.lit_steps import Lit, lit_by
from iptsim.render.pictures.told_chains import Chains, chains_of, compared
from iptsim.render.shared.headline import headline
from iptsim.render.shared.trace_answer import TraceAnswer

_VERDICTS = {"✔": "good", "✘": "bad"}
_NOTHING = Lit()
_MOST_LOST = 4


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """What all pictures need: the rules to draw, of which rule set, in which language.

    In a comparison `before` is the other side.
    """

    ruleset: Ruleset
    chains: Chains
    lang: str
    before: Ruleset | None = None
    lit: Lit = _NOTHING
    cut: bool = False
    changed: bool = False

    def lanes(self, drawer: Drawer) -> Iterator[Lane]:
        """The hooks at which anything is done."""
        for hook in (DEVICE_HOOKS[0], *HOOKS, DEVICE_HOOKS[1]):
            lane = drawer.lane(hook, self.begun(hook))
            if lane.boxes:
                yield lane

    def begun(self, hook: str) -> tuple[str, ...]:
        """The chains to which packets come from a hook, in their order."""
        sides = (self.ruleset, *([self.before] if self.before is not None else []))
        return tuple(dict.fromkeys(key for side in sides for key in begun_at(side, hook)))

    def drawer(self) -> Drawer:
        """What draws the hooks."""
        lines = _lines(self.ruleset, self.chains, self.lit, self.lang)
        return Drawer(
            chains=self.chains, lines=lines, lang=self.lang, cut=self.cut, changed=self.changed
        )

    def picture(
        self,
        title: str,
        drawer: Drawer,
        lanes: Sequence[Lane],
        *,
        subtitle: tuple[str, ...] = (),
        verdict: str = "",
    ) -> Picture:
        """The picture of these hooks."""
        every = drawer.reached({root for lane in lanes for root in lane.roots})
        every = {key for key in every if self.chains[key].policy is None}
        drawn = {box.key for lane in lanes for box in lane.boxes} | drawer.told
        folded = 0 if self.cut or self.changed else len(every - drawn)
        if folded:
            facts = {"count": folded, "chains": len(every)}
            subtitle = (*subtitle, sentence("picture.folded", self.lang, **facts))
        if not lanes and not subtitle:
            subtitle = (sentence("picture.nothing", self.lang),)
        return Picture(
            title=title,
            family=self.ruleset.family,
            lanes=tuple(lanes),
            rails=rails(lanes, self.lit, self.lang),
            chains=len(every),
            folded=folded,
            subtitle=subtitle,
            verdict=verdict,
        )


def plain_lines(ruleset: Ruleset, lang: str) -> RuleLines:
    """What makes rows of the rules of a rule set that no packet is asked for."""
    return _lines(ruleset, chains_of(ruleset), _NOTHING, lang)


def _lines(ruleset: Ruleset, chains: Chains, lit: Lit, lang: str) -> RuleLines:
    systems = tuple(recognised_by_chains(ruleset))
    ends = Ends(family=ruleset.family, hook="", begins=(), systems=systems, lang=lang)
    return RuleLines(chains=chains, ends=ends, lit=lit, lang=lang)


def rules_picture(ruleset: Ruleset, lang: str, *, start: str | None = None) -> Picture:
    """All rules; with `start` those that packets meet from that chain on.

    Raises `UsageError` where no table has a chain of that name.
    """
    drawing = _Drawing(ruleset=ruleset, chains=chains_of(ruleset), lang=lang)
    drawer = drawing.drawer()
    if start is None:
        lanes = [*drawing.lanes(drawer)]
        lost = _lost(drawing, drawer, lanes)
        title = sentence("picture.rules", lang)
        return drawing.picture(title, drawer, lanes, subtitle=lost)
    roots = [key for key, chain in drawing.chains.items() if chain.name == start]
    if not roots:
        raise no_chain(start)
    hook = next(filter(None, (drawing.chains[key].hook for key in roots)), "")
    title = sentence("picture.from", lang, chain=start)
    return drawing.picture(title, drawer, [drawer.lane(hook, tuple(roots), whole=True)])


def dump_pictures(dump: Dump, lang: str) -> tuple[Picture, ...]:
    """All rules of a dump, a picture for each family."""
    return tuple(rules_picture(ruleset, lang) for ruleset in dump.rulesets)


def no_chain(name: str) -> UsageError:
    """What to say of a chain that no table has."""
    message = f"{name}: nothing of this name is in the dump"
    return UsageError(message, code=codes.NOTHING_OF_NAME, name=name)


def _lost(drawing: _Drawing, drawer: Drawer, lanes: Sequence[Lane]) -> tuple[str, ...]:
    """What to say of chains with rules that nothing leads to."""
    every = drawer.reached({root for lane in lanes for root in lane.roots})
    chains = drawing.chains.items()
    lost = [key for key, chain in chains if chain.policy is None and key not in every]
    open_ = untold_tables(drawing.ruleset) if lost else frozenset()
    chains_lost = {key: drawing.chains[key] for key in lost}
    lost = [k for k, c in chains_lost.items() if c.entries and c.table.name not in open_]
    if not lost:
        return ()
    names = ", ".join(lost[:_MOST_LOST]) + (", …" if len(lost) > _MOST_LOST else "")
    return (sentence("picture.lost", drawing.lang, chains=names),)


def trace_picture(answer: TraceAnswer) -> Picture:
    """The way of a packet, its first one where several are open, with the rules beside it."""
    lang = answer.style.lang
    drawing = _Drawing(
        ruleset=answer.ruleset,
        chains=chains_of(answer.ruleset),
        lang=lang,
        lit=lit_by(answer.fates[0].outcomes[0], lang),
        cut=True,
    )
    style = replace(answer.style, colour=False, width=sys.maxsize)
    told = " ".join(headline(replace(answer, style=style)).split())
    drawer = drawing.drawer()
    lanes = [*drawing.lanes(drawer)]
    fates = len(answer.fates)
    open_ = [sentence("picture.one_way", lang, count=fates)] if fates > 1 else []
    more = (*open_, *_not_drawn(answer, lanes))
    verdict = _VERDICTS.get(told[0], "unsure")
    return drawing.picture(told, drawer, lanes, verdict=verdict, subtitle=more)


def _not_drawn(answer: TraceAnswer, lanes: Sequence[Lane]) -> tuple[str, ...]:
    """What to say of steps that stand in no text."""
    lines = (line for lane in lanes for box in lane.boxes for line in box.lines)
    drawn = {number for line in lines for number in line.lit}
    steps = range(1, len(answer.fates[0].outcomes[0].steps) + 1)
    left = ", ".join(str(number) for number in steps if number not in drawn)
    return (sentence("picture.not_told", answer.style.lang, steps=left),) if left else ()


def change_picture(difference: Difference, family: int, lang: str) -> Picture:
    """What changed of a family's rules, and what leads there."""
    sides = (difference.after.family(family), difference.before.family(family))
    ruleset, *others = (side for side in sides if side is not None)
    drawing = _Drawing(
        ruleset=ruleset,
        chains=compared(difference, family),
        lang=lang,
        before=next(iter(others), None),
        changed=True,
    )
    legend = [sentence(f"picture.legend.{one}", lang) for one in ("added", "removed", "changed")]
    drawer = drawing.drawer()
    lanes = [*drawing.lanes(drawer)]
    subtitle = ("   ".join(legend),) if lanes else (sentence("picture.same", lang),)
    title = sentence("picture.changes", lang)
    return drawing.picture(title, drawer, lanes, subtitle=subtitle)


def change_pictures(difference: Difference, lang: str) -> list[Picture]:
    """What changed of each family that either side has."""
    sides = (*difference.after.rulesets, *difference.before.rulesets)
    families = dict.fromkeys(side.family for side in sides)
    return [change_picture(difference, family, lang) for family in families]


def rails(lanes: Sequence[Lane], lit: Lit, lang: str) -> tuple[tuple[Stop, ...], ...]:
    """The hooks from left to right: to an application and from it, and through the host."""
    network, app = (sentence(f"picture.{name}", lang) for name in ("network", "app"))
    drawn = {lane.hook for lane in lanes}
    if not drawn & set(HOOKS):
        return ()

    def stop(hook: str) -> Stop:
        return Stop(kind="hook", title=hook, lit=hook in lit.hooks, drawn=hook in drawn)

    def place(name: str) -> Stop:
        return Stop(kind="place", title=name)

    here = [place(network), stop("PREROUTING"), stop("INPUT"), place(app)]
    there = [stop("OUTPUT"), stop("POSTROUTING"), place(network)]
    through = [place(network), *map(stop, ("PREROUTING", "FORWARD", "POSTROUTING")), place(network)]
    forwards = "FORWARD" in drawn | lit.hooks
    return (tuple(here + there), *((tuple(through),) if forwards else ()))
