"""What Lark makes of the grammars, as the text of `token_tables.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iptsim.dialects.grammar import STARTS, load, stamp

if TYPE_CHECKING:
    from iptsim.dialects.grammar import Tables

_IMPORTS = """
# fmt: off
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iptsim.dialects.grammar import Tables
"""


def tables(name: str) -> Tables:
    """What Lark's parser of a grammar does, as plain values (see `iptsim.dialects.tokens`)."""
    parser: Any = load(name)
    lexers = parser.parser.lexer.lexers
    steps: Any = parser.parser.parser._parse_table
    number = _numbers(steps)
    return {
        "stamp": stamp(name),
        "terminals": {one.name: one.pattern.to_regexp() for one in parser.terminals},
        "ignored": sorted(parser.lexer_conf.ignore),
        "begin": {start: number[state] for start, state in sorted(steps.start_states.items())},
        "end": {start: number[state] for start, state in sorted(steps.end_states.items())},
        "states": [
            (
                tuple(one.name for one in lexers[state].terminals),
                {
                    str(at): _step(steps.states[state][at], number)
                    for at in sorted(steps.states[state])
                },
            )
            for state in number
        ],
    }


def _numbers(steps: Any) -> dict[int, int]:
    """The states in an order that hangs on the grammar alone."""
    found = dict.fromkeys(state for _, state in sorted(steps.start_states.items()))
    ahead = list(found)
    while ahead:
        row = steps.states[ahead.pop(0)]
        for at in sorted(row):
            if row[at][0].name == "Shift" and row[at][1] not in found:
                found[row[at][1]] = None
                ahead.append(row[at][1])
    return {state: number for number, state in enumerate(found)}


def _step(step: Any, number: Mapping[int, int]) -> int | tuple[int, str]:
    """The state to go on in, or how many states are done with and what they were."""
    action, argument = step
    if action.name == "Shift":
        return number[argument]
    return len(argument.expansion), str(argument.origin.name)


def written() -> str:
    """The text of `token_tables.py`: a state a line."""
    lines = [
        '"""What Lark makes of the grammars; `make tables` writes it."""',
        _IMPORTS,
        "TABLES: dict[str, Tables] = {",
    ]
    for name in STARTS:
        made: dict[str, Any] = {**tables(name)}
        states = made.pop("states")
        lines += [f"    {name!r}: {{", *(f"        {key!r}: {made[key]!r}," for key in made)]
        lines += ["        'states': [", *(f"            {state!r}," for state in states)]
        lines += ["        ],", "    },"]
    return "\n".join((*lines, "}", ""))


if __name__ == "__main__":
    (Path(__file__).parent / "token_tables.py").write_text(written(), "utf-8")
