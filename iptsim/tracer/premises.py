"""What an answer takes as given of the rules themselves."""

from __future__ import annotations

from dataclasses import replace

from iptsim.model import Dump, Note, Ruleset
from iptsim.tracer.only import note_of
from iptsim.tracer.outcome import Trace

_USUAL = ("mangle", "nat", "filter")
"""The tables that hosts have; raw and security are rarely there at all."""


ABSENT_TABLES = "IPT0394"
"""The same as a sentence, where several questions are answered at once."""


def premises(ruleset: Ruleset, hook: str) -> tuple[Note, ...]:
    """That tables which the text does not hold let packets pass; or which chain alone is asked."""
    if ruleset.only is not None:
        return (note_of(ruleset, hook),)
    absent = missing_tables(ruleset)
    if not absent:
        return ()
    return (Note(code="IPT0393", facts=(("tables", ", ".join(absent)),)),)


def missing_tables(ruleset: Ruleset) -> tuple[str, ...]:
    """The usual tables that a rule set does not hold; none where it holds nothing at all."""
    if not ruleset.tables:
        return ()
    return tuple(name for name in _USUAL if ruleset.table(name) is None)


def of_family(found: Trace, dump: Dump, told: int | None) -> Trace:
    """The answer, with the family that it is of where the dump has both and nobody told one."""
    if told is not None or len(dump.rulesets) < 2:
        return found
    taken = Note(code="IPT0396", facts=(("family", f"IPv{found.packet.family}"),))
    return replace(found, assumed=(taken, *found.assumed))
