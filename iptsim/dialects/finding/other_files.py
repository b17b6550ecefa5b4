"""Files that are no text of a firewall at all: what they are, and what to give instead.

Sources: the files' own specifications, for how each begins; iptables/xshared.c and libiptc, for
what iptables says to who is not root.
"""

from __future__ import annotations

import re

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.regex import regex

_MAGIC = {
    b"\x1f\x8b": (codes.PACKED_FILE, "gzip"),
    b"\xfd7zXZ\0": (codes.PACKED_FILE, "xz"),
    b"BZh": (codes.PACKED_FILE, "bzip2"),
    b"(\xb5/\xfd": (codes.PACKED_FILE, "zstd"),
    b"PK\x03\x04": (codes.PACKED_FILE, "zip"),
    b"\x89PNG\r\n": (codes.PICTURE_FILE, "PNG"),
    b"\xff\xd8\xff": (codes.PICTURE_FILE, "JPEG"),
    b"GIF8": (codes.PICTURE_FILE, "GIF"),
    b"%PDF-": (codes.PICTURE_FILE, "PDF"),
    b"\xd4\xc3\xb2\xa1": (codes.CAPTURE_FILE, "pcap"),
    b"\xa1\xb2\xc3\xd4": (codes.CAPTURE_FILE, "pcap"),
    b"\x4d\x3c\xb2\xa1": (codes.CAPTURE_FILE, "pcap"),
    b"\n\r\r\n": (codes.CAPTURE_FILE, "pcapng"),
}
"""How a file begins, its code, and its name."""
_WHY = {
    codes.PACKED_FILE: "this is compressed ({}); unpack it and give the text",
    codes.PICTURE_FILE: "this is a {} file; give the text that it shows",
    codes.CAPTURE_FILE: (
        "this is a capture of packets; `iptsim replay DUMP CAPTURE` takes it beside a dump"
    ),
    codes.NOT_ROOT: (
        "iptables was refused the rules here, for it was not run as root; "
        "give what `sudo iptables-save` prints"
    ),
    codes.MANIFEST_NOT_DUMP: (
        "this is a Kubernetes manifest, and no rules; give what `sudo iptables-save` prints on the "
        "node or in the pod, or have `iptsim istio rules` write what Istio gives a pod"
    ),
    codes.NFT_WITHOUT_TABLE: (
        "these are lines of nft without the table that they stand in; put `table inet NAME {{` "
        "before them and `}}` behind, or give the whole of `sudo nft list ruleset`"
    ),
}
_BEGINNINGS = tuple(_MAGIC)
_LONGEST = max(map(len, _BEGINNINGS))
_BINARY = "\0"
_NOT_ROOT = regex(
    r"\(you must be root\)|^Fatal: can't open lock file \S*xtables"
    r"|cache initialization failed: Operation not permitted",
    re.MULTILINE,
)
_MANIFEST = tuple(regex(rf"^[ \t{{]*\"?{key}\"?:", re.MULTILINE) for key in ("apiVersion", "kind"))

_NFT = regex(
    r"^[ \t>]*(?:\d+[:-][ \t]*)?(?:chain [\w.-]{1,128} \{|type (?:filter|nat|route) hook \w+ "
    r"|(?:(?:tcp|udp|th) [sd]port|ip6? [sd]addr|[io]ifname|ct (?:state|mark)|meta \w+) "
    r"[^\n]{1,512}?\b(?:accept|drop|reject|jump|goto|return|masquerade|redirect|dnat|snat|log)\b)",
    re.MULTILINE,
)
"""A chain, its hook, or a rule, as nft lists them (nft(8)); a line's number may stand before it."""


def is_known(head: bytes) -> bool:
    """Whether a file begins as one of those that are no text."""
    return head.startswith(_BEGINNINGS)


def in_its_place(head: bytes) -> str:
    """What is read instead of a file that is no text: that it is none, and how it begins."""
    return f"{_BINARY}{head[:_LONGEST].hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFile:
    """What a file is: the code of its sentence, its name where there are several of that code."""

    code: str
    name: str = ""

    @property
    def why(self) -> str:
        """What it is and what to give instead."""
        return _WHY[self.code].format(self.name)


def other_file(head: str) -> OtherFile | None:
    """What a file is; None where it does not show that."""
    if head.startswith(_BINARY):
        told = head[1:].strip()
        found = next((kind for magic, kind in _MAGIC.items() if told.startswith(magic.hex())), None)
        return None if found is None else OtherFile(code=found[0], name=found[1])
    if _NOT_ROOT.search(head):
        return OtherFile(code=codes.NOT_ROOT)
    if all(each.search(head) for each in _MANIFEST):
        return OtherFile(code=codes.MANIFEST_NOT_DUMP)
    if _NFT.search(head):
        return OtherFile(code=codes.NFT_WITHOUT_TABLE)
    return None
