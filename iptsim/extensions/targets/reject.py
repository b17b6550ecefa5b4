"""REJECT: drop the packet and say so to its sender.

Sources: iptables-extensions(8), REJECT; extensions/libipt_REJECT.c, libip6t_REJECT.c;
net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c.
"""

from __future__ import annotations

from iptsim.actions import Action, Fate, Verdict
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import TCP, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target

_ANSWERS = {
    4: (
        ("icmp-net-unreachable", "net-unreach"),
        ("icmp-host-unreachable", "host-unreach"),
        ("icmp-proto-unreachable", "proto-unreach"),
        ("icmp-port-unreachable", "port-unreach"),
        ("icmp-net-prohibited", "net-prohib"),
        ("icmp-host-prohibited", "host-prohib"),
        ("tcp-reset", "tcp-rst"),
        ("icmp-admin-prohibited", "admin-prohib"),
    ),
    6: (
        ("icmp6-no-route", "no-route"),
        ("icmp6-adm-prohibited", "adm-prohibited"),
        ("icmp6-addr-unreachable", "addr-unreach"),
        ("icmp6-port-unreachable", "port-unreach"),
        ("tcp-reset", "tcp-reset"),
        ("icmp6-policy-fail", "policy-fail"),
        ("icmp6-reject-route", "reject-route"),
    ),
}
_DEFAULTS = {4: "icmp-port-unreachable", 6: "icmp6-port-unreachable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Word):
    """How the sender is told: a name or its alias, or the beginning of one, in any case."""

    expected: str = "a kind of answer, such as icmp-port-unreachable or tcp-reset"

    def read_listing(self, text: str, family: int) -> str:
        """See `ValueType`; the first that begins so is meant (libipt_REJECT.c, strncasecmp)."""
        for name, alias in _ANSWERS[family]:
            if name.startswith(text.lower()) or alias.startswith(text.lower()):
                return name
        raise ValueError(f"{text!r} is not {self.expected}")


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    return options or (Option(name="--reject-with", value=_DEFAULTS[family]),)


def _lower(_target: Target, _where: Context) -> tuple[Action, ...]:
    return (Verdict(fate=Fate.REJECT),)


_OPTIONS = (Opt(name="--reject-with", value=Answer()),)

EXTENSIONS = (
    TargetExtension(
        name="REJECT",
        demands=Demands(
            tables=("filter",),
            option_protocols={"--reject-with tcp-reset": TCP, "--reject-with icmp6-tcp-reset": TCP},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--reject-with", "reject-with {}"),)),
        normalize=_normalize,
        lower=_lower,
    ),
)
