"""Tables of nftables in the words of iptables-save, for `iptsim convert`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects import read_text
from iptsim.errors import DumpError, Place, UsageError
from iptsim.extensions.arming import armed_otherwise
from iptsim.model import Dump, Note, Ruleset, Table
from iptsim.native_tables import is_twin
from iptsim.nftables.nft_ruleset import NftRuleset, NftTable
from iptsim.to_save.saved_tables import NotInSaveError, Saved, left_out, saved


def said_in_save(dump: Dump) -> tuple[Dump, list[Note]]:
    """The dump with its tables of nftables as such of iptables; `DumpError` where they cannot be.

    A family that packets of no table are of is not written.
    """
    made = [(ruleset, _saved(ruleset)) for ruleset in dump.rulesets]
    notes = [note for _ruleset, one in made for note in _renamed(one)]
    kept = [_with(ruleset, one) for ruleset, one in made]
    told = [r for r in kept if r.tables] or kept[:1]
    notes += [_unused(name) for name in left_out(_natives(dump.rulesets))]
    return replace(dump, rulesets=tuple(told)), list(dict.fromkeys(notes))


def _natives(rulesets: tuple[Ruleset, ...]) -> tuple[NftTable, ...]:
    """The tables of nftables, without those that the text tells as iptables', too."""
    told = (t.name for r in rulesets for t in r.tables if t.nft_table is None)
    twins = frozenset(told)
    nft = next((r.nft for r in rulesets if r.nft is not None), NftRuleset())
    return tuple(table for table in nft.tables if not is_twin(table, twins))


def _own(ruleset: Ruleset) -> list[Table]:
    return [table for table in ruleset.tables if table.nft_table is None]


def _saved(ruleset: Ruleset) -> Saved:
    taken = [table.name for table in _own(ruleset)]
    tables = NftRuleset(tables=_natives((ruleset,)))
    try:
        return saved(tables, ruleset.family, taken)
    except NotInSaveError as none:
        raise _refusal(none) from None


def _refusal(none: NotInSaveError) -> DumpError | UsageError:
    message = f"iptables-save cannot say this: {none.what}"
    code, what = codes.TABLE_NOT_SAID_IN_SAVE, none.what
    if what == "tproxy":  # xt_TPROXY.c, tproxy_tg4: NF_DROP; nft_tproxy.c: NFT_BREAK
        code = codes.TPROXY_NOT_SAID_IN_SAVE
        message += "; where no socket takes the packet, TPROXY drops it and tproxy lets it go on"
    if none.place is None:
        return UsageError(message, code=code, what=what)
    line = _line(none.place, none.text)
    start = line.find(none.text)
    at = line.find(none.words, start) if none.words else -1
    length = len(none.words.strip()) if at >= 0 else len(none.text)
    return DumpError(
        message,
        place=replace(none.place, column=(at if at >= 0 else start) + 1),
        text=line,
        length=length,
        code=code,
        what=what,
    )


def _line(place: Place, text: str) -> str:
    """The line as the file has it, where it is one with the text; else the text."""
    path = Path(place.file)
    if not path.is_file():
        return text
    lines = path.read_text(errors="replace").splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return line if text in line else text


def _with(ruleset: Ruleset, made: Saved) -> Ruleset:
    """The tables, with a chain that keeps the kernel tracking where only what is left out did."""
    new = _read(ruleset, made.text)
    if not made.text or not armed_otherwise(ruleset, new):
        return new
    new = _read(ruleset, made.text.removesuffix("COMMIT\n") + _TRACKING)
    if armed_otherwise(ruleset, new):
        table = next(t for t in ruleset.tables if t.nft_table is not None)
        shown = f"table {table.name}"
        raise _refusal(NotInSaveError("nf_conntrack, nf_defrag", table.place, shown, table.name))
    return new


_TRACKING = (
    ":connection-tracking - [0:0]\n"
    '-A connection-tracking -m conntrack --ctstate NEW -m comment --comment "keeps connections '
    'tracked"\nCOMMIT\n'
)
"""A chain that nothing leads to: the kernel tracks for what its rules are made of, and asks chains
of nat then alone (nf_nat_core.c, nf_nat_inet_fn)."""


def _read(ruleset: Ruleset, text: str) -> Ruleset:
    read = read_text(text, file="made", family=ruleset.family) if text else None
    more = () if read is None else read.rulesets[0].tables
    return replace(ruleset, tables=(*_own(ruleset), *more), nft=None)


def _renamed(made: Saved) -> Iterator[Note]:
    for one in made.renamed:
        facts = (("chain", one.chain), ("name", one.name), ("table", one.table))
        yield Note(code=codes.CHAIN_RENAMED_IN_SAVE, facts=facts)


def _unused(name: str) -> Note:
    return Note(code=codes.CHAIN_NOT_USED, facts=(("chain", name),))
