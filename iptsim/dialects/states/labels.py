"""Clear titles of states: lines of which every word says only that (`### After the change`).

A title is the word of a known pair with nothing but fillers around it, or names a host by a word
and a number or letter (`# server A`, `node1:`), which counts where another title of that pattern
stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.joining.merge import alike
from iptsim.dialects.parts import ReadTable
from iptsim.dialects.signs.hints import may_label
from iptsim.model import VERDICTS, Chain, Header, Rule
from iptsim.regex import regex

_POLES = {
    "before": r"before|old|previous(?:ly)?|original(?:ly)?|earlier|prior|vorher(?:ige[rsn]?)?"
    r"|alte?[rsn]?|früher|до|раньше|было|старое|старые|avant|ancien(?:ne)?s?|antes|antigu[ao]s?"
    r"|prima|antigo|(?:之|以|修?改|升级|重启|更新|变更|调整)前|改之前|旧|原来|原先|原|以前|変更前",
    "after": r"after(?:wards)?|new|now|current(?:ly)?|updated|nachher|danach|jetzt|neue?[rsn]?"
    r"|после|теперь|стало|сейчас|новое|новые|après|apres|maintenant|nouveau|nouvelles?|después"
    r"|despues|ahora|nuev[ao]s?|depois|agora|dopo|adesso"
    r"|(?:之|以|修?改|升级|重启|更新|变更|调整)后|改之后|新|现在|如今|変更後",
    "works": r"working|works|good|healthy|ok|funktioniert|работает|正常|可用",
    "fails": r"not[ -]working|non-working|does(?:n'?t|n’t| not) work|broken|bad|fail(?:s|ed|ing)?"
    r"|unhealthy|не работает|funktioniert nicht|异常|不正常|不可用|不通|失败",
}
_OTHER_WAY = {"before": "after", "after": "before", "works": "fails", "fails": "works"}
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "its",
        "it",
        "is",
        "was",
        "are",
        "were",
        "this",
        "that",
        "these",
        "those",
        "what",
        "how",
        "i",
        "we",
        "had",
        "have",
        "has",
        "got",
        "and",
        "here",
        "here's",
        "looked",
        "looks",
        "like",
        "look",
        "used",
        "at",
        "on",
        "in",
        "of",
        "to",
        "for",
        "state",
        "states",
        "version",
        "config",
        "configuration",
        "setup",
        "set",
        "rule",
        "rules",
        "ruleset",
        "rulesets",
        "firewall",
        "iptables",
        "table",
        "tables",
        "output",
        "dump",
        "commands",
        "change",
        "changes",
        "changed",
        "changing",
        "update",
        "updates",
        "updating",
        "upgrade",
        "upgrading",
        "reboot",
        "rebooting",
        "restart",
        "restarting",
        "reload",
        "reloading",
        "fix",
        "fixing",
        "patch",
        "patching",
        "edit",
        "edits",
        "migration",
        "migrating",
        "applying",
        "one",
        "ones",
        "situation",
        "listing",
        "der",
        "die",
        "das",
        "dem",
        "den",
        "ein",
        "eine",
        "war",
        "ist",
        "so",
        "sah",
        "es",
        "aus",
        "änderung",
        "änderungen",
        "regel",
        "regeln",
        "neustart",
        "update",
        "le",
        "la",
        "les",
        "était",
        "est",
        "c'était",
        "règle",
        "règles",
        "modification",
        "changement",
        "el",
        "los",
        "las",
        "era",
        "es",
        "regla",
        "reglas",
        "cambio",
        "cambios",
        "del",
        "de",
        "du",
        "правила",
        "изменений",
        "изменения",
        "правок",
        "обновления",
        "обновление",
        "так",
        "это",
        "перезагрузки",
        "как",
        "a",
    ]
)
_CJK = regex(
    r"的?(?:iptables)?(?:防火墙)?(?:规则|配置|设置|命令|策略|情况|状态|列表|输出)?"
    r"(?:改成了?|改为|变成了?|变为)?(?:是|为|如下|这样的?)*"
)
_POLE = regex("|".join(f"(?P<{pole}>{words})" for pole, words in _POLES.items()), re.IGNORECASE)
_DRESS = "#*=_~-–—<>`'\"|•/[]（）()【】 \t"
_HOSTS = (
    r"servers?|hosts?|nodes?|routers?|machines?|box|vms?|gateways?|gw|firewalls?|fw|pods?"
    r"|containers?|sites?|peers?|clients?|masters?|workers?|workstations?|pc|laptop|vps|devices?"
    r"|rechner|knoten|сервер|узел|хост|машина|serveur|hôte|noeud|nœud|servidor|nodo"
    r"|服务器|主机|节点|机器|路由器|网关|虚拟机"
)
_NAMED = regex(
    rf"(?:(?:on|auf|sur|en|на|the|host)\s+)?(?P<stem>{_HOSTS})\s*[:#-]?\s*"
    r"(?P<name>[A-Za-z0-9]{1,3}|[A-Za-z][\w-]*[\d.-][\w.-]*|(?:\d+\.){3}\d+|[一二三四甲乙丙])",
    re.IGNORECASE,
)
_BARE = regex(
    r"(?:(?:on|auf|sur|en|на)\s+)?(?P<name>(?P<stem>[A-Za-z][A-Za-z-]*-)[\w-]+(?:\.[\w.-]+)?"
    r"|(?P<host>\d+)(?:\.\d+){3})"
)
_LONGEST, _MOST_BARE = 80, 2
_NEVER = regex(r"(?i)step|rule|line|chain|table|port|example|note|case|part|section|test|todo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a line that is a title says: of which pole, or of which `host` of a pattern `stem`."""

    label: str
    poles: frozenset[str] = frozenset()
    stem: str = ""
    host: str = ""


def title(text: str) -> Title | None:
    """The clear title that a line is, standing alone; None for any other line."""
    bare = text.strip()
    if not bare or len(bare) > _LONGEST or bare.endswith((";", ",", "?", "？", "{", "\\")):
        return None
    ends = bare.strip(_DRESS).rstrip(".…。!！").rstrip(_DRESS)
    told = ends.rstrip(":：").strip(_DRESS)
    if not told:
        return None
    titled = ends.endswith((":", "：")) or bare.startswith(("#", "=", "*", "-", "<", "[", "【"))
    return _of_pole(told, titled=titled) or (_of_host(told) if titled else None)


def _of_pole(told: str, *, titled: bool) -> Title | None:
    if not may_label(told):
        return None
    poles: set[str] = set()
    rest = _POLE.sub(lambda found: _taken(found, poles), told)
    if not poles or any(_OTHER_WAY[pole] in poles for pole in poles):
        return None
    words = re.sub(r"[^\w'’一-鿿]+", " ", rest).replace("’", "'").split()
    kept = [word for word in words if _CJK.fullmatch(word) is None]
    known = all(word.casefold() in _FILLERS or _is_file(word) for word in kept)
    if not known or not (titled or len(words) <= _MOST_BARE or not kept):
        return None
    return Title(label=told, poles=frozenset(poles))


def _taken(found: re.Match[str], poles: set[str]) -> str:
    """Nothing in the place of a whole word of a pair."""
    text, start, end = found.string, found.start(), found.end()
    ascii_word = found[0][0] < "\u2e80"
    around = (text[start - 1 : start], text[end : end + 1])
    if ascii_word and any(each and (each.isalnum() or each in "_-") for each in around):
        return found[0]
    assert found.lastgroup is not None
    poles.add(found.lastgroup)
    return " "


def _is_file(word: str) -> bool:
    return word.isdigit() or word in ("v4", "v6", "ipv4", "ipv6")


def _of_host(told: str) -> Title | None:
    named = _NAMED.fullmatch(told)
    if named is not None:
        stem = named["stem"].casefold().removesuffix("s")
        return Title(label=told, stem=stem, host=told)
    bare = _BARE.fullmatch(told)
    numbered = any(each.isdigit() for each in told)
    if bare is None or not numbered or _NEVER.search(told.partition(".")[0]):
        return None
    return Title(label=told, stem=(bare["stem"] or bare["host"]).casefold(), host=bare["name"])


def opposed_titles(titles: Iterable[frozenset[str]]) -> frozenset[str]:
    """The poles of titles of which another one says the contrary."""
    told = frozenset(pole for poles in titles for pole in poles)
    return frozenset(pole for pole in told if _OTHER_WAY.get(pole) in told)


def paired_hosts(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The patterns of titles (pattern and host) that name several hosts."""
    hosts: dict[str, set[str]] = {}
    for stem, host in named:
        hosts.setdefault(stem, set()).add(host)
    yield from (stem for stem, told in hosts.items() if stem and len(told) > 1)


def alternatives(told: Sequence[Sequence[ReadTable]], *, vague: bool) -> bool:
    """Whether groups of commands may be states: each puts rules somewhere.

    Where the titles are `vague`, one more thing has to show it: a rule or a policy that two groups
    tell of one chain, or a rule that leaves nothing to what the next group puts behind it.
    """
    chains = [_chains(tables) for tables in told]
    if not all(any(c.rules or c.policy for c in each.values()) for each in chains):
        return False
    return not vague or any(
        _again(one[key], other[key])
        for at, one in enumerate(chains)
        for other in chains[at + 1 :]
        for key in one.keys() & other.keys()
    )


def _chains(tables: Sequence[ReadTable]) -> dict[tuple[str | None, str], Chain]:
    return {(table.name, chain.name): chain for table in tables for chain in table.chains}


def _again(one: Chain, other: Chain) -> bool:
    both = any(alike(rule, each) for rule in one.rules for each in other.rules)
    policies = None not in (one.policy, other.policy)
    dead = bool(other.rules) and any(map(_ends_all, one.rules))
    return both or policies or dead


def _ends_all(rule: Rule) -> bool:
    plain = rule.header == Header() and not rule.matches and rule.unread is None
    return plain and rule.target is not None and rule.target.name in VERDICTS
