"""Rule sets and told conditions as z3 formulas: a second meaning of the same words.

Numbers are bit vectors, chains are if-then-else on whether a packet is still there. Nothing of the
walk over all packets and of its sets is used, only what rules lower to.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import z3  # type: ignore[import-untyped]  # it ships no types

from iptsim.actions import Add, Continue, Fate, Jump, Return, SetBits, Verdict
from iptsim.extensions.lowering import actions, condition
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Rule, Ruleset, Table
from iptsim.packet import FIELDS
from iptsim.predicate import And, Bits, InSet, Interface, Not, OneOf, Or, Predicate

NAMES = ("eth0", "eth1", "eth12", "et", "wlan0", "ppp0")
"""The interfaces that packets come in by: of each that rules can tell apart there is one."""
REWRITTEN = ("mark", "tos", "ttl")
PASSED, DROPPED, REJECTED = range(3)
_VERDICTS = {Fate.DROP: DROPPED, Fate.REJECT: REJECTED, Fate.ACCEPT: PASSED}


def width(name: str) -> int:
    """The bits of a field of IPv4; interfaces are numbers of `NAMES`."""
    return 32 if name in ("src", "dst") else FIELDS[name].width or 3


def variable(name: str) -> Any:
    """The field of the packet as it arrives."""
    return z3.BitVec(name, width(name))


@dataclass(slots=True)
class Flow:
    """Of the packets that entered a chain: the verdict of those that met one, and who came back."""

    verdict: Any
    ended: Any
    back: Any
    held: dict[str, Any]


@dataclass(slots=True)
class Meaning:
    """What one rule set does to packets of a connection state that are delivered here."""

    rules: Ruleset
    state: str
    tables: tuple[str, ...] = ("mangle", "filter")
    verdict: Any = field(init=False)
    held: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = z3.BitVecVal(PASSED, 2)
        self.held = {name: variable(name) for name in REWRITTEN}
        here = z3.BoolVal(True)
        for name in self.tables:
            table = self.rules.table(name)
            if table is not None:
                flow = self._chain(table, table.by_name["INPUT"], here, self.held)
                # Every packet that came here ended in a rule or came back, to the policy of ACCEPT.
                self.verdict = z3.If(flow.ended, flow.verdict, self.verdict)
                self.held = flow.held
                here = z3.And(here, self.verdict == PASSED)

    def _chain(self, table: Table, chain: Chain, here: Any, held: dict[str, Any]) -> Flow:
        never = z3.BoolVal(False)
        flow = Flow(verdict=z3.BitVecVal(PASSED, 2), ended=never, back=never, held=held)
        where = Context(family=4, table=table.name, chain=chain.name)
        for rule in chain.rules:
            hit = z3.And(here, self._holds(condition(rule, where), flow.held))
            here = self._rule(table, rule, where, flow, (here, hit))
        flow.back = z3.Or(flow.back, here)
        return flow

    def _rule(
        self, table: Table, rule: Rule, where: Context, flow: Flow, here_and_hit: tuple[Any, Any]
    ) -> Any:
        """Who is still there after the rule."""
        here, hit = here_and_hit
        rest = z3.And(here, z3.Not(hit))
        for action in actions(rule, where, table):
            match action:
                case SetBits(field=name, value=value, mask=mask):
                    _put(flow, name, hit, (flow.held[name] & ~mask) ^ value)
                case Add(field=name, delta=delta):
                    _put(flow, name, hit, _stepped(flow.held[name], delta))
                case Continue():
                    return here
                case Verdict(fate=fate):
                    flow.verdict = z3.If(hit, z3.BitVecVal(_VERDICTS[fate], 2), flow.verdict)
                    flow.ended = z3.Or(flow.ended, hit)
                case Return():
                    flow.back = z3.Or(flow.back, hit)
                case Jump(chain=name, goto=goto):
                    back = self._jump(table, name, hit, flow)
                    if not goto:
                        return z3.Or(rest, back)
                    flow.back = z3.Or(flow.back, back)
                case _:
                    raise AssertionError(action)
        return rest

    def _jump(self, table: Table, name: str, hit: Any, flow: Flow) -> Any:
        """Who comes back from the chain."""
        inner = self._chain(table, table.by_name[name], hit, flow.held)
        flow.verdict = z3.If(inner.ended, inner.verdict, flow.verdict)
        flow.ended, flow.held = z3.Or(flow.ended, inner.ended), inner.held
        return inner.back

    def _holds(self, asked: Predicate, now: dict[str, Any]) -> Any:
        match asked:
            case Not(part=part):
                return z3.Not(self._holds(part, now))
            case And(parts=parts):
                return z3.And([self._holds(part, now) for part in parts])
            case Or(parts=parts):
                return z3.Or([self._holds(part, now) for part in parts])
            case OneOf(field="ctstate", names=names):
                return z3.BoolVal(self.state in names)
            case InSet(field=name, values=values):
                return _in_ranges(_now(name, now), values.ranges)
            case Bits(field=name, test=test):
                return (_now(name, now) & test.mask) == test.value
            case Interface(field=name, pattern=pattern):
                return z3.Or([variable(name) == n for n, x in enumerate(NAMES) if x in pattern])
        raise AssertionError(asked)


def _now(name: str, now: dict[str, Any]) -> Any:
    return now[name] if name in now else variable(name)


def _put(flow: Flow, name: str, hit: Any, value: Any) -> None:
    flow.held = {**flow.held, name: z3.If(hit, value, flow.held[name])}


def _stepped(held: Any, delta: int) -> Any:
    """A number of eight bits that stops at 0 and 255."""
    wide = z3.ZeroExt(8, held) + delta
    stopped = z3.If(wide < 0, z3.BitVecVal(0, 16), z3.If(wide > 255, z3.BitVecVal(255, 16), wide))
    return z3.Extract(7, 0, stopped)


def _in_ranges(held: Any, ranges: Any) -> Any:
    top = (1 << held.size()) - 1
    within = [(low, min(high, top)) for low, high in ranges if low <= top]
    return z3.Or([z3.And(z3.UGE(held, low), z3.ULE(held, high)) for low, high in within])


def differs(one: Meaning, other: Meaning) -> Any:
    """Where the fates of two rule sets differ: the verdict, or a field of what passes."""
    rewritten = z3.Or([one.held[name] != other.held[name] for name in REWRITTEN])
    passed = one.verdict == PASSED
    return z3.Or(one.verdict != other.verdict, z3.And(passed, rewritten))


def in_cubes(cubes: list[dict[str, Any]], state: str) -> Any:
    """Where the JSON cubes hold."""
    return z3.Or([_in_cube(cube, state) for cube in cubes])


def _in_cube(cube: Mapping[str, Any], state: str) -> Any:
    parts = []
    for key, texts in cube.items():
        name = key.removeprefix("!")
        inside = z3.Or([_in_text(name, text, state) for text in texts])
        parts.append(inside if name == key else z3.Not(inside))
    return z3.And(parts)


def _in_text(name: str, text: str, state: str) -> Any:
    if name == "ctstate":
        return z3.BoolVal(text == state)
    if name == "in":
        stem = text.removesuffix("+")
        fits = [x.startswith(stem) if stem != text else x == text for x in NAMES]
        return z3.Or([variable(name) == n for n, fit in enumerate(fits) if fit])
    if "/" in text:
        value, mask = text.split("/")
        if name in ("src", "dst"):
            net = ipaddress.ip_network(text) if mask.isdigit() else None
            asked = int(net.netmask) if net else int(ipaddress.ip_address(mask))
            return (variable(name) & asked) == int(ipaddress.ip_address(value))
        if name == "tcp_flags":
            return (variable(name) & _flags(value)) == _flags(mask)
        return (variable(name) & int(mask, 0)) == int(value, 0)
    low, _, high = text.partition("-")
    return _in_ranges(variable(name), [(_number(low), _number(high or low))])


def _flags(text: str) -> int:
    names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    return sum(1 << names.index(name) for name in text.split(",") if name != "NONE")


def _number(text: str) -> int:
    if text in ("tcp", "udp"):
        return {"tcp": 6, "udp": 17}[text]
    return int(ipaddress.ip_address(text)) if "." in text else int(text, 0)
