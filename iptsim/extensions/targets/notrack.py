"""NOTRACK: do not track the packet's connection.

A listing shows it as CT, with the text NOTRACK; before Linux 3.8 as NOTRACK, without any text.
Sources: iptables-extensions(8), NOTRACK; extensions/libxt_CT.c (ct_print_name_alias);
net/netfilter/xt_CT.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Continue, Untrack
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, TargetExtension
from iptsim.extensions.wordings.wording import Either, Nothing, Parts
from iptsim.model import Target


def _lower(_target: Target, _where: Context) -> tuple[Action, ...]:
    return (Untrack(), Continue())


EXTENSIONS = (
    TargetExtension(
        name="NOTRACK",
        demands=Demands(tables=("raw",)),
        wording=Either((Parts(options=(), lead="NOTRACK"), Nothing())),
        lower=_lower,
        listed_as="CT",
    ),
)
