"""What targets do to packets that tell their fields, as the tracer's own arithmetic has it.

What the tracer makes of it in worlds stands in `iptsim.tracer.rules.target_actions` and
`iptsim.tracer.conntrack.nat`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from iptsim.actions import Action, Add, Change, CopyBits, SetBits, To, Translate, Untrack
from iptsim.dataclass import dataclass
from iptsim.host import Host
from iptsim.many.quick_conditions import Value
from iptsim.many.quick_rules import QuickRule
from iptsim.many.ways import NotPlainError, Own, Parts, Signature, Way
from iptsim.packet import FIELDS
from iptsim.tracer.conntrack.nat import PORTED, SOURCE_HOOKS
from iptsim.tracer.rules.target_actions import REPORTED
from iptsim.values import IntSet, format_address
from iptsim.worlds.domains import ADDRESS_FIELDS
from iptsim.worlds.outcome import Rewrite
from iptsim.worlds.terms import Known, Term, add, copy_bits, set_bits, shift, short, value_of

_WITHOUT = ("INVALID", "UNTRACKED")
_CONFIRMED = 8
_ANY_PORT = IntSet.between(1, 65535)


@dataclass(slots=True, eq=False, kw_only=True)
class Deeds:
    """Carries out changes at a hook of a host; `written` makes a rewrite the text of its JSON."""

    hook: str
    host: Host
    width: int
    signature: Signature
    written: Callable[[Rewrite], str]

    def do(self, way: Way, action: Action, rule: QuickRule) -> None:
        """Change what the way holds; `NotPlainError` where more than its values decides."""
        match action:
            case SetBits(field=name):
                if _reachable(way, name):
                    full = _full(name)
                    term = set_bits(_known(way, name), action.value, action.mask, full)
                    self._rewrite(way, rule, name, term)
            case Add(field=name, delta=delta):
                self._rewrite(way, rule, name, _added(way, name, delta))
            case CopyBits(to=to, source=source):
                if _reachable(way, to, source):
                    self._rewrite(way, rule, to, _copied(way, action))
            case Untrack():
                if way.held.get("ctstate") == "INVALID":
                    way.held["ctstate"] = "UNTRACKED"
            case Translate():
                self._translate(way, action, rule)
            case _ if isinstance(action, Change):
                raise NotPlainError

    def _translate(self, way: Way, action: Translate, rule: QuickRule) -> None:
        status = way.held.get("ctstatus") or 0
        if isinstance(status, int) and status & _CONFIRMED:
            return
        source = self.hook in SOURCE_HOOKS
        self._address(way, action, "src" if source else "dst", rule)
        proto = way.held.get("proto")
        if proto is None or proto in PORTED:
            self._port(way, action, "sport" if source else "dport", rule)

    def _address(self, way: Way, action: Translate, name: str, rule: QuickRule) -> None:
        if action.to is To.INCOMING:
            self._incoming(way, rule)
        elif action.to is To.OUTGOING:
            self._outgoing(way, rule)
        elif action.addresses is not None and action.to is To.MAPPED:
            full = (1 << self.width) - 1
            self._mixes(way, name)
            term = set_bits(_known(way, name), action.addresses.first, action.mask, full)
            self._rewrite(way, rule, name, term)
        elif action.addresses is not None and action.addresses.count == 1:
            self._rewrite(way, rule, name, Known(value=action.addresses.first))
        elif action.addresses is not None:
            raise NotPlainError

    def _incoming(self, way: Way, rule: QuickRule) -> None:
        """Where nobody told of addresses that of the interface is not known, but at OUTPUT."""
        if self.hook == "OUTPUT":
            loopback = 127 << 24 | 1 if self.width == 32 else 1
            self._rewrite(way, rule, "dst", Known(value=loopback))
        elif self.host.addresses is not None:
            raise NotPlainError

    def _outgoing(self, way: Way, rule: QuickRule) -> None:
        out = way.held.get("out")
        if self.width == 32 and way.held.get("ctorigsrc") == 0:
            return
        if self.host.addresses is not None or out == "lo":
            raise NotPlainError
        shown = f"an address of {out}" if out else "an address of the outgoing interface"
        self._rewrite(way, rule, "src", None, shown)

    def _port(self, way: Way, action: Translate, name: str, rule: QuickRule) -> None:
        held, ports = way.held.get(name), action.ports
        if ports is None:
            if action.random and name == "sport":
                self._chosen(way, rule, name, _ANY_PORT)
        elif action.base is not None:
            if not isinstance(held, int):
                raise NotPlainError
            self._mixes(way, name)
            moved = ports.first + ((held - action.base) & 0xFFFF) % ports.count
            self._rewrite(way, rule, name, Known(value=moved))
        elif ports.count == 1:
            self._rewrite(way, rule, name, Known(value=ports.first))
        elif held is None:
            raise NotPlainError
        else:
            self._mixes(way, name)
            if action.random or held not in ports:
                self._chosen(way, rule, name, ports)

    def _mixes(self, way: Way, name: str) -> None:
        """Say that what becomes of the packet hangs on that value of a field."""
        if name in way.own:
            self.signature.guards = None

    def _chosen(self, way: Way, rule: QuickRule, name: str, among: IntSet) -> None:
        if among == IntSet.width(16):
            raise NotPlainError
        self._rewrite(way, rule, name, None, f"{among.ranges[0][0]}-{among.ranges[-1][1]}")

    def _rewrite(
        self, way: Way, rule: QuickRule, name: str, term: Term | None, shown: str = ""
    ) -> None:
        """The field gets that value; without one the kernel chose it, and `shown` says of what."""
        before, value = way.held.get(name), None if term is None else value_of(term)
        if before == value and value is not None:
            return
        self._hold(way, name, value)
        self._say(name, value)
        if name in REPORTED:
            head, middle, tail = rule.gaps(name, self.written)
            after = json.dumps(shown) if value is None else self._json(name, value)
            parts = self._before(way, name, before)
            way.rewrites = (*way.rewrites, (head, *parts, middle, after, tail))
        way.own -= {name}

    def _before(self, way: Way, name: str, before: Value | None) -> Parts:
        if before is None:
            return ("null",)
        if name not in way.own:
            return (self._json(name, before),)
        return ('"', Own(name), '"') if name in ADDRESS_FIELDS else (Own(name),)

    def _json(self, name: str, value: Value) -> str:
        shown = self._shown(name, value)
        return f'"{shown}"' if name in ADDRESS_FIELDS else str(shown)

    def _hold(self, way: Way, name: str, value: Value | None) -> None:
        if value is None:
            way.held.pop(name, None)
            way.vague = True
        else:
            way.held[name] = value
        told = "" if value is None else str(self._shown(name, value))
        way.gone = {**way.gone, name: short(f"{name} set to {told}")}

    def _say(self, name: str, value: Value | None) -> None:
        self.signature.said.append(name)
        if name in ("src", "dst") and isinstance(value, int):
            self.signature.address(value)
        else:
            self.signature.value(value)

    def _shown(self, name: str, value: Value) -> Value:
        if name in ADDRESS_FIELDS and isinstance(value, int):
            return format_address(value, self.width)
        return value


def _known(way: Way, name: str) -> Known:
    value = way.held.get(name)
    if value is None:
        raise NotPlainError
    return Known(value=value)


def _full(name: str) -> int:
    return (1 << FIELDS[name].width) - 1


def _reachable(way: Way, *names: str) -> bool:
    """A packet without a connection has no connmark (xt_connmark.c)."""
    return "connmark" not in names or way.held.get("ctstate") not in _WITHOUT


def _added(way: Way, name: str, delta: int) -> Term:
    term = _known(way, name)
    if FIELDS[name].width <= 8:
        return add(term, delta)
    return Known(value=(int(term.value) + delta) & _full(name))


def _copied(way: Way, action: CopyBits) -> Term:
    to, source, full = _known(way, action.to), _known(way, action.source), _full(action.to)
    masked = set_bits(source, 0, full ^ action.source_mask, full)
    brought = shift(masked, action.shift, full)
    if brought is None:
        raise NotPlainError
    return copy_bits(to, action.to_mask, brought, full, full)
