"""Why a text holds no dump, as far as it shows that itself."""

from __future__ import annotations

import re

from iptsim.dialects.finding.foreign import foreign
from iptsim.dialects.joining.beside import Beside
from iptsim.errors import NoDumpError

_ONLY_WARNED = "iptables says that rules of nft or of the older tables are there, and shows none"
_SHOWN = 16384
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def no_dump(file: str, head: str, beside: Beside, *, patch: bool, bridge: bool) -> NoDumpError:
    """What to say of a text that begins with `head`; `patch` and `bridge` are what it is else."""
    sign = foreign(head[:_SHOWN])
    if head.strip() and sign is not None:
        why, code = sign.why, sign.code
    else:
        why, code = _why(head, beside, patch=patch, bridge=bridge)
    message = f"no iptables dump found in {file}" + (f": {why}" if why else "")
    return NoDumpError(message, code=code, file=file, why=why, name=sign.name if sign else "")


def _why(head: str, beside: Beside, *, patch: bool, bridge: bool) -> tuple[str, str]:
    """The first reason that holds, and its code."""
    reasons = (
        (not head.strip(), "the text is empty", "IPT0102"),
        (_WEB_PAGE.match(head), "this is a web page", "IPT0106"),
        (patch, "this is a patch; give the two dumps to diff instead", "IPT0103"),
        (beside.native or beside.commanded, beside.why_not, "IPT0107"),
        (beside.warned, _ONLY_WARNED, "IPT0109"),
        (bridge, "these are rules of ebtables, for the frames of a bridge", "IPT0119"),
        (_is_binary(head), "this is a binary file", "IPT0108"),
    )
    return next(((why, code) for holds, why, code in reasons if holds), ("", "IPT0101"))


def _is_binary(head: str) -> bool:
    return "\0" in head or head.count("\ufffd") * 20 > len(head)
