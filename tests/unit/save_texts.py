"""What the tests of the save family share."""

from typing import Any

from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.save.save import read_save
from iptsim.extensions.text import write_rule


def section(text: str, form: str = "save", **hints: Any) -> Section:
    lines = (Line(number=n, text=line, full=line) for n, line in enumerate(text.split("\n"), 1))
    return Section(form=form, file="dump", lines=tuple(lines), **hints)


def tables(text: str, **hints: Any) -> list[ReadTable]:
    return read_save(section(text, **hints))


def written(table: ReadTable) -> list[str]:
    return [
        write_rule(chain.name, rule, table.family or 4)
        for chain in table.chains
        for rule in chain.rules
    ]


def rules(line: str, table: str = "filter", family: int = 4) -> list[str]:
    """One line of restore input, read and written again."""
    (read,) = tables(f"*{table}\n{line}\nCOMMIT", family=family)
    return written(read)
