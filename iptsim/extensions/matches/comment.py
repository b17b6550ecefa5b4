"""comment: a note for people; it asks nothing.

Sources: iptables-extensions(8), comment; extensions/libxt_comment.c; net/netfilter/xt_comment.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Text
from iptsim.model import Match, Option
from iptsim.predicate import ALWAYS, Predicate
from iptsim.regex import regex

_LONGEST = 255
_BEGIN = regex(r"\s*(?<!\S)/\*(?:\s|(?=\*/))")
_END = regex(r"\s?\*/(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Text):
    """Any text of up to 255 bytes."""

    def read(self, words: Sequence[str], family: int) -> str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        if len(words[0].encode()) > _LONGEST:
            raise ValueError(f"a comment has at most {_LONGEST} bytes")
        return words[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    r"""`/* text */`; the text may hold `*/` itself, so every end is one way to read it."""

    starts: tuple[str, ...] = ("/*",)

    def read(self, text: str, start: int, family: int) -> Iterator[tuple[tuple[Option, ...], int]]:  # noqa: ARG002
        """See `Wording.read`; the shortest first, since few comments hold `*/`."""
        begin = _BEGIN.match(text, start)
        if begin is None:
            return
        for end in _END.finditer(text, begin.end() - 1):
            words = text[begin.end() : end.start()]
            if len(words.encode()) > _LONGEST:
                return
            yield (Option(name="--comment", value=words),), end.end()


def _lower(_match: Match, _where: Context) -> Predicate:
    return ALWAYS


EXTENSIONS = (
    MatchExtension(
        name="comment",
        independent=True,
        demands=Demands(one_of=(("--comment",),)),
        options=(Opt(name="--comment", value=Comment()),),
        wording=Written(),
        lower=_lower,
    ),
)
