"""Targets that no kernel.org tree has: what they do is unknown, but they are no chains.

Names: xtables-addons, patch-o-matic-ng, and kernels of vendors (OpenWrt, Qualcomm, Broadcom).
"""

from __future__ import annotations

from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS, Table, Target

NAMES = frozenset(
    {
        # xtables-addons, now and in earlier versions
        "ACCOUNT", "CHAOS", "DELUDE", "DHCPMAC", "DNETMAP", "ECHO", "IPMARK", "LOGMARK", "LSCAN",
        "PROTO", "RAWDNAT", "RAWNAT", "RAWSNAT", "STEAL", "SYSRQ", "TARPIT",
        # patch-o-matic-ng and kernels before 2.6.36
        "BALANCE", "FTOS", "IMQ", "IPV4OPTSSTRIP", "MIRROR", "NETLINK", "POOL", "ROUTE", "SAME",
        "TRIGGER", "XOR",
        # modules of their own, routers and phones
        "BCOUNT", "CONE", "FLOWOFFLOAD", "FULLCONE", "FULLCONENAT", "IPNETFLOW", "LAYER7", "NDPI",
        "NETFLOW", "QCOM", "RTPENGINE", "SFE", "VTAG", "WEBMON", "WGOBFS",
    }
)  # fmt: skip
"""Those that are told from chains where no option follows them, too."""


def is_addon(target: Target, table: Table) -> bool:
    """Whether a rule's target is one that iptsim cannot carry out, and no chain that is absent.

    A chain takes no options, so what has words of its own (`Target.raw`) is a target, as is a
    known extension with text that it does not know.
    """
    if target.goto or target.name in VERDICTS or table.chain(target.name) is not None:
        return False
    if target.raw:
        return not is_vague(target)
    return target.name in NAMES and target.name not in targets()


def is_vague(target: Target) -> bool:
    """Whether the options of a target cannot be read, and what it does is known even so."""
    known = targets().get(target.name)
    return not target.goto and target.raw[:1] == ("?",) and known is not None and bool(known.vague)
