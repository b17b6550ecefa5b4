"""Texts of which parts are missing, and what was read of them."""

from __future__ import annotations

from iptsim.model import Chain, Dump, Rule, Table

TITLE = "target     prot opt source               destination"
VERBOSE = " pkts bytes target     prot opt in     out     source               destination"
ANY = "0.0.0.0/0            0.0.0.0/0            "
SAVE = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n"


def row(target: str = "ACCEPT", proto: str = "tcp", text: str = "tcp dpt:25") -> str:
    return f"{target:<10} {proto:<4} --  {ANY}{text}".rstrip()


def listed(header: str, *rows: str, title: str = TITLE) -> str:
    return "\n".join([header, title, *rows, "", ""])


def table(dump: Dump, name: str = "filter") -> Table:
    found = dump.rulesets[0].table(name)
    assert found is not None
    return found


def chain(dump: Dump, name: str, of: str = "filter") -> Chain:
    found = table(dump, of).chain(name)
    assert found is not None
    return found


def codes(dump: Dump) -> set[str]:
    return {note.code for note in dump.notes}


def told(rule: Rule) -> tuple[str, int | None]:
    """Why a rule is not told, and how many it stands for; its target's name where it is."""
    if rule.unread is not None:
        return rule.unread.why, rule.unread.count
    return (rule.target.name if rule.target else ""), 1


def rules(dump: Dump, name: str, of: str = "filter") -> list[tuple[int, str, int | None]]:
    return [(number, *told(rule)) for number, rule in chain(dump, name, of).numbered()]
