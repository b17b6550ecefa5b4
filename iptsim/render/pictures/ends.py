"""What the ends of a picture say: a verdict and what comes next, a new destination by its name."""

from __future__ import annotations

from iptsim.actions import Action, Deliver, Fate, Side, To, Translate, Verdict
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import filled, sentence
from iptsim.knowledge import System, port
from iptsim.model import Ruleset
from iptsim.netfilter.hooks import tables_at
from iptsim.regex import regex
from iptsim.render.pictures.drawn import End
from iptsim.render.pictures.shares import translated

_NEXT = {
    "PREROUTING": "picture.to_routing",
    "INPUT": "picture.to_app",
    "FORWARD": "picture.to_out",
    "OUTPUT": "picture.to_out",
    "POSTROUTING": "picture.to_network",
}
_SAYS = {
    Fate.DROP: "picture.stops",
    Fate.STOLEN: "picture.stops",
    Fate.REJECT: "picture.refused",
    Fate.QUEUE: "picture.queued",
}
_CLAUSE = regex("[;；]")


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Tells the ends of rules at a hook; `systems` are those whose ports mean something."""

    family: int
    hook: str
    tables: tuple[str, ...]
    systems: tuple[System, ...]
    lang: str

    def of(self, action: Action, table: str) -> End | None:
        """The end that an action is; None where packets go on through the chain."""
        match action:
            case Verdict(fate=fate):
                return self.verdict(fate, table)
            case Translate():
                return self._sent(action)
            case Deliver(port=number):
                return End(kind="sent", title=str(number or "="), meaning=self._port(number))
            case _:
                return None

    def verdict(self, fate: Fate, table: str) -> End | None:
        """The end of a verdict in a table."""
        if fate is Fate.RETURN:
            return None
        if fate is Fate.ACCEPT:
            return End(kind="good", title="ACCEPT", meaning=self.beyond(table))
        said = _SAYS.get(fate)
        meaning = sentence(said, self.lang) if said else ""
        return End(kind="bad", title=fate.value, meaning=meaning)

    def beyond(self, table: str) -> str:
        """What comes behind a table at the hook."""
        behind = self.tables[self.tables.index(table) + 1 :] if table in self.tables else ()
        if behind:
            return sentence("picture.to_table", self.lang, table=behind[0])
        code = _NEXT.get(self.hook)
        return sentence(code, self.lang) if code else ""

    def _sent(self, action: Translate) -> End:
        title = translated(action, self.family)
        number = title.rpartition(":")[2]
        if action.to is To.OUTGOING and not title:
            meaning = sentence("picture.node_address", self.lang)
            return End(kind="sent", title="MASQUERADE", meaning=meaning)
        source = action.side is Side.SOURCE
        meaning = self._port(int(number)) if number.isdigit() and not source else ""
        return End(kind="sent", title=title or "NAT", meaning=meaning)

    def _port(self, number: int) -> str:
        """The first clause of what is known of a port."""
        known = port(number, self.systems) if number else None
        if known is None:
            return ""
        return _CLAUSE.split(filled(known.text(self.lang), {"asked": ""}))[0].strip(" .。")


def tables_drawn(ruleset: Ruleset, hook: str) -> tuple[str, ...]:
    """The tables of a rule set that are asked at a hook, in their order."""
    nft = all(table.nft is not False for table in ruleset.tables)
    return tuple(name for name in tables_at(hook, nft=nft) if ruleset.table(name) is not None)
