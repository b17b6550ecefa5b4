"""What a rule's writer put beside it (`-m comment`), fit to be shown in an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.explain.catalogue import sentence
from iptsim.regex import regex
from iptsim.worlds.outcome import Step

_WORDS = regex(r'"(?:[^"\\]|\\.)*"|\S+')
_ESCAPED = regex(r"\\(.)")
# felix/iptables/table.go: Calico signs its rules with hashes, which tell people nothing.
_HASH = regex(r"cali:[\w-]{16}")
_OPTION = "--comment"
_MOST = 120


def comment_in(text: str) -> str:
    """The comments in a rule as iptables-save writes it; '' where it has none."""
    if _OPTION not in text:
        return ""
    words = _WORDS.findall(text)
    found = [words[at + 1] for at, word in enumerate(words[:-1]) if word == _OPTION]
    return " ".join(filter(None, map(_unquoted, found)))


def decider_comment(step: Step | None) -> str:
    """The comment of the rule of a step, in one line and not too long; '' where it has none."""
    return "" if step is None or step.rule is None else shortened(comment_in(step.text))


def comments_of(steps: Iterable[Step], lang: str) -> Iterator[str]:
    """`The comment of filter KUBE-SERVICES 1 says: «…».`, once for the rules that share one."""
    found: dict[str, list[str]] = {}
    for step in dict.fromkeys(steps):
        if comment := decider_comment(step):
            found.setdefault(comment, []).append(f"{step.table} {step.chain} {step.rule}")
    for comment, rules in found.items():
        code = "why.comment.of" if rules[1:] else "why.comment"
        yield sentence(code, lang, where=rules[0], count=len(rules), comment=comment)


def shortened(comment: str) -> str:
    """A comment in one line, of which a long one's end is left out."""
    line = " ".join(word for word in comment.split() if not _HASH.fullmatch(word))
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


def _unquoted(word: str) -> str:
    inner = word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word
    return _ESCAPED.sub(r"\1", inner)
