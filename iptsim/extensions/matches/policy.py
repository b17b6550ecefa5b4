"""policy: the IPsec policy that the packet came in by, or will go out by.

Options after --next speak of the next element of the policy, so they repeat.

Sources: iptables-extensions(8), policy; extensions/libxt_policy.c; net/netfilter/xt_policy.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import ARRIVING, LEAVING, Demands
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.extensions.values.value_types import Choice, NetworkValue, Number, read_protocol
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, all_of, negate
from iptsim.regex import regex

_FACT = Fact(key="", code=codes.IPSEC_POLICY)
_NEXT = Option(name="--next")
_PROTOCOL = Codec(
    parse=lambda text, _family: read_protocol(text),
    show=lambda value, _family: PROTOCOL_NAMES.get(value, str(value)),
    expected="ah, esp or ipcomp",
)
_OPTIONS = (
    Opt(name="--dir", value=Choice(names=("in", "out"))),
    Opt(name="--pol", value=Choice(names=("none", "ipsec"))),
    Opt(name="--strict"),
    Opt(name="--reqid", value=Number(), negatable=True),
    Opt(name="--spi", value=Number(form="#x"), negatable=True),
    Opt(name="--proto", value=_PROTOCOL, negatable=True),
    Opt(name="--mode", value=Choice(names=("transport", "tunnel")), negatable=True),
    Opt(name="--tunnel-dst", value=NetworkValue(), negatable=True),
    Opt(name="--tunnel-src", value=NetworkValue(), negatable=True),
    Opt(name="--next"),
)
_BY_NAME = {option.name: option for option in _OPTIONS}
_ORDER = list(_BY_NAME)
_WHOLE = _ORDER[:3]
_ELEMENT = tuple(_ORDER[3:-1])
_LEAD = regex(r"\s*(?<!\S)policy\s+match\s+dir\s+(in|out)\s+pol\s+(none|ipsec)(\s+strict)?")
_PIECE = regex(
    r"\s+(?:\[(\d+)\]|(!\s+)?(reqid|spi|proto|mode|tunnel-src|tunnel-dst)\s+(\S+))(?!\S)"
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """The whole policy first, then each element's options in the order of printing."""
    whole = sorted((o for o in options if o.name in _WHOLE), key=_position)
    done: list[Option] = list(whole)
    for number, element in enumerate(_elements(o for o in options if o.name not in _WHOLE)):
        done += [_NEXT] * (number > 0) + sorted(element, key=_position)
    return tuple(done)


def _position(option: Option) -> int:
    return _ORDER.index(option.name)


def _elements(options: Iterable[Option]) -> list[list[Option]]:
    elements: list[list[Option]] = [[]]
    for option in options:
        if option == _NEXT:
            elements.append([])
        else:
            elements[-1].append(option)
    return elements


class _Wording:
    """`policy match dir in pol ipsec strict [0] reqid 1 [1] ! spi 0x2`."""

    starts: tuple[str, ...] = ("policy",)

    def read(self, text: str, start: int, family: int) -> Iterator[tuple[tuple[Option, ...], int]]:
        """See `Wording.read`."""
        found = _LEAD.match(text, start)
        if found is None:
            return
        options = [Option(name="--dir", value=found[1]), Option(name="--pol", value=found[2])]
        if found[3]:
            options.append(Option(name="--strict"))
        more, end = _pieces(text, found.end(), family)
        yield (*options, *more), end


def _pieces(text: str, end: int, family: int) -> tuple[list[Option], int]:
    """As far as the text reads as elements; a value that is none belongs to what follows."""
    options: list[Option] = []
    while found := _PIECE.match(text, end):
        try:
            options += _piece(found, family)
        except ValueError:
            break
        end = found.end()
    return options, end


def _piece(found: re.Match[str], family: int) -> Iterator[Option]:
    """`[0]` begins the first element, which nothing separates from what is before it."""
    if found[1]:
        if int(found[1]):
            yield _NEXT
        return
    kind = _BY_NAME[f"--{found[3]}"]
    assert kind.value is not None
    value = kind.value.read_listing(found[4], family)
    yield Option(name=kind.name, value=value, negate=bool(found[2]))


def _opaque(match: Match, where: Context) -> Predicate:
    """A packet without IPsec fits no policy but none (xt_policy.c, policy_mt)."""
    way = Option(name="--dir", value=match.value("--dir", str))
    plain = replace(match, options=(way, Option(name="--pol", value="ipsec")))
    secured = about(plain, where, _FACT)
    if match.value("--pol", str) == "none":
        return negate(secured)
    return secured if len(match.options) <= len(plain.options) else all_of((secured, _FACT))


EXTENSIONS = (
    MatchExtension(
        name="policy",
        demands=Demands(
            one_of=(("--dir",),),
            with_=(
                ("--next", ("--strict",)),
                ("--strict", _ELEMENT),
                ("--tunnel-dst", ("--mode tunnel",)),
                ("--tunnel-src", ("--mode tunnel",)),
            ),
            between="--next",
            option_hooks={"--dir in": ARRIVING, "--dir out": LEAVING},
        ),
        options=_OPTIONS,
        wording=_Wording(),
        normalize=_normalize,
        ordered=True,
        opaque_of=_opaque,
    ),
)
