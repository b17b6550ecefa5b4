"""Rule sets as JSON, schema `iptsim.ruleset/1`."""

from __future__ import annotations

from iptsim.errors import Place
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Extension
from iptsim.extensions.text import UnwritableError, protocol_name, write_rule
from iptsim.model import (
    Chain,
    Counters,
    Dump,
    Header,
    Match,
    Option,
    Rule,
    Ruleset,
    Table,
    Target,
    Unread,
)
from iptsim.render.shared.value_json import note_json

SCHEMA = "iptsim.ruleset/1"

Json = dict[str, object]


def dump_json(dump: Dump, *, lang: str = "en") -> Json:
    """Every table of every family with its chains, policies, counters and rules.

    A rule's `text` is that of iptables-save, null where the dump told something that no extension
    can write. A value is a number, true for an option without one, else its text in a save file;
    what is not limited is left out.
    """
    return {
        "schema": SCHEMA,
        "tables": [_table(table, ruleset) for ruleset in dump.rulesets for table in ruleset.tables],
        "notes": [note_json(note, lang) for note in dump.notes],
    }


def _table(table: Table, ruleset: Ruleset) -> Json:
    return {
        "family": ruleset.family,
        "name": table.name,
        "chains": [_chain(chain, ruleset.family) for chain in table.chains],
    }


def _chain(chain: Chain, family: int) -> Json:
    rules = chain.numbered()
    return {
        "name": chain.name,
        "policy": chain.policy,
        "references": chain.references,
        "counters": _counters(chain.counters),
        **_place(chain.place),
        "whole": chain.whole,
        "rules": [_rule(chain, number, rule, family) for number, rule in rules],
    }


def _rule(chain: Chain, number: int, rule: Rule, family: int) -> Json:
    return {
        "rule": number,
        **_place(rule.place),
        "text": _text(chain, rule, family),
        "counters": _counters(rule.counters),
        **_header(rule.header, dict(rule.address_names)),
        "matches": [_extension(match, matches().get(match.name), family) for match in rule.matches],
        "target": _target(rule.target, family),
        "hides": sorted(rule.hides),
        **_unread(rule.unread),
    }


def _unread(unread: Unread | None) -> Json:
    """Why the text does not tell the rule; the rest of it is then what could be read."""
    if unread is None:
        return {}
    return {"unread": {"why": unread.why, "text": unread.text, "count": unread.count}}


def _text(chain: Chain, rule: Rule, family: int) -> str | None:
    if rule.unread is not None:
        return None
    try:
        return write_rule(chain.name, rule, family)
    except UnwritableError:
        return None


def _header(header: Header, names: dict[str, str]) -> Json:
    """By the keys of a cube: `src`, `!src`, `in` and so on."""
    values: Json = {
        "proto": None if header.proto is None else protocol_name(header.proto),
        "src": names.get("src") or header.src,
        "dst": names.get("dst") or header.dst,
        "in": header.in_,
        "out": header.out,
    }
    given: Json = {
        f"!{name}" if name in header.not_ else name: str(value)
        for name, value in values.items()
        if value is not None
    }
    return given if header.fragment is None else given | {"fragment": header.fragment}


def _target(target: Target | None, family: int) -> Json | None:
    if target is None:
        return None
    return _extension(target, targets().get(target.name), family) | {"goto": target.goto}


def _extension(match: Match, extension: Extension | None, family: int) -> Json:
    """A match or target: options as data, or the words of one that no extension knows."""
    told: Json = {"name": match.name}
    if match.raw:
        told["raw"] = list(match.raw)
    if extension is not None:
        told["options"] = [_option(option, extension, family) for option in match.options]
    return told


def _option(option: Option, extension: Extension, family: int) -> Json:
    known = extension.find(option.name)
    value: object = option.value
    if not isinstance(value, int) and known is not None and known.value is not None:
        value = known.value.write(option.value, family)
    return {"name": option.name, "value": value, "negate": option.negate}


def _counters(counters: Counters | None) -> Json | None:
    return None if counters is None else {"packets": counters.packets, "bytes": counters.bytes}


def _place(place: Place | None) -> Json:
    return {"file": place.file, "line": place.line} if place else {"file": None, "line": None}
