"""`iptsim convert`: the rule set in canonical form."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump
from iptsim.cli.options import Dumps, Lang, ReadOptions
from iptsim.cli.output import style, tell, tell_json, tell_notes
from iptsim.dataclass import replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.model import Dump, Note
    from iptsim.render.shared.terminal import Style

DONE = 0


class Form(StrEnum):
    """What a dump can be converted to."""

    SAVE = "save"
    JSON = "json"
    NFT = "nft"


def convert(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    to: Annotated[
        Form, option("--to", help="iptables-save text, JSON, or rules of nftables.")
    ] = Form.SAVE,
    partial: Annotated[
        bool,
        option("--partial", help="With --to nft: leave rules that nft cannot say as comments."),
    ] = False,
    lang: Lang = None,
) -> int:
    """Write the rules as iptables-save prints them, as JSON, or as rules of nftables."""
    dump = read_dump(dumps, reading)
    if to is Form.JSON:
        from iptsim.render.outputs.ruleset_json import dump_json

        tell_json(dump_json(dump, lang=style(lang).lang))
    elif to is Form.NFT:
        _tell_nft(dump, style(lang, dumps), partial=partial)
    else:
        dump, notes = _said_in_save(dump)
        tell(_save(dump).rstrip("\n"))
        tell_notes([*dump.notes, *notes, *_lost(dump)], style(lang, dumps))
    return DONE


def _tell_nft(dump: Dump, shown: Style, *, partial: bool) -> None:
    """Rules of nftables; what they cannot say is told, and without `partial` nothing is written."""
    from iptsim.dialects.nft.printed import write_nft
    from iptsim.host import NOBODY
    from iptsim.netfilter.reading.pasted import host_told
    from iptsim.to_nft.converted import converted

    host, notes = host_told((dump,), NOBODY)
    sets = replace(NOBODY, sets=host.sets)
    made = converted(dump.rulesets, sets)
    tell_notes([*dump.notes, *notes, *_hidden(dump), *made.notes, *made.unsaid], shown)
    if made.unsaid and not partial:
        count = str(len(made.unsaid))
        message = (
            f"{count} of these rules cannot be said in nft; --partial writes the others, "
            "and these as comments"
        )
        raise UsageError(message, code=codes.NOT_ALL_SAID_IN_NFT, count=count)
    tell(write_nft(made.ruleset).rstrip("\n"))


def _hidden(dump: Dump) -> list[Note]:
    """What a listing does not show, which no rule that is written asks for."""
    from iptsim.dialects.writing.lost import lost

    told = (codes.INTERFACES_NOT_WRITTEN, codes.OPTION_NOT_LISTED, codes.POLICY_MADE_UP)
    return [n for ruleset in dump.rulesets for n in lost(ruleset) if n.code in told]


def _said_in_save(dump: Dump) -> tuple[Dump, list[Note]]:
    """Tables of nftables are rules of iptables, of each family; what cannot be is refused."""
    if dump.nft is None:
        return dump, []
    from iptsim.cli.said_in_save import said_in_save

    return said_in_save(dump)


def _lost(dump: Dump) -> list[Note]:
    """Where the text that was written may not be what the host had."""
    from iptsim.dialects.writing.lost import lost
    from iptsim.model import Note

    both = [Note(code=codes.BOTH_FAMILIES_WRITTEN)] if len(dump.rulesets) > 1 else []
    return [*both, *(note for ruleset in dump.rulesets for note in lost(ruleset))]


def _save(dump: Dump) -> str:
    from iptsim.dialects.writing.write import write_save

    return "".join(write_save(ruleset) for ruleset in dump.rulesets)
