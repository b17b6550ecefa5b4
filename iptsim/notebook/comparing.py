"""What changed between two rule sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass
from iptsim.diff import Difference
from iptsim.diff.difference import Change, Effect
from iptsim.notebook.shown import Shown, style_of
from iptsim.render.outputs.diff_json import diff_json
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.outputs.html import diff_html
from iptsim.render.shared.hunk_lines import Sources

if TYPE_CHECKING:
    from iptsim.notebook import Json, Rules


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Shown):
    """What changed between two dumps; `difference` holds it as data."""

    before: Rules
    after: Rules
    difference: Difference

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed of tables, chains and rules."""
        return self.difference.changes

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The packets that fare otherwise now."""
        return self.difference.effects

    @property
    def same_effect(self) -> bool:
        """Whether every packet fares as before; False, too, where a side could not be followed."""
        return self.difference.same_effect

    def json(self) -> Json:
        """The answer as data, `iptsim.diff/1`."""
        return diff_json(self.difference, lang=self.after.lang)

    def __str__(self) -> str:
        return self._as(diff_text)

    def _repr_html_(self) -> str:
        return self._as(diff_html)

    def _as(self, render: Callable[..., str]) -> str:
        sources = _both(self.before.sources, self.after.sources)
        style = style_of(self.after, {**self.before.sources, **self.after.sources})
        return render(self.difference, style, sources=sources)


def _both(before: Sources, after: Sources) -> Sources:
    """The lines of both sides, without a file that is another text on either."""
    other = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    every = {**before, **after}
    return {name: lines for name, lines in every.items() if name not in other}
