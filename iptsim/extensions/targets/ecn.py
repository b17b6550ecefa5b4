"""ECN: the ECN bits of the TOS byte and of the TCP flags.

Sources: iptables-extensions(8), ECN; extensions/libipt_ECN.c; net/ipv4/netfilter/ipt_ECN.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import Action, Continue, Forget, SetBits
from iptsim.extensions.demands import TCP, Demands
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target

_ECE, _CWR = 0x40, 0x80
_OPTIONS = (
    Opt(name="--ecn-tcp-remove"),
    Opt(name="--ecn-tcp-ece", value=Number(bits=1)),
    Opt(name="--ecn-tcp-cwr", value=Number(bits=1)),
    Opt(name="--ecn-ip-ect", value=Number(bits=2)),
)
_PARTS = (
    Part("--ecn-tcp-remove", "TCP remove"),
    Part("--ecn-tcp-ece", "ECE={}"),
    Part("--ecn-tcp-cwr", "CWR={}"),
    Part("--ecn-ip-ect", "ECT codepoint={}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    zero = {o.name for o in options if o.value == 0 and o.name.startswith("--ecn-tcp-")}
    if len(zero) < 2:
        return options
    rest = (option for option in options if option.name not in zero)
    return (Option(name="--ecn-tcp-remove"), *rest)


def _lower(target: Target, _where: Context) -> tuple[Action, ...]:
    told = tuple(_told(target))
    lost = (Forget(field=field, detail=target.name) for field in ("tos", "tcp_flags"))
    return (*(told or lost), Continue())


def _told(target: Target) -> Iterator[Action]:
    if target.has("--ecn-tcp-remove"):
        yield SetBits(field="tcp_flags", value=0, mask=_ECE | _CWR)
    for name, bit in (("--ecn-tcp-ece", _ECE), ("--ecn-tcp-cwr", _CWR)):
        value = target.value(name, int)
        if value is not None:
            yield SetBits(field="tcp_flags", value=bit * value, mask=bit)
    codepoint = target.value("--ecn-ip-ect", int)
    if codepoint is not None:
        yield SetBits(field="tos", value=codepoint, mask=0x03)


EXTENSIONS = (
    TargetExtension(
        name="ECN",
        demands=Demands(
            tables=("mangle",),
            any_option=True,
            option_protocols={"--ecn-tcp-remove": TCP, "--ecn-tcp-ece": TCP, "--ecn-tcp-cwr": TCP},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ECN", parts=_PARTS),
        families=(4,),
        normalize=_normalize,
        lower=_lower,
    ),
)
