"""connlabel: a label that rules set on connections.

A listing with -n prints the label's number, of which only /etc/xtables/connlabel.conf of the
dumping host knows the name that a save file prints.

Sources: iptables-extensions(8), connlabel; extensions/libxt_connlabel.c;
net/netfilter/xt_connlabel.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.extensions.demands import Demands, Wrong, between
from iptsim.extensions.shared.connection_states import opening, tracked
from iptsim.extensions.shared.opaque import about, without_not
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Text
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import Fact, Predicate, all_of, any_of, negate_if

_TEXT = Text(quoted=True)


def _heard(text: str, _family: int) -> str:
    return text.strip("'\"")


def _opaque(match: Match, where: Context) -> Predicate:
    """With --set the rule sets the label first: connections older than the rule have no place.

    Without a connection there is no label (xt_connlabel.c, connlabel_mt).
    """
    option = match.option("--label")
    fact = Fact(key="", code=codes.CONNECTION_LABELS, usually=match.has("--set"))
    labelled: Predicate = about(without_not(match, "--label"), where, fact)
    if match.has("--set"):
        labelled = any_of((opening(), labelled))
    return negate_if(option is not None and option.negate, all_of((tracked(), labelled)))


_OPTIONS = (
    Opt(
        name="--label",
        value=Codec(
            parse=lambda text, _family: text,
            heard=_heard,
            show=_TEXT.write,
            expected="the name or the number of a label",
            listing=r"'[^']*'|\"[^\"]*\"|[^\s!]\S*",
        ),
        negatable=True,
    ),
    Opt(name="--set"),
)


def _bits(match: Match, _family: int) -> Iterator[Wrong]:
    label = match.value("--label", str) or ""
    if label.isascii() and label.isdigit():
        yield from between("--label", int(label[:9]), 0, 127)


EXTENSIONS = (
    MatchExtension(
        name="connlabel",
        demands=Demands(further=_bits, one_of=(("--label",),)),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(
            options=_OPTIONS,
            lead="connlabel",
            parts=(Part("--label", "{!}{}", required=True), Part("--set", "set")),
        ),
        opaque_of=_opaque,
    ),
)
