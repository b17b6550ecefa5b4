"""Why a text holds no dump of iptables, as far as it shows."""

from __future__ import annotations

import re

from iptsim.dialects.finding.foreign import foreign
from iptsim.dialects.joining.beside import Beside
from iptsim.errors import NoDumpError

_ONLY_WARNED = "iptables says that rules of nft or of the older tables are there, and shows none"
_SHOWN = 16384
"""So much of the text is looked at for what it is."""
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def no_dump(file: str, head: str, beside: Beside, *, patch: bool, bridge: bool) -> NoDumpError:
    """The error for a text that begins so.

    `patch`: it is one of two dumps; `bridge`: it has rules for the frames of a bridge.
    """
    why, code = "", "IPT0101"
    sign = foreign(head[:_SHOWN])
    if not head.strip():
        why, code = "the text is empty", "IPT0102"
    elif sign is not None:
        why, code = sign.why, sign.code
    elif _WEB_PAGE.match(head):
        why, code = "this is a web page", "IPT0106"
    elif patch:
        why, code = "this is a patch; give the two dumps to diff instead", "IPT0103"
    elif beside.native or beside.commanded:
        why, code = beside.why_not, "IPT0107"
    elif beside.warned:
        why, code = _ONLY_WARNED, "IPT0109"
    elif bridge:
        why, code = "these are rules of ebtables, for the frames of a bridge", "IPT0119"
    elif "\0" in head or head.count("\ufffd") * 20 > len(head):
        why, code = "this is a binary file", "IPT0108"
    message = f"no iptables dump found in {file}" + (f": {why}" if why else "")
    name = sign.name if sign else ""
    return NoDumpError(message, code=code, file=file, why=why, name=name)
