"""The reading report for programs: schema `iptsim.read/1`."""

from __future__ import annotations

from iptsim.dialects.report import ChainRead, Reading, Run, TableRead
from iptsim.render.shared.value_json import note_json
from iptsim.render.shared.written_by import systems_json, written_by


def reading_json(reading: Reading, *, lang: str = "en") -> dict[str, object]:
    """The report as data: files, tables with their chains, tables lacking, lines not used, notes.

    `wrappers` are named from the outside in; `accounts` say of every line what it is, `counts` how
    many are what; `untold` are the lines of rules of which the text tells only a part, `left_out`
    those where it leaves rules out; `form` is null where nothing tells. Lines count from 1.
    """
    return {
        "schema": "iptsim.read/1",
        "files": [
            {
                "file": each.name,
                "lines": each.lines,
                "used": each.used,
                "wrappers": list(each.wrappers),
                "counts": {account.value: count for account, count in each.counts.items()},
                "accounts": [_run(run) for run in each.runs],
            }
            for each in reading.files
        ],
        "systems": systems_json(written_by(reading.dump), lang),
        "tables": [_table(each) for each in reading.tables],
        "lacking": [{"family": family, "table": name} for family, name in reading.lacking],
        "unused": [
            {
                "file": each.file,
                "first": each.first,
                "last": each.last,
                "text": each.lines[0][1],
                "why": each.why.value,
            }
            for each in reading.unused
        ],
        "notes": [note_json(note, lang) for note in reading.notes],
    }


def _run(run: Run) -> dict[str, object]:
    return {"first": run.first, "last": run.last, "account": run.account.value}


def _table(table: TableRead) -> dict[str, object]:
    return {
        "family": table.family,
        "table": table.name,
        "form": table.form or None,
        "file": table.place.file,
        "line": table.place.line,
        "chains": [_chain(each) for each in table.chains],
        "missing": list(table.missing),
    }


def _chain(chain: ChainRead) -> dict[str, object]:
    return {
        "chain": chain.name,
        "policy": chain.policy,
        "rules": chain.rules,
        "untold": [place.line for place in chain.untold],
        "left_out": [place.line for place in chain.left_out],
        "whole": chain.whole,
    }
