"""What `nft -j list ruleset` prints, and `nft -j -f` takes, to tables (libnftables-json(5))."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.nft.cursor import StrangeWordsError
from iptsim.dialects.nft.declared_sets import set_flags
from iptsim.dialects.nft.json_expressions import read_elements, read_expression
from iptsim.dialects.nft.json_statements import read_statement
from iptsim.dialects.nft.nft_text import NftRead, finished
from iptsim.dialects.nft.priorities import priority_of
from iptsim.dialects.nft.scripts import Host
from iptsim.dialects.nft.tables import TableSoFar, as_listed, as_shown
from iptsim.nftables.datatypes import types_of
from iptsim.nftables.expressions import Concatenation
from iptsim.nftables.nft_ruleset import NftFlowtable, NftHook, NftObject, NftRule, NftSet
from iptsim.nftables.nft_statements import Statement, Unknown

_WRONG = (StrangeWordsError, KeyError, TypeError, ValueError, AttributeError, IndexError)
_OBJECTS = frozenset(
    {
        "counter",
        "quota",
        "limit",
        "ct helper",
        "ct timeout",
        "ct expectation",
        "synproxy",
        "secmark",
    }
)
_STATED = frozenset({"counter", "quota", "limit", "synproxy"})
_COMMANDS = frozenset({"add", "create", "insert", "delete", "destroy", "flush", "replace"})
_TYPES, _POLICIES = ("filter", "nat", "route"), ("accept", "drop")
_HOOKS = ("prerouting", "input", "forward", "output", "postrouting", "ingress", "egress")
_AROUND = frozenset({"family", "table", "name", "handle", "comment"})


def read_nft_json(text: str, file: str) -> NftRead | None:
    """The tables; None where it is no JSON of nft's, or breaks off."""
    host = Host(file)
    return finished(host) if add_json(host, text, 1) else None


def add_json(host: Host, text: str, line: int) -> bool:
    """Carry out what a JSON text says; False where it is none of nft's, or breaks off."""
    text = text.strip()
    try:
        told, _end = json.JSONDecoder().raw_decode(text if text[:1] == "{" else "{" + text)
        items = told["nftables"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if not isinstance(items, list):
        return False
    taking = _Items(host, line)
    host.listings.begin()
    for item in items:
        taking.take(item)
    return True


class _Items:
    """The items of the list, gone through one after the other."""

    def __init__(self, host: Host, line: int) -> None:
        self.host, self.line = host, line

    def take(self, item: Any) -> None:
        """One item of the list."""
        try:
            key, held = next(iter(item.items()))
            if key in _COMMANDS:
                self.host.commanded = True
                self._carry_out(key, held)
            elif key != "metainfo":
                self._add(key, held)
        except (*_WRONG, StopIteration, RecursionError):
            self.host.note(codes.NFT_LINE_NOT_READ, self.line, text=json.dumps(item)[:80])
            self.host.whole = False

    def _carry_out(self, verb: str, held: Any) -> None:
        kind, of = next(iter(held.items()))
        if verb in ("add", "create"):
            self._add(kind, of)
        elif verb == "flush" and kind == "ruleset":
            self.host.flushed = True
            self.host.tables.clear()
        elif verb in ("delete", "destroy") and kind == "table":
            self.host.tables.pop((of["family"], of["name"]), None)
        elif verb == "flush" and kind in ("table", "chain"):
            table = self._of(of, of["name"] if kind == "table" else of["table"])
            chains = table.chains.values() if kind == "table" else [table.chain(of["name"], 1)]
            for chain in chains:
                chain.rules.clear()
        else:
            raise StrangeWordsError

    def _of(self, of: Mapping[str, Any], name: str) -> TableSoFar:
        return self.host.table(f"{of['family']} {name}", self.line, fresh=self.host.commanded)

    def _add(self, kind: str, of: Mapping[str, Any]) -> None:
        if kind == "table":
            table = self._of(of, of["name"])
            table.handle, table.comment = of.get("handle"), of.get("comment")
            table.flags = frozenset(map(_table_flag, _list(of.get("flags"))))
            return
        table = self._of(of, of["table"])
        if kind in _OBJECTS:
            table.objects[kind, of["name"]] = self._object(kind, of)
        else:
            _ADDED[kind](self, table, of)

    def chain(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """A chain, of whose base all or nothing is told."""
        chain = table.chain(of["name"], self.line)
        chain.comment, chain.handle = of.get("comment"), of.get("handle")
        if "hook" in of:
            chain.policy = of.get("policy")
            priority = _priority(of["prio"], table.family, of["hook"])
            known = of["type"] in _TYPES and of["hook"] in _HOOKS
            if not known or of.get("policy", "accept") not in _POLICIES:
                raise StrangeWordsError
            chain.base = NftHook(
                type=of["type"],
                hook=of["hook"],
                priority=priority,
                priority_text=str(priority),
                devices=tuple(_list(of.get("dev"))),
            )

    def rule(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """A rule, behind those of its chain."""
        statements = tuple(read_statement(each) for each in of["expr"])
        statements = as_listed(statements, table.family)
        statements = statements if self.host.commanded else as_shown(statements)
        chain = table.chain(of["chain"], self.line)
        place = table.place_at(self.line)
        for each in statements:
            if isinstance(each, Unknown):
                self.host.note(codes.NFT_STATEMENT_UNKNOWN, self.line, text=each.text[:80])
        chain.rules.append(
            NftRule(
                statements=statements,
                comment=of.get("comment"),
                handle=of.get("handle"),
                place=place,
            )
        )

    def set(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """A set."""
        self._listed(table, self._set(table, of, None))

    def map(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """A map."""
        self._listed(table, self._set(table, of, of["map"]))

    def _listed(self, table: TableSoFar, made: NftSet) -> None:
        table.sets[made.name] = made
        self.host.listings.set((table.family, table.name), made.name, full=bool(made.elements))

    def _set(self, table: TableSoFar, of: Mapping[str, Any], value: Any) -> NftSet:
        typeof, kinds = _types(of["type"])
        held, values = ((), None) if value is None else _types(value)
        elements = read_elements(of.get("elem", []), kinds, values or ())
        return NftSet(
            name=of["name"],
            key_type=kinds,
            value_type=values,
            typeof=typeof,
            typeof_value=held,
            flags=set_flags(_list(of.get("flags")), of.get("timeout")),
            elements=elements,
            timeout=_milliseconds(of.get("timeout")),
            gc_interval=_milliseconds(of.get("gc-interval")),
            size=of.get("size"),
            policy=of.get("policy"),
            auto_merge=bool(of.get("auto-merge")),
            statements=tuple(_statements(of.get("stmt"))),
            comment=of.get("comment"),
            handle=of.get("handle"),
            place=table.place_at(self.line),
        )

    def element(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """Elements that a set gets besides."""
        found = table.sets[of["name"]]
        more = read_elements(of["elem"], found.key_type, found.value_type or ())
        self._listed(table, replace(found, elements=(*(found.elements or ()), *more)))

    def flowtable(self, table: TableSoFar, of: Mapping[str, Any]) -> None:
        """A flowtable."""
        table.flowtables[of["name"]] = NftFlowtable(
            name=of["name"],
            hook=of.get("hook", "ingress"),
            priority=of.get("prio", 0),
            priority_text=str(of.get("prio", 0)),
            devices=tuple(_list(of.get("dev"))),
            flags=frozenset(_list(of.get("flags"))),
            handle=of.get("handle"),
            place=table.place_at(self.line),
        )

    def _object(self, kind: str, of: Mapping[str, Any]) -> NftObject:
        body = {name: held for name, held in of.items() if name not in _AROUND}
        statement = read_statement({kind: body}) if kind in _STATED else None
        return NftObject(
            kind=kind,
            name=of["name"],
            statement=None if isinstance(statement, Unknown) else statement,
            body=() if statement is not None else tuple(_lines(kind, body)),
            comment=of.get("comment"),
            handle=of.get("handle"),
        )


def _lines(kind: str, of: Mapping[str, Any]) -> list[str]:
    """The lines that a listing has for an object of connection tracking."""
    if kind == "ct helper":
        told = [f'type "{of["type"]}" protocol {of["protocol"]}']
        return told + ([f"l3proto {of['l3proto']}"] if "l3proto" in of else [])
    return [f"{name} {held}" for name, held in of.items()]


def _table_flag(told: str) -> str:
    """The flag that is meant: nft 1.0.6 prints letters of memory that is free in place of it."""
    return told if told in ("owner", "persist") else "dormant"


def _priority(told: Any, family: str, hook: str) -> int:
    """A number, or as nft takes it, too, a name."""
    found = priority_of(told, family, hook) if isinstance(told, str) else told
    if type(found) is not int:
        raise StrangeWordsError
    return found


def _list(of: Any) -> list[str]:
    return [of] if isinstance(of, str) else list(of or ())


def _statements(of: Any) -> list[Statement]:
    return [read_statement(each) for each in (of if isinstance(of, list) else [of] if of else [])]


def _milliseconds(of: Any) -> int | None:
    return None if of is None else of * 1000


def _types(of: Any) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The expressions of a `typeof`, and the types."""
    if isinstance(of, dict):
        found = read_expression(of["typeof"])
        parts = found.parts if isinstance(found, Concatenation) else (found,)
        return parts, types_of(found)
    return (), tuple(part for each in _list(of) for part in each.split(" . "))


_ADDED: Mapping[str, Callable[[_Items, TableSoFar, Mapping[str, Any]], None]] = {
    "chain": _Items.chain,
    "rule": _Items.rule,
    "set": _Items.set,
    "map": _Items.map,
    "element": _Items.element,
    "flowtable": _Items.flowtable,
}
