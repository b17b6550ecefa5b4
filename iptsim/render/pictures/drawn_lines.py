"""A rule as a row of its box: what it asks in short words, what it does, where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from iptsim.actions import Action, Deliver, Fate, Jump, Return, Translate
from iptsim.dataclass import dataclass, replace
from iptsim.diff.texts import rule_text
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.explain.number_texts import translated
from iptsim.extensions.lowering import actions
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_target
from iptsim.model import Counters, Rule
from iptsim.nftables.expressions import Concatenation
from iptsim.render.pictures.drawn import End, Line
from iptsim.render.pictures.ends import Ends
from iptsim.render.pictures.lit_steps import Lit, Marked
from iptsim.render.pictures.native_rows import is_foreign, keys_text, native_deed, straight
from iptsim.render.pictures.rule_entries import Entry
from iptsim.render.pictures.shares import Share, named_in, part_text, shares
from iptsim.render.pictures.told_chains import Chains, ToldChain

_LONGEST_TIP = 400


@dataclass(frozen=True, kw_only=True)
class RuleLines:
    """Makes the rows of chains at one hook."""

    chains: Chains
    ends: Ends
    lit: Lit
    lang: str

    @property
    def _family(self) -> int:
        return self.ends.family

    def rule(self, chain: ToldChain, entry: Entry, parts: Mapping[int, Fraction], at: int) -> Line:
        """The row of a rule; `parts` are the shares of a chain that spreads, `at` its place."""
        rule, table = entry.rule, chain.table
        where = Context(family=self._family, table=table.name, chain=chain.name)
        done = actions(rule, where, table)
        lit = self.lit.at(self.ends.hook, chain, entry)
        asks, when = self._asks(entry, where, parts.get(at))
        return Line(
            number=str(entry.number),
            asks=asks,
            when=when,
            does=native_deed(rule) if rule.nft is not None else self._does(rule, done),
            count=counted(rule.counters),
            sign=entry.sign,
            to=self._leads_to(done, chain),
            end=self._end(rule, done, chain, lit),
            lit=lit.numbers,
            change=lit.change,
            tip=rule_text(chain.name, rule, self._family)[:_LONGEST_TIP],
        )

    def _asks(self, entry: Entry, where: Context, part: Fraction | None) -> tuple[str, str]:
        """Names first: the service that the rule's comment speaks of; and without them."""
        if part is not None:
            share = sentence("picture.share", self.lang, part=part_text(part))
            return share, share
        asked = self._asked_in(entry, where)
        name = named_in(entry.rule)
        return f"{name}  {asked}" if name else asked, asked

    def _asked_in(self, entry: Entry, where: Context) -> str:
        """Of a map with keys of several parts its elements: `10.96.0.10 . udp . 53`."""
        row = entry.row
        if row is None or not isinstance(row.led.key, Concatenation):
            return self.asked(entry.rule, where)
        told = self.asked(row.before, where)
        every = told == sentence("word.any", self.lang)
        return keys_text(row.led) if every else f"{told} {keys_text(row.led)}"

    def asked(self, rule: Rule, where: Context) -> str:
        """What a rule asks, in short words."""
        return describe_condition(rule, where, self.lang)

    def _leads_to(self, done: tuple[Action, ...], chain: ToldChain) -> str:
        jump = next((action for action in straight(done) if isinstance(action, Jump)), None)
        return "" if jump is None else f"{chain.table.name} {jump.chain}"

    def _does(self, rule: Rule, done: tuple[Action, ...]) -> str:
        if rule.unread is not None:
            return sentence("picture.unread", self.lang)
        if rule.target is None:
            return "–"
        last = done[-1]
        if isinstance(last, Jump):
            return _led(last)
        if isinstance(last, Return):
            return "RETURN"
        sent = next((a for a in done if isinstance(a, Translate)), None)
        told = "" if sent is None else translated(sent, self._family)
        if told:
            return f"{rule.target.name} → {told}"
        handed = next((a for a in done if isinstance(a, Deliver)), None)
        if handed is not None:
            return f"{rule.target.name} → {handed.port or '='}"
        return write_target(rule.target, self._family, shown=True).removeprefix("-j ")

    def _end(
        self, rule: Rule, done: tuple[Action, ...], chain: ToldChain, lit: Marked
    ) -> End | None:
        if rule.unread is not None or is_foreign(rule, self._family):
            return None
        found = (self.ends.of(action, chain) for action in straight(done))
        return self._reached(next((end for end in found if end is not None), None), lit)

    def _reached(self, end: End | None, lit: Marked) -> End | None:
        """The end of a packet that was sent to another port: whoever listens there gets it."""
        here = end is not None and end.kind == "good" and self.ends.hook == "INPUT"
        if end is None or not (here and lit.numbers and self.lit.port):
            return end
        meaning = sentence("picture.to_port", self.lang, port=self.lit.port)
        return replace(end, meaning=meaning)

    def deed_of(self, chain: ToldChain) -> str:
        """What the first rule of a chain does."""
        return self.rule(chain, chain.entries[0], {}, 0).does

    def policy(self, chain: ToldChain) -> Line | None:
        """The row below a chain's rules: its policy, or the way back to the chain before it."""
        lit = self.lit.at_policy(self.ends.hook, chain)
        if chain.policy is None:
            return Line(
                number="",
                asks=sentence("picture.end", self.lang),
                does=sentence("picture.back", self.lang),
            )
        code = "picture.policy_was" if chain.was else "picture.policy"
        return Line(
            number="",
            asks=sentence(code, self.lang, was=chain.was),
            does=chain.policy,
            count=counted(chain.counters),
            sign="~" if chain.was else "",
            end=self._reached(self.ends.verdict(Fate(chain.policy), chain), lit),
            lit=lit.numbers,
        )

    def destinations(self, key: str) -> int:
        """How many a chain has for its packets."""
        return len(self._shares(key))

    def _shares(self, key: str) -> list[Share]:
        chain = self.chains.get(key)
        return [] if chain is None else list(shares(chain, self.chains, self._family))

    def spread(self, key: str) -> str:
        """`→ 3 destinations, 1/3 each`: what a chain that is not drawn does with its packets."""
        found = self._shares(key)
        if not found:
            return ""
        if len(found) == 1:
            return sentence("picture.spread.one", self.lang, to=found[0].to)
        parts = {share.part for share in found}
        even = parts.pop() if len(parts) == 1 else None
        if even is None:
            return sentence("picture.spread.uneven", self.lang, count=len(found))
        return sentence("picture.spread", self.lang, count=len(found), part=part_text(even))


def _led(jump: Jump) -> str:
    return f"{'⇒' if jump.goto else '→'} {jump.chain}"


def counted(counters: Counters | None) -> str:
    """`420`, `118K`: the packets that met a rule; '' where none did, or nobody counted."""
    if counters is None or not counters.packets:
        return ""
    number = counters.packets
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "K")):
        if number >= size:
            return f"{number // (size if letter != 'K' else 1000)}{letter}"
    return str(number)
