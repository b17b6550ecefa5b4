"""What the ends of a picture say: a verdict and what comes next, a new destination by its name."""

from __future__ import annotations

from iptsim.actions import Action, Deliver, Fate, Side, To, Translate, Verdict
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import filled, sentence
from iptsim.explain.number_texts import translated
from iptsim.knowledge import System, port
from iptsim.model import Ruleset
from iptsim.netfilter.hooks import stops
from iptsim.regex import regex
from iptsim.render.pictures.drawn import End
from iptsim.render.pictures.told_chains import ToldChain

_NEXT = {
    "INGRESS": "picture.to_hooks",
    "PREROUTING": "picture.to_routing",
    "INPUT": "picture.to_app",
    "FORWARD": "picture.to_out",
    "OUTPUT": "picture.to_out",
    "POSTROUTING": "picture.to_network",
    "EGRESS": "picture.to_network",
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
    """Tells the ends of rules at a hook; `systems` are those whose ports mean something.

    `begins` are the keys of the chains to which packets come from the hook, in their order.
    """

    family: int
    hook: str
    begins: tuple[str, ...]
    systems: tuple[System, ...]
    lang: str

    def of(self, action: Action, chain: ToldChain) -> End | None:
        """The end that an action is; None where packets go on through the chain."""
        match action:
            case Verdict(fate=fate):
                return self.verdict(fate, chain)
            case Translate():
                return self._sent(action)
            case Deliver(port=number):
                return End(kind="sent", title=str(number or "="), meaning=self._port(number))
            case _:
                return None

    def verdict(self, fate: Fate, chain: ToldChain) -> End | None:
        """The end of a verdict in a chain."""
        if fate is Fate.RETURN:
            return None
        if fate is Fate.ACCEPT:
            return End(kind="good", title="ACCEPT", meaning=self.beyond(chain))
        said = _SAYS.get(fate)
        meaning = sentence(said, self.lang) if said else ""
        return End(kind="bad", title=fate.value, meaning=meaning)

    def beyond(self, chain: ToldChain) -> str:
        """What comes behind a chain's table at the hook; '' where nobody can tell.

        A table of nftables may have several chains there, each of which leads to this one.
        """
        own = f"{chain.table.name} "
        places = [at for at, key in enumerate(self.begins) if key.startswith(own)]
        if chain.key in self.begins:
            places = [self.begins.index(chain.key)]
        if len(places) > 1:
            return ""
        behind = self.begins[places[0] + 1 :] if places else ()
        if behind:
            return sentence("picture.to_table", self.lang, table=_short(behind[0], self.hook))
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


def _short(key: str, hook: str) -> str:
    """`nat` for iptables' own chain at a hook, else the table and the chain."""
    return key.removesuffix(f" {hook}")


def begun_at(ruleset: Ruleset, hook: str) -> tuple[str, ...]:
    """The keys of the chains to which packets come from a hook, in their order."""
    nft = all(table.nft is not False for table in ruleset.tables)
    entries = (entry for stop in stops(ruleset, hook, nft=nft) for entry in stop.entries)
    return tuple(f"{e.table.name} {e.chain.name if e.chain else hook}" for e in entries)
