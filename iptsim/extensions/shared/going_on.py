"""The meaning of targets that let a packet pass unchanged: they write, count or signal."""

from __future__ import annotations

from iptsim.actions import Action, Continue
from iptsim.extensions.spec import Context
from iptsim.model import Target


def go_on(_target: Target, _where: Context) -> tuple[Action, ...]:
    """XT_CONTINUE, and no field of the packet is another one."""
    return (Continue(),)
