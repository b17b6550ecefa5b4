"""What dst and hbh share: the length of an IPv6 options header, and its options in their order."""

from __future__ import annotations

from iptsim.extensions.shared.ipv6_headers import asked, has_length, there, unknown_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Number, read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate

Options = tuple[tuple[int, int | None], ...]


def _read(text: str, _family: int) -> Options:
    return tuple(_option(part) for part in text.split(","))


def _option(text: str) -> tuple[int, int | None]:
    kind, colon, length = text.partition(":")
    return read_number(kind, 8), read_number(length, 8) if colon else None


def _write(value: Options, _family: int) -> str:
    return ",".join(str(k) if length is None else f"{k}:{length}" for k, length in value)


_LIST = Codec(
    parse=_read,
    show=_write,
    expected="types of options with or without their lengths, such as 5:2,194",
    listing=r"\d+(?::\d+)?(?:,\d+(?::\d+)?)*",
)


def header_options(name: str, header: str, fact: Fact) -> MatchExtension:
    """The match `name` with its two options; `header` is the name that `EXT_HEADERS` has for it."""

    def lower(match: Match, where: Context) -> Predicate:
        def asks(option: Option) -> Predicate:
            if option.name == f"--{name}-len":
                return has_length(f"{name}_length", option)
            return unknown_of(match, option, where, fact)

        return asked(there(header), match, asks)

    options = (
        Opt(name=f"--{name}-len", value=Number(), negatable=True),
        Opt(name=f"--{name}-opts", value=_LIST),
    )
    parts = (Part(f"--{name}-len", "length:{!}{}"), Part(f"--{name}-opts", "opts {}"))
    return MatchExtension(
        name=name,
        options=options,
        wording=Parts(options=options, lead=name, parts=parts),
        families=(6,),
        lower=lower,
    )
