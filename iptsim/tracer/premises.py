"""What an answer takes as given of the rules themselves."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.model import BUILTIN_CHAINS, Dump, Note, Ruleset
from iptsim.worlds.outcome import Trace

_USUAL = ("mangle", "nat", "filter")
"""The tables that hosts have; raw and security are rarely there at all."""


_OTHERS = "nftables"


def premises(ruleset: Ruleset, hook: str) -> tuple[Note, ...]:
    """That tables which the text does not hold let packets pass; or which chain alone is asked."""
    if ruleset.only is not None:
        from iptsim.tracer.rules.asked_alone import note_of  # noqa: PLC0415  # seldom asked

        return (note_of(ruleset, hook),)
    absent = missing_tables(ruleset)
    if not absent:
        return ()
    chains = _OTHERS in absent
    code = codes.ABSENT_CHAINS_LET_THROUGH if chains else codes.ABSENT_TABLES_LET_THROUGH
    return (Note(code=code, facts=(("tables", ", ".join(absent)),)),)


def absent_note(ruleset: Ruleset) -> Note | None:
    """That tables which are not here are taken to let packets pass; None where all are."""
    return absent_from(missing_tables(ruleset))


def absent_from(absent: Sequence[str]) -> Note | None:
    """The same of tables of these names, as a sentence: several questions are answered at once.

    Where tables of nftables may be missing, so may chains of those that are here: what `nft list
    chain` prints cannot be told from a small table.
    """
    if not absent:
        return None
    chains = _OTHERS in absent
    code = codes.ABSENT_CHAINS_LET_ALL_THROUGH if chains else codes.ABSENT_TABLES_LET_ALL_THROUGH
    return Note(code=code, facts=(("tables", ", ".join(absent)),))


def missing_tables(ruleset: Ruleset) -> tuple[str, ...]:
    """The usual tables that a rule set does not hold; none where it holds nothing at all.

    Where it holds tables of nftables, which nobody can list beforehand: the kinds of those that may
    be there besides. `nft list ruleset` shows all but those of iptables-legacy.
    """
    native = [table.nft_table is not None for table in ruleset.tables]
    if any(native):
        whole = ruleset.nft is not None and ruleset.nft.whole
        others = () if whole else (_OTHERS,)
        legacy = "iptables-legacy" if whole else "iptables"
        return (*others, legacy) if all(native) else others
    return tuple(name for name in _USUAL if native and ruleset.table(name) is None)


def outside(ruleset: Ruleset) -> list[Note]:
    """Which chains and tables of nftables are not followed."""
    if ruleset.nft is None:
        return []
    from iptsim.native_tables import (  # noqa: PLC0415  # only where any are
        dormant,
        flowtables,
        passed_over,
    )

    chains, tables = ", ".join(passed_over(ruleset)), ", ".join(dormant(ruleset))
    told = [Note(code=codes.CHAINS_PASSED_OVER, facts=(("chains", chains),))] if chains else []
    off = [Note(code=codes.TABLES_DORMANT, facts=(("tables", tables),))] if tables else []
    flows = ", ".join(flowtables(ruleset))
    past = [Note(code=codes.FLOWS_PAST_RULES, facts=(("tables", flows),))] if flows else []
    return [*told, *off, *past]


def about_text(found: Trace, dump: Dump, told: int | None) -> Trace:
    """The answer, with what a reader should know of the text that was asked.

    The family where the text has both and nobody told one (`told`), and how to ask a chain of a
    table that holds no built-in chain (`iptables -L DOCKER-USER`).
    """
    family = Note(code=codes.FAMILY_OF_PACKET, facts=(("family", f"IPv{found.packet.family}"),))
    taken = (family,) if told is None and len(dump.rulesets) > 1 else ()
    asked = dump.family(found.packet.family)
    alone = _alone(asked) if asked is not None and asked.only is None else []
    advice = (
        [Note(code=codes.ASK_CHAIN_ALONE, facts=(("chain", alone[0]),))] if len(alone) == 1 else []
    )
    return replace(found, assumed=(*taken, *found.assumed), notes=(*found.notes, *advice))


def _alone(ruleset: Ruleset) -> list[str]:
    """The chains that a listing shows without any built-in chain of their table."""
    builtin = BUILTIN_CHAINS["mangle"]
    own = [t for t in ruleset.tables if t.nft_table is None]
    tables = [t for t in own if not any(c.name in builtin for c in t.chains)]
    return [c.name for table in tables for c in table.chains if c.references is not None]
