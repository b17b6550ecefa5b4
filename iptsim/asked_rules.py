"""Which of a dump's rule sets a question is asked of."""

from __future__ import annotations

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.model import Dump, Ruleset


def ruleset_of(dump: Dump, family: int | None) -> Ruleset:
    """The rule set of a packet: of its family where it told one, else the only one, else IPv4's.

    Raises `UsageError` where the dump has no rules of that family.
    """
    if family is None:
        return dump.family(4) or dump.rulesets[0]
    found = dump.family(family)
    if found is None:
        raise UsageError(
            f"the packet is IPv{family}, and the dump holds no IPv{family} rules",
            code=codes.NO_RULES_OF_ITS_FAMILY,
            family=family,
        )
    return found
