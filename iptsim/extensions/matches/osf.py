"""osf: the operating system whose fingerprint a TCP SYN bears.

A listing prints neither --ttl nor --log.

Sources: iptables-extensions(8), osf; extensions/libxt_osf.c; net/netfilter/xt_osf.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.demands import ARRIVING, TCP, Demands, Limits
from iptsim.extensions.shared.layer4 import transport
from iptsim.extensions.shared.opaque import turned
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import WORD
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate, bits

_OPTIONS = (
    Opt(name="--genre", value=WORD, negatable=True),
    Opt(name="--ttl", value=Number(bits=2)),
    Opt(name="--log", value=Number(bits=2)),
)
_PARTS = (Part("--genre", "{!}{}", required=True),)

_FACT = turned("--genre", Fact(key="", code=codes.OPERATING_SYSTEM, reads=("ttl", "length")))
_SYN = 0x02


def _opaque(match: Match, where: Context) -> Predicate:
    """Any other packet than a SYN has no fingerprint, `!` or not (nfnetlink_osf.c)."""
    return transport(6, match, bits("tcp_flags", _SYN, _SYN), _FACT(match, where))


EXTENSIONS = (
    MatchExtension(
        name="osf",
        demands=Demands(
            protocols=TCP,
            hooks=ARRIVING,
            one_of=(("--genre",),),
            values={"--ttl": Limits(high=2), "--log": Limits(high=2)},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="OS fingerprint match", parts=_PARTS),
        lossy=("--ttl", "--log"),
        opaque_of=_opaque,
    ),
)
