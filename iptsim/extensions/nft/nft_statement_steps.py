"""Each statement of nftables as steps of its rule's program."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim import codes
from iptsim.actions import Action, Branch, Continue, Fate, Jump, Return, Touch, Untrack, Verdict
from iptsim.extensions.any_target import Untold, ways
from iptsim.extensions.nft.nft_assignments import assignment_steps, option_taken_out
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_matches import asks, key_of, state_of
from iptsim.extensions.nft.nft_steps import (
    Do,
    End,
    Lookup,
    Step,
    Test,
    Unless,
    elements_of,
    is_partial,
)
from iptsim.extensions.nft.nft_translations import lookup, nat_steps, of_family, tproxy_steps
from iptsim.extensions.nft.nft_words import limit_words, match_words, words
from iptsim.extensions.registry import targets
from iptsim.extensions.shared.connection_states import confirmed, opening
from iptsim.model import Target
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.expressions import Expression, MapLookup
from iptsim.predicate import Fact, InSet, all_of, between, equals
from iptsim.values import IntSet

_ENDS: dict[str, Action] = {
    "accept": Verdict(fate=Fate.ACCEPT),
    "drop": Verdict(fate=Fate.DROP),
    "continue": Continue(),
    "return": Return(),
}
_TCP = 6
_OFFLOADED = InSet(field="proto", values=IntSet.of(((6, 6), (17, 17), (47, 47))))
"""Protocols whose connections a flowtable takes."""


def steps_of(one: nft.Statement, here: Here, *, last: bool) -> Iterator[Step]:
    """What a statement does; `last` is whether none follows it in its rule."""
    match one:
        case nft.Match():
            yield Test(when=asks(one, here), words=match_words(one))
        case nft.Verdict():
            yield End(actions=_verdict(one, here))
        case nft.VerdictMap():
            yield from _verdict_map(one, here)
        case nft.Nat():
            yield from nat_steps(one, here)
        case nft.Assignment():
            yield from assignment_steps(one, here)
        case nft.Reject():
            yield from _reject(one, here)
        case _:
            yield from _less_often(one, here, last=last)


def _less_often(one: nft.Statement, here: Here, *, last: bool) -> Iterator[Step]:
    match one:
        case nft.Limit() | nft.Quota() | nft.ConnectionLimit() | nft.ObjectReference():
            yield from _stateful(one, here, last=last)
        case nft.DynamicSet() | nft.Meter():
            yield from _dynamic(one, here)
        case nft.Tproxy():
            yield from tproxy_steps(one, here)
        case nft.ResetOption():
            yield from option_taken_out(one)
        case nft.Notrack():
            yield Do(actions=(Untrack(),))
        case nft.Queue():
            yield End(actions=_queue(one))
        case nft.Synproxy():
            yield Test(when=equals("proto", _TCP), words="meta l4proto tcp")
            yield End(actions=targets()["SYNPROXY"].lower(Target(name="SYNPROXY"), here.where))
        case nft.Fwd():
            yield from _handed_on(one, here)
        case nft.FlowAdd():
            yield from _offloaded(one, here)
        case nft.Unknown() | nft.Xt():
            yield from _unknown(one, here, last=last)


def _verdict(one: nft.Verdict, here: Here) -> tuple[Action, ...]:
    if one.kind in _ENDS:
        return (_ENDS[one.kind],)
    if one.kind not in ("jump", "goto") or one.chain is None:
        return _anything(f"{here.where.table} {here.where.chain} «{one.kind}»", here)
    goto = one.kind == "goto"
    if one.chain in here.home.chain_of:
        return (Jump(chain=one.chain, goto=goto),)
    return _anything(f"{here.where.table} {one.chain}", here, Return() if goto else Continue())


def _anything(label: str, here: Here, on: Action | None = None) -> tuple[Action, ...]:
    """What is not told may do whatever a chain of its type can; one of nat may drop, too."""
    untold = Untold(
        label=label,
        table="filter",
        hooks=frozenset(here.where.hooks),
        width=here.address_width,
        on=on or Continue(),
        translates="nat" in here.types,
    )
    return ways(untold)


def _verdict_map(one: nft.VerdictMap, here: Here) -> Iterator[Step]:
    key = key_of(one.key, here)

    def then(value: Expression | nft.Verdict) -> tuple[Step, ...]:
        assert isinstance(value, nft.Verdict)
        # `continue` goes on with the rest of the rule (nf_tables_core.c, nft_do_chain).
        return () if value.kind == "continue" else (End(actions=_verdict(value, here)),)

    text = f"{key.text} vmap {words(one.map)}"
    elements = elements_of(one.map, here)
    unknown: tuple[Step, ...] = ()
    in_part = is_partial(one.map, here)
    if elements is None or in_part:
        name = f"{here.where.table} {here.where.chain} «{text}»"
        unknown = (End(actions=_anything(name, here)),)
    yield Test(when=key.needs, words=text)
    yield Lookup(
        key=key,
        elements=elements,
        then=then,
        unknown=unknown,
        text=text,
        index=partial(here.index_of, one.map),
        partial=in_part,
    )


def _reject(one: nft.Reject, here: Here) -> Iterator[Step]:
    """What one family or protocol alone has, only that one is rejected with (nft: a condition)."""
    yield from of_family({"icmp": "ip", "icmpv6": "ip6"}.get(one.kind or ""), here)
    if one.kind == "tcp reset":
        yield Test(when=equals("proto", _TCP), words="meta l4proto tcp")
    yield End(actions=(Verdict(fate=Fate.REJECT),))


def _queue(one: nft.Queue) -> tuple[Action, ...]:
    """Where no program listens, `bypass` accepts (nf_queue.c; core.c, nf_hook_slow)."""
    queued: tuple[Action, ...] = (Verdict(fate=Fate.QUEUE),)
    if "bypass" not in one.flags:
        return queued
    queue = "0" if one.numbers is None else words(one.numbers)
    heard = Fact(
        key=f"a program listens on queue {queue}",
        code=codes.QUEUE_HEARD,
        detail=queue,
        usually=True,
    )
    accepted: tuple[Action, ...] = (Verdict(fate=Fate.ACCEPT, bypassed=True),)
    return (Branch(when=heard, then=queued, otherwise=accepted),)


def _handed_on(one: nft.Fwd, here: Here) -> Iterator[Step]:
    """Another device sends it, to a neighbour as a router would (nft_fwd_netdev.c)."""
    if one.address is not None:
        yield from of_family(one.family, here)
        yield Unless(when=between("ttl", 0, 1), actions=(Verdict(fate=Fate.DROP),))
    yield End(actions=(Verdict(fate=Fate.STOLEN),))


def _offloaded(one: nft.FlowAdd, here: Here) -> Iterator[Step]:
    """What is not put into the flowtable, or is there already, breaks the rule.

    Source: net/netfilter/nft_flow_offload.c, nft_flow_offload_eval (`out`): the connection has to
    be confirmed, of TCP open in both directions, and without a helper.
    """
    text = f"flow add @{one.flowtable}"
    taken = Fact(key=f"{text} ({here.label})", detail=text, each_time=True)
    yield Test(when=all_of((_OFFLOADED, confirmed(), taken)), words=text)


_CODES = {
    nft.Limit: codes.RATE,
    nft.Quota: codes.QUOTA_LEFT,
    nft.ConnectionLimit: codes.OPEN_CONNECTIONS,
}


def _stateful(
    one: nft.Limit | nft.Quota | nft.ConnectionLimit | nft.ObjectReference,
    here: Here,
    *,
    last: bool,
) -> Iterator[Step]:
    """Whether a limit is reached is a fact of the moment."""
    if isinstance(one, nft.ObjectReference):
        yield from _object(one, here, last=last)
        return
    text = f"{limit_words(one)} ({here.where.table} {here.where.chain})"
    key = f"{limit_words(one)} of {here.label}{_beside(one, here)}"
    yield _within(text, _CODES[type(one)], over=one.over, key=key)


def _beside(one: nft.Statement, here: Here) -> str:
    """What tells a limit from others of its rule."""
    alike = [each for each in here.rule.statements if type(each) is type(one)]
    return "" if len(alike) == 1 else f", {alike.index(one) + 1} of {len(alike)}"


def _within(text: str, code: str, *, over: bool, key: str) -> Test:
    """A limit holds as it stands in the rule; of one that is over, what is usual is below."""
    fact = Fact(key=key, code=code, detail=text, usually=not over, each_time=True)
    return Test(when=fact, words=text)


def _object(one: nft.ObjectReference, here: Here, *, last: bool) -> Iterator[Step]:
    """An object by its name; which one a map names hangs on a key that must be there."""
    if isinstance(one.name, MapLookup):
        yield from lookup(one.name, lambda _value: (), (), here)
        name = words(one.name)
    else:
        name = one.name
    if one.kind == "ct expectation":
        yield from _expectation(name, here)
    elif one.kind == "synproxy":
        yield from _less_often(nft.Synproxy(), here, last=last)
    elif one.kind in ("limit", "quota"):
        known = (
            None if isinstance(one.name, MapLookup) else here.home.object_of.get((one.kind, name))
        )
        over = known is not None and bool(getattr(known.statement, "over", False))
        code = codes.RATE if one.kind == "limit" else codes.QUOTA_LEFT
        text = f'{one.kind} name "{name}" ({here.where.table} {here.where.chain})'
        yield _within(text, code, over=over, key=f'{one.kind} name "{name}" of {here.label}')


def _expectation(name: str, here: Here) -> Iterator[Step]:
    """For a connection that opens; one that clashes with another's drops (nft_ct_expect_obj_eval).

    What has as many as it may breaks the rule.
    """
    text = f"ct expectation {here.where.table} {name}"
    yield Test(when=opening(), words=text)
    room = Fact(key=f"{text}: room for it", detail=text, usually=True, each_time=True)
    clash = Fact(key=f"{text}: clashes with another", detail=text, each_time=True)
    yield Test(when=room, words=text)
    yield Unless(when=clash, actions=(Verdict(fate=Fate.DROP),))


def _dynamic(one: nft.DynamicSet | nft.Meter, here: Here) -> Iterator[Step]:
    """What is put into a set changes what later rules find there.

    A set that is full breaks the rule, and so does a statement of the element (nft_dynset.c).
    """
    key = key_of(one.key, here)
    yield Test(when=key.needs, words=key.text)
    name = one.set if isinstance(one, nft.DynamicSet) else one.name
    if one.statements:
        held = one.statements
        limits = [s for s in held if isinstance(s, nft.Limit | nft.Quota | nft.ConnectionLimit)]
        for each in limits:
            told = f"{key.text} {limit_words(each)}"
            text = f"@{name} {{ {told} }}"
            nth = "" if len(limits) == 1 else f", {limits.index(each) + 1} of {len(limits)}"
            named = f"{text} of {here.label}{nth}"
            yield _within(text, _CODES[type(each)], over=each.over, key=named)
    elif _may_be_full(name, here):
        text = f"add @{name} {{ {key.text} }}"
        looked = f"room for {text} ({here.label})"
        fact = Fact(key=looked, detail=text, usually=True, each_time=True)
        yield Test(when=fact, words=text)
    yield Do(actions=(Touch(name=state_of(name, here)),))


def _may_be_full(name: str, here: Here) -> bool:
    known = here.home.set_of.get(name)
    return known is None or known.size is not None


def _unknown(one: nft.Unknown | nft.Xt, here: Here, *, last: bool) -> Iterator[Step]:
    """Words that nobody knows may be a condition; at the end of a rule they may be what it does."""
    text = one.text if isinstance(one, nft.Unknown) else f"xt {one.kind} {one.name}"
    if last and not (isinstance(one, nft.Xt) and one.kind == "match"):
        yield End(actions=_anything(f"{here.where.table} {here.where.chain} «{text}»", here))
    else:
        yield Test(when=Fact(key=text, detail=text, reads=("*",)), words=text)
