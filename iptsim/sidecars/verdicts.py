"""How a request ends, as a code with the causes that belong into its sentence."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.sidecars.hops import CLIENT, SERVER, Answer, Cause, Ending, Party

_REMARKS = frozenset({codes.SOURCE_KEPT, codes.BY_TUNNEL, codes.CALLS_ITSELF})
"""Names of what is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A code, and why.

    `is_good`: it goes as a mesh has it; `is_known`: every pod's rules are told that decide it.
    `remark` is a code of what follows from it; '' for none.
    """

    code: str
    why: tuple[Cause, ...] = ()
    is_good: bool = False
    is_known: bool = True
    remark: str = ""


def verdict_of(answer: Answer) -> Verdict:
    """How it ends."""
    ends = {
        Ending.LOOP: codes.REQUEST_LOOPS,
        Ending.LOST: codes.REQUEST_LOST,
        Ending.NETWORK: codes.REQUEST_TO_DNS,
    }
    last = tuple(answer.causes[-1:])
    if answer.ending in ends:
        good = answer.ending is Ending.NETWORK
        why = tuple(one for one in answer.causes if one.code not in _REMARKS)
        return Verdict(code=ends[answer.ending], why=why, is_good=good)
    if answer.probe:
        return _probed(answer, last)
    if answer.ending is Ending.PROXY:
        return Verdict(code=codes.REQUEST_TO_PROXY, why=last, is_good=True)
    if last and last[0].code == codes.TO_OTHER_PORT:
        return Verdict(code=f"{codes.REQUEST_PARTLY_TOLD}.port", why=last, is_known=False)
    return _partly(answer) if None in answer.through else _through(answer)


def _probed(answer: Answer, last: tuple[Cause, ...]) -> Verdict:
    code = codes.REQUEST_PROBES
    if answer.ending is Ending.UNKNOWN:
        return Verdict(code=f"{code}.untold", is_known=False)
    if answer.through[1] is False:
        return Verdict(code=f"{code}.past", why=last, is_good=True)
    if answer.hops[0].receiver in (Party.AGENT, Party.ENVOY) and answer.hops[0].original is None:
        return Verdict(code=f"{code}.agent", why=last, is_good=True)
    return Verdict(code=f"{code}.captured", why=last)


def _partly(answer: Answer) -> Verdict:
    code = codes.REQUEST_PARTLY_TOLD
    client, server = answer.through
    if client is None and server is None:
        return Verdict(code=f"{code}.both", is_known=False)
    side, told = ("server", client) if server is None else ("client", server)
    why = tuple(_of(answer, SERVER if side == "client" else CLIENT))
    return Verdict(code=f"{code}.{side}" + ("" if told else ".past"), why=why, is_known=False)


def _through(answer: Answer) -> Verdict:
    client, server = answer.through
    if client and server:
        return Verdict(code=codes.REQUEST_THROUGH + _proxies(answer), is_good=True)
    if answer.itself:
        form = ".itself" if not client else ".itself.in"
        return Verdict(code=codes.REQUEST_PAST_BOTH + form, why=answer.causes[-1:])
    if server:
        why = tuple(_of(answer, CLIENT))
        code = codes.REQUEST_PAST_CLIENT
        return Verdict(code=code, why=why, remark=f"{code}.remark")
    if client:
        code = codes.REQUEST_PAST_SERVER
        return Verdict(code=code, why=tuple(_of(answer, SERVER)), remark=f"{code}.remark")
    why = (*_of(answer, CLIENT), *_of(answer, SERVER))
    return Verdict(code=codes.REQUEST_PAST_BOTH, why=why)


def _proxies(answer: Answer) -> str:
    ambient = answer.proxies.count(Party.ZTUNNEL)
    if answer.itself:
        return ".itself.ambient" if ambient else ".itself"
    return ("", ".mixed", ".ambient")[ambient]


def _of(answer: Answer, side: str) -> Iterator[Cause]:
    """Why the proxy of a side does not get it."""
    for hop in answer.hops:
        if hop.side == side and hop.cause is not None and hop.cause.code not in _REMARKS:
            yield hop.cause
