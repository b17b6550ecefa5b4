"""Why a packet of a capture is not asked of the rules."""

from __future__ import annotations

NOT_IP = "not_ip"
CUT = "cut"  # the capture kept too little of it
WRONG_HEADER = "wrong_header"  # the kernel throws it away before any rule
OTHER_HOST = "other_host"  # the link was listened to; the kernel looks at it no further
GATHERED = "gathered"  # a later fragment, which comes to the rules as part of the first
LEFT_AGAIN = "left_again"  # a packet that was seen as it arrived, and is forwarded
NO_RULES = "no_rules"  # the dump has no rules of its family
NOT_ASKED = "not_asked"  # the tracer refuses it: too many ways, a loop of jumps

REASONS = (NOT_IP, CUT, WRONG_HEADER, OTHER_HOST, GATHERED, LEFT_AGAIN, NO_RULES, NOT_ASKED)


class NotReadError(Exception):
    """A packet is not asked; `why` is one of `REASONS`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
