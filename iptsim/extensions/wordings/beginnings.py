"""How each match's text may begin in a listing, so that its file is loaded only when it is met.

Said again here of each file's own wording (`Wording.starts`); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

STARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "addrtype": ("ADDRTYPE",),
        "ah": ("ah",),
        "bpf": ("match",),
        "cgroup": ("cgroup",),
        "cluster": ("cluster",),
        "comment": ("/*",),
        "connbytes": ("!", "connbytes"),
        "connlabel": ("connlabel",),
        "connlimit": ("#conn",),
        "connmark": ("connmark", "CONNMARK"),
        "conntrack": (
            "!",
            "ctstate",
            "ctproto",
            "ctorigsrc",
            "ctorigdst",
            "ctreplsrc",
            "ctrepldst",
            "ctorigsrcport",
            "ctorigdstport",
            "ctreplsrcport",
            "ctrepldstport",
            "ctstatus",
            "ctexpire",
            "ctdir",
        ),
        "cpu": ("cpu",),
        "dccp": ("dccp",),
        "devgroup": ("!", "src-group", "dst-group"),
        "dscp": ("DSCP",),
        "dst": ("dst",),
        "ecn": ("ECN",),
        "esp": ("esp",),
        "eui64": ("eui64",),
        "frag": ("frag",),
        "hashlimit": ("limit:",),
        "hbh": ("hbh",),
        "helper": ("helper",),
        "hl": ("HL",),
        "icmp": ("icmp",),
        "icmp6": ("ipv6-icmp",),
        "ipcomp": ("comp",),
        "iprange": ("source", "destination"),
        "ipv6header": ("ipv6header",),
        "ipvs": ("!", "ipvs", "vproto", "proto", "vaddr", "vport", "vdir", "vmethod", "vportctl"),
        "length": ("length",),
        "limit": ("limit:",),
        "mac": ("MAC",),
        "mark": ("mark", "MARK"),
        "mh": ("mh",),
        "multiport": ("multiport",),
        "nfacct": ("nfacct-name",),
        "osf": ("OS",),
        "owner": ("!", "owner", "OWNER", "incl"),
        "physdev": ("PHYSDEV",),
        "pkttype": ("PKTTYPE",),
        "policy": ("policy",),
        "quota": ("!", "quota:"),
        "rateest": ("rateest",),
        "realm": ("!", "realm"),
        "recent": ("!", "recent:"),
        "rpfilter": ("rpfilter",),
        "rt": ("rt",),
        "sctp": ("sctp",),
        "set": ("!", "match-set"),
        "socket": ("socket",),
        "srh": ("srh",),
        "state": ("!", "state"),
        "statistic": ("statistic",),
        "string": ("STRING",),
        "tcp": ("tcp",),
        "tcpmss": ("tcpmss",),
        "time": ("TIME",),
        "tos": ("tos",),
        "ttl": ("TTL",),
        "u32": ("u32",),
        "udp": ("udp",),
        "udplite": ("udplite",),
    }
)  # fmt: skip


def names_at(text: str, start: int) -> Iterator[str]:
    """The matches whose text may stand at a place that holds no blank, by name."""
    for begin, name in _by_letter().get(text[start : start + 1], ()):
        if text.startswith(begin, start):
            yield name


@cache
def _by_letter() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, dict[tuple[str, str], None]] = {}
    for name, begins in STARTS.items():
        for begin in begins:
            found.setdefault(begin[0], {})[begin, name] = None
    return {letter: tuple(sorted(each, key=_by_name)) for letter, each in found.items()}


def _by_name(found: tuple[str, str]) -> str:
    return found[1]
