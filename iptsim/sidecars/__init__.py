"""One request through both sidecars: what the rules of two pods do with it, hop by hop."""

from __future__ import annotations

from iptsim.model import Dump
from iptsim.sidecars.asked_request import Request, read_request
from iptsim.sidecars.hops import CLIENT, SERVER, Answer, Cause, Ending, Ends, Hop, Party
from iptsim.sidecars.pod_sides import Side
from iptsim.sidecars.through_both import Way

__all__ = [
    "CLIENT", "SERVER", "Answer", "Cause", "Ending", "Ends", "Hop", "Party", "Request", "journey",
    "read_request",
]  # fmt: skip


def journey(request: Request, *, client: Dump | None, server: Dump | None) -> Answer:
    """The request's way; None for the rules of a pod that nobody told.

    A pod that calls itself has one rule set, that of the client or of the server. Raises
    `UsageError` where a dump has no rules of the request's family, `LoopError` where a packet gets
    into a jump loop.
    """
    if request.itself:
        client = server = server if client is None else client
    way = Way(
        request=request,
        client=_side(CLIENT, client, request.client, request),
        server=_side(SERVER, server, request.server, request),
    )
    return way.answer()


def _side(name: str, dump: Dump | None, address: int, request: Request) -> Side:
    return Side(name=name, dump=dump, address=address, width=request.width)
