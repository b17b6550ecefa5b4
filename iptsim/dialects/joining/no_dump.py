"""Why a text holds no dump, as far as it shows that itself."""

from __future__ import annotations

import re

from iptsim import codes
from iptsim.dialects.finding.foreign import foreign
from iptsim.dialects.finding.other_files import other_file
from iptsim.dialects.joining.beside import Beside
from iptsim.errors import NoDumpError
from iptsim.regex import regex

_ONLY_WARNED = "iptables says that rules of nft or of the older tables are there, and shows none"
_BRIDGE = "these are rules of ebtables, for the frames of a bridge"
_BROKEN_JSON = "this begins as what `nft -j` prints, and cannot be read to its end"
_SHOWN = 16384
_CALL = regex(
    r"(?<![\w/-])(?P<call>ip6?tables(?:-(?:nft|legacy))?"
    r"(?:-save|(?:[ \t]+-[\w-]+(?:[ \t]+(?!-)[a-z]+)?)*?"
    r"[ \t]+(?:-[nvx]*[LS][nvx]*|--list|--list-rules))|nft[ \t]+list[ \t]+ruleset)(?![\w-])"
)
"""A call that prints rules."""
_WEB_PAGE = regex(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def no_dump(file: str, head: str, beside: Beside, *, patch: bool, bridge: bool) -> NoDumpError:
    """What to say of a text that begins with `head`; `patch` and `bridge` are what it is else."""
    sign = foreign(head[:_SHOWN]) or other_file(head[:_SHOWN])
    if head.strip() and sign is not None:
        why, code = sign.why, sign.code
    else:
        why, code = _why(head, beside, patch=patch, bridge=bridge)
    called = _CALL.search(head[:_SHOWN]) if code == codes.NO_DUMP else None
    if called is not None:
        call = " ".join(called["call"].split())
        why, code = f"it names `{call}`, and what that prints is not here", codes.ONLY_NAMED
    message = f"no iptables dump found in {file}" + (f": {why}" if why else "")
    told = NoDumpError(message, code=code, file=file, why=why, name=sign.name if sign else "")
    told.facts |= {"call": call} if called is not None else {}
    return told


def _why(head: str, beside: Beside, *, patch: bool, bridge: bool) -> tuple[str, str]:
    """The first reason that holds, and its code."""
    reasons = (
        (not head.strip(), "the text is empty", codes.EMPTY_TEXT),
        (_WEB_PAGE.match(head), "this is a web page", codes.WEB_PAGE),
        (patch, "this is a patch; give the two dumps to diff instead", codes.PATCH_NOT_DUMP),
        (beside.unread, _BROKEN_JSON, codes.NO_DUMP_BUT_ELSE),
        (beside.warned, _ONLY_WARNED, codes.ONLY_WARNINGS),
        (
            bridge,
            "these are rules of ebtables, for the frames of a bridge",
            codes.RULES_OF_OTHER_PROGRAM,
        ),
        (_is_binary(head), "this is a binary file", codes.BINARY_FILE),
    )
    return next(((why, code) for holds, why, code in reasons if holds), ("", codes.NO_DUMP))


def _is_binary(head: str) -> bool:
    return "\0" in head or head.count("\ufffd") * 20 > len(head)
