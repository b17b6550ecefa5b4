"""Pictures of rules, of a packet's way, and of what changed, as values that layouts place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.diff.difference import Difference
from iptsim.errors import UsageError
from iptsim.explain.catalogue import sentence
from iptsim.knowledge import recognised_by_chains
from iptsim.model import Ruleset
from iptsim.packet import HOOKS
from iptsim.render.pictures.drawn import Lane, Picture, Stop
from iptsim.render.pictures.ends import Ends, tables_drawn
from iptsim.render.pictures.lanes import Drawer
from iptsim.render.pictures.lit_steps import Lit, lit_by
from iptsim.render.pictures.rule_lines import RuleLines
from iptsim.render.pictures.told_chains import Chains, chains_of, compared
from iptsim.render.shared.headline import headline
from iptsim.render.shared.trace_answer import TraceAnswer

_VERDICTS = {"✔": "good", "✘": "bad"}
_NOTHING = Lit()


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """What all pictures need: the rules to draw, of which rule set, in which language."""

    ruleset: Ruleset
    chains: Chains
    lang: str
    lit: Lit = _NOTHING
    cut: bool = False
    changed: bool = False

    def lanes(self) -> Iterator[Lane]:
        """The hooks at which anything is done."""
        drawer = self.drawer()
        for hook in HOOKS:
            tables = self.tables(hook)
            lane = drawer.lane(hook, tables)
            if lane.boxes:
                yield lane

    def tables(self, hook: str) -> tuple[str, ...]:
        """The tables at a hook, in their order."""
        known = {key.partition(" ")[0] for key in self.chains}
        told = tables_drawn(self.ruleset, hook)
        return tuple(name for name in told if name in known)

    def drawer(self) -> Drawer:
        """What draws the hooks."""
        ends = Ends(
            family=self.ruleset.family,
            hook="",
            tables=(),
            systems=tuple(recognised_by_chains(self.ruleset)),
            lang=self.lang,
        )
        lines = RuleLines(chains=self.chains, ends=ends, lit=self.lit, lang=self.lang)
        return Drawer(
            chains=self.chains, lines=lines, lang=self.lang, cut=self.cut, changed=self.changed
        )

    def picture(
        self,
        title: str,
        lanes: Sequence[Lane],
        *,
        subtitle: tuple[str, ...] = (),
        verdict: str = "",
    ) -> Picture:
        """The picture of these hooks."""
        drawn = {box.key for lane in lanes for box in lane.boxes}
        user = sum(1 for chain in self.chains.values() if chain.policy is None)
        shown = sum(1 for key in drawn if self.chains[key].policy is None)
        folded = 0 if self.cut or self.changed else user - shown
        if folded:
            facts = {"count": folded, "chains": user}
            subtitle = (*subtitle, sentence("picture.folded", self.lang, **facts))
        return Picture(
            title=title,
            family=self.ruleset.family,
            lanes=tuple(lanes),
            rails=rails(lanes, self.lit, self.lang),
            chains=user,
            folded=folded,
            subtitle=subtitle,
            verdict=verdict,
        )


def rules_picture(ruleset: Ruleset, lang: str, *, start: str | None = None) -> Picture:
    """All rules; with `start` those that packets meet from that chain on.

    Raises `UsageError` where no table has a chain of that name.
    """
    drawing = _Drawing(ruleset=ruleset, chains=chains_of(ruleset), lang=lang)
    if start is None:
        return drawing.picture(sentence("picture.rules", lang), [*drawing.lanes()])
    roots = [key for key, chain in drawing.chains.items() if chain.name == start]
    if not roots:
        message = f"{start}: nothing of this name is in the dump"
        raise UsageError(message, code=codes.NOTHING_OF_NAME, name=start)
    title = sentence("picture.from", lang, chain=start)
    hook = start if start in HOOKS else ""
    tables = tuple(key.partition(" ")[0] for key in roots)
    return drawing.picture(title, [drawing.drawer().lane(hook, tables, roots)])


def trace_picture(answer: TraceAnswer, *, whole: bool = False) -> Picture:
    """The way of a packet, its first one where several are open; `whole` with all other rules."""
    lang = answer.style.lang
    drawing = _Drawing(
        ruleset=answer.ruleset,
        chains=chains_of(answer.ruleset),
        lang=lang,
        lit=lit_by(answer.trace.outcomes[0], lang),
        cut=not whole,
    )
    head = headline(answer).split("\n")
    told = " ".join(part.strip() for part in head)
    verdict = _VERDICTS.get(told[0], "unsure")
    return drawing.picture(told, [*drawing.lanes()], verdict=verdict)


def change_picture(difference: Difference, family: int, lang: str) -> Picture:
    """What changed of a family's rules, and what leads there."""
    sides = (difference.after.family(family), difference.before.family(family))
    ruleset = next(side for side in sides if side is not None)
    chains = compared(difference, family)
    drawing = _Drawing(ruleset=ruleset, chains=chains, lang=lang, changed=True)
    legend = [sentence(f"picture.legend.{one}", lang) for one in ("added", "removed", "changed")]
    title = sentence("picture.changes", lang)
    return drawing.picture(title, [*drawing.lanes()], subtitle=("   ".join(legend),))


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
