"""What a rule does, in plain words, read from its actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iptsim.actions import (
    Action,
    Add,
    Branch,
    Cases,
    Continue,
    CopyBits,
    Deliver,
    Fate,
    Forget,
    Jump,
    Return,
    SetBits,
    Side,
    Template,
    To,
    Touch,
    Translate,
    Untrack,
    Verdict,
    ways_of,
)
from iptsim.explain.catalogue import knows, sentence
from iptsim.explain.condition_words import keys, spoken
from iptsim.explain.number_texts import is_wide, translated, values_text
from iptsim.extensions.lowering import actions
from iptsim.extensions.spec import Context
from iptsim.model import BUILTIN_CHAINS, Rule, Table
from iptsim.values import IntSet, format_address

if TYPE_CHECKING:
    from iptsim.nftables.nft_ruleset import NftRule

_FEW_WAYS = 6


def deed(rule: Rule, where: Context, table: Table, lang: str = "en", now: str = "") -> str:
    """«goes through ISTIO_INBOUND», «is redirected to port 15001», «is dropped».

    `now` is the key of a word before the verb: `word.now`, `word.no-longer`, or nothing.
    """
    if rule.unread is not None:
        return sentence("do.untold", lang)
    word = sentence(now, lang) if now else ""
    if rule.target is not None and (own := _own(rule.target.name)):
        return sentence(own, lang, now=word)
    done = actions(rule, where, table)
    told = [
        _told(action, rule, where, lang, "" if number else word)
        for number, action in enumerate(_telling(done))
    ]
    return sentence("word.then", lang).join(told)


def _telling(done: tuple[Action, ...]) -> Iterator[Action]:
    """The actions worth a word: going on goes without saying after a deed."""
    quiet = (Continue, Touch)
    loud = [action for action in done if not isinstance(action, quiet)]
    yield from loud or done[:1]


def _told(action: Action, rule: Rule, where: Context, lang: str, now: str) -> str:
    key, facts = _sentence(action, rule, where)
    return sentence(key, lang, now=now, **facts)


def _sentence(  # noqa: PLR0911  # one return for each action
    action: Action, rule: Rule, where: Context
) -> tuple[str, dict[str, object]]:
    match action:
        case Verdict(fate=fate):
            return f"do.{fate.value}", {}
        case Jump(chain=chain, goto=goto):
            return ("do.goto" if goto else "do.jump"), {"chain": chain}
        case Return():
            stands = spoken(rule, where)
            builtin = stands.chain in BUILTIN_CHAINS.get(stands.table, ())
            return ("do.return-builtin" if builtin else "do.return"), {"chain": where.chain}
        case Continue() | Touch() | Template():
            return _going_on(rule)
        case Branch() | Cases() if rule.nft is not None:
            return _mapped(action, rule, where.family)
        case Branch():
            return "do.branch", {"target": rule.target.name if rule.target else ""}
        case Translate():
            return _translation(action, where.family)
        case Deliver(port=port):
            return ("do.deliver" if port else "do.deliver-own"), {"port": port}
        case _:
            return _rewrite(action)


def _mapped(action: Action, rule: Rule, family: int) -> tuple[str, dict[str, object]]:
    key, given = " + ".join(keys(rule)), ", ".join(_few(_given(action, _own_family(rule, family))))
    if given and key:
        return f"do.map.{_kind(action)}", {"leads": given, "key": key}
    if key and any(isinstance(one, Translate | Forget) for one in _deeds(action)):
        return "do.map.untold", {"key": key}
    ways = ", ".join(_few(_endings(ways_of(action))))
    if not ways:
        return "do.continue", {}
    return ("do.map.by" if key else "do.map"), {"leads": ways, "key": key}


def _own_family(rule: Rule, family: int) -> int:
    """The family that a rule of an inet table says its new address is of: `dnat ip6 to …`."""
    from iptsim.nftables.nft_statements import Nat  # noqa: PLC0415  # if asked

    said = [one.family for one in rule.nft.statements if isinstance(one, Nat)] if rule.nft else []
    return {"ip": 4, "ip6": 6}.get(said[0] or "", family) if said else family


def _few(found: Iterable[str]) -> Iterator[str]:
    """Each once, and of many the first ones."""
    each = dict.fromkeys(found)
    yield from list(each)[:_FEW_WAYS]
    if len(each) > _FEW_WAYS:
        yield f"… ({len(each) - _FEW_WAYS})"


def _endings(ways: Iterable[tuple[Action, ...]]) -> Iterator[str]:
    """The chains and verdicts that an action may lead to."""
    for way in ways:
        match way[-1]:
            case Jump(chain=chain):
                yield chain
            case Verdict(fate=fate):
                yield fate.value
            case Return():
                yield "RETURN"
            case Branch() | Cases() as inner:
                yield from _endings(ways_of(inner))


def _deeds(action: Action) -> Iterator[Action]:
    """What an action may do, whichever way the packet decides."""
    ways = ways_of(action)
    if not ways:
        yield action
    for way in ways:
        for one in way:
            yield from _deeds(one)


def _given(action: Action, family: int) -> Iterator[str]:
    """The addresses, ports and marks that a map gives packets."""
    for one in _deeds(action):
        if isinstance(one, Translate) and not _is_open(one.addresses):
            yield translated(one, family)
        elif isinstance(one, SetBits):
            yield f"{one.field} {one.value:#x}"


def _is_open(addresses: IntSet | None) -> bool:
    """Whether a new address may be any: the map's elements are not told."""
    return addresses is not None and len(addresses.ranges) == 1 and addresses.first == 0


def _kind(action: Action) -> str:
    """What a map's values are for: a new destination, a new source, or marks."""
    sides = [one.side for one in _deeds(action) if isinstance(one, Translate)]
    if not sides:
        return "set"
    return "dnat" if sides[0] is Side.DESTINATION else "snat"


def _going_on(rule: Rule) -> tuple[str, dict[str, object]]:
    if rule.nft is not None and _logs(rule.nft):
        return "do.LOG", {}
    if rule.target is None:
        return "do.continue", {}
    return "do.target", {"target": rule.target.name}


def _logs(rule: NftRule) -> bool:
    from iptsim.nftables.nft_statements import Log  # noqa: PLC0415  # if asked

    return any(isinstance(one, Log) for one in rule.statements)


def _own(target: str) -> str:
    """The key of a target's own sentence, which says all that it does; '' where it has none."""
    own = f"do.{target}"
    return own if knows(own) and target not in Fate.__members__ else ""


def _rewrite(action: Action) -> tuple[str, dict[str, object]]:
    match action:
        case SetBits(field=field, value=value, mask=mask):
            whole = mask == 0xFFFFFFFF
            return "do.set", {
                "field": field,
                "value": hex(value) + ("" if whole else f"/{mask:#x}"),
            }
        case CopyBits(to=to, source=source):
            return "do.copy", {"to": to, "source": source}
        case Add(field=field, delta=delta):
            return "do.add", {"field": field, "delta": f"{delta:+d}"}
        case Forget(field=field):
            return "do.forget", {"field": field}
        case Untrack():
            return "do.untrack", {}
        case _:
            raise TypeError(f"no words for {action!r}")


def _translation(action: Translate, family: int) -> tuple[str, dict[str, object]]:
    port = values_text("dport", action.ports, family) if action.ports else ""
    ending = "destination" if action.side is Side.DESTINATION else "source"
    if action.to is To.INCOMING:
        return ("do.redirect" if port else "do.redirect-here"), {"port": port}
    if action.to is To.OUTGOING:
        return ("do.masquerade-port" if port else "do.masquerade"), {"port": port}
    if action.to is To.MAPPED:
        return f"do.map-{ending}", {"to": _network(action, family)}
    return ("do.dnat" if ending == "destination" else "do.snat"), {"to": translated(action, family)}


def _network(action: Translate, family: int) -> str:
    width = 32 if family == 4 and not is_wide(action.addresses) else 128
    first = action.addresses.first if action.addresses else 0
    return f"{format_address(first, width)}/{action.mask.bit_count()}"
