"""Names that a dump uses and only the dumping host can tell: users, groups, services, hosts.

A rule that asks for one is a fact, `dst is web.example`. Who asks with the same name, of the same
kind, asks for the same unknown value; `--name` tells it, and then it is a value like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import UsageError
from iptsim.extensions.values.services import SERVICES
from iptsim.model import Chain, Dump, Match, Option, Rule, Ruleset
from iptsim.predicate import (
    ALWAYS,
    And,
    Fact,
    InSet,
    Not,
    Or,
    Predicate,
    all_of,
    negate,
)
from iptsim.regex import regex
from iptsim.values import IntSet, Network, Range, format_address, parse_address, parse_network

HOST, SERVICE, USER, GROUP = "host", "service", "user", "group"
KINDS: Mapping[str, str] = {
    "src": HOST, "dst": HOST, "sport": SERVICE, "dport": SERVICE, "uid": USER, "gid": GROUP,
}  # fmt: skip
"""The kind of name that a field of a packet may be asked for by."""
_OF_OPTION = {
    "--uid-owner": USER, "--gid-owner": GROUP, "--sport": SERVICE, "--dport": SERVICE,
    "--sports": SERVICE, "--dports": SERVICE, "--ports": SERVICE,
}  # fmt: skip
_OWNER = {"uid": "--uid-owner", "gid": "--gid-owner"}
_CODES = {
    "src": codes.ADDRESS_OF_NAME,
    "dst": codes.ADDRESS_OF_NAME,
    "sport": codes.PORT_OF_NAME,
    "dport": codes.PORT_OF_NAME,
}
_OF_SERVICE = regex(r"([^\s/]+/[^\s:]+)(?::\S+)? (?:cluster|external|loadbalancer) IP\b")
_MOST = {SERVICE: (1 << 16) - 1, USER: (1 << 32) - 2, GROUP: (1 << 32) - 2}


def name_fact(name_of: str, name: str) -> Fact:
    """The fact that the field `name_of` has what the dumping host calls `name`."""
    if name_of in _OWNER:
        text = f"{_OWNER[name_of]} {name}"
        return Fact(key=text, detail=text, reads=(name_of,))
    key = f"{name_of} is {name}"
    return Fact(key=key, code=_CODES[name_of], detail=name, reads=(name_of,))


def named_field(fact: Fact) -> tuple[str, str] | None:
    """The field that a fact on a name speaks of, and the name; None for any other fact."""
    if fact.code in _CODES.values():
        return fact.reads[0], fact.detail
    option, _, name = fact.detail.partition(" ")
    if fact.reads and _OWNER.get(fact.reads[0]) == option and " " not in name:
        return fact.reads[0], name
    return None


def named_ports(name_of: str, text: str) -> Predicate:
    """A port by its name, or a range of which an end is a name: `1024:shopctl`."""
    low, colon, high = text.partition(":")
    if not colon:
        return name_fact(name_of, text)
    known = IntSet.between(int(low) if low.isdigit() else 0, int(high) if high.isdigit() else 65535)
    return all_of((InSet(field=name_of, values=known), name_fact(name_of, text)))


def is_service_name(text: str) -> bool:
    """Whether a word may be a service that only the dumping host knows, and is no slip of a number.

    RFC 6335, 5.1 has letters, digits and hyphens; /etc/services more. One that begins with a digit
    has a hyphen (`3com-tsmux`). `XXXX` is no name but one that the writer hid.
    """
    if not text.lower().strip("x"):
        return False
    rest = text.replace("_", "-").replace(".", "-").replace("+", "-")
    plain = all(part.isascii() and part.isalnum() for part in rest.split("-") if part)
    letters = any(char.isalpha() for char in text)
    return plain and letters and (text[:1].isalpha() or "-" in text[1:-1])


def as_told(part: Predicate, named: frozenset[tuple[str, str]]) -> Predicate:
    """A condition in which facts are so whose keys are `named`, as long as nothing rewrote theirs.

    Each comes with the field that it speaks of.
    """
    if isinstance(part, Fact):
        field_of = dict(named).get(part.key)
        return part if field_of is None else replace(part, told=ALWAYS, until=(field_of,))
    if isinstance(part, Not):
        return negate(as_told(part.part, named))
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(as_told(each, named) for each in part.parts))
    return part


def asked_names(names: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The keys of the facts that a packet's `names` make so, each with its field."""
    return frozenset((name_fact(name_of, name).key, name_of) for name_of, name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNames:
    """The names of a dump, by kind and name, with the families of the rules that use them.

    `told` are those of which somebody told the value: addresses as texts, numbers as texts.
    `services` gives the addresses of Services that comments name, as `told` has them; it is asked
    for what nobody told.
    """

    used: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    told: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    services: Callable[[], Mapping[tuple[str, str], tuple[str, ...]]] = dict

    def value(self, name_of: str, name: str, family: int | None) -> str | None:
        """What a name of a field was told to be; of an address the one of that family."""
        kind = KINDS[name_of]
        found = self.told.get((kind, name), ())
        if not found and kind == HOST and "/" in name:
            found = self.services().get((kind, name), ())
        fitting = [text for text in found if family in (None, _family(text))]
        return next(iter(fitting), None) if KINDS[name_of] == HOST else next(iter(found), None)

    def in_set(self, family: int | None) -> Callable[[str, str], str]:
        """What a name of a field, in a set, was told to be; any other text as it is.

        It raises `UsageError` for a name that only the dumping host knows: which values a set has
        that holds it, nobody can say.
        """

        def value(key: str, text: str) -> str:
            found = self.value(key, text, family) if key in KINDS else None
            if found is None and text not in SERVICES and self._is_used(key, text):
                what = f"{text} is a name, and in a set its value counts: tell it"
                message = f"--{key}: {what}, --name {text}=VALUE"
                raise UsageError(message, code=codes.WRONG_SET_OF_PACKETS, option=f"--{key}")
            return text if found is None else found

        return value

    def _is_used(self, name_of: str, name: str) -> bool:
        return name_of in KINDS and bool(self.families(name_of, name))

    def families(self, name_of: str, name: str) -> frozenset[int]:
        """The families of the rules that use a name; none where no rule does."""
        return self.used.get((KINDS[name_of], name), frozenset())


NO_NAMES = HostNames()
"""Of a dump that uses none."""
Told = Mapping[tuple[str, str], tuple[str, ...]]


def _family(text: str) -> int:
    return 6 if ":" in text else 4


def by_name(
    texts: dict[str, str], family: int | None, names: HostNames
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """What was given without the fields of which only a name is known, and those by their name."""
    left: dict[str, str] = {}
    named: list[tuple[str, str]] = []
    for key, text in texts.items():
        value = names.value(key, text, family) if key in KINDS else None
        if value is None and key in KINDS and text not in SERVICES and names.families(key, text):
            named.append((key, text))
        else:
            left[key] = text if value is None else value
    return left, tuple(named)


def family_of_names(named: tuple[tuple[str, str], ...], names: HostNames) -> int | None:
    """The family of the rules that use the addresses' names, where they are of one."""
    found = [names.families(key, name) for key, name in named if KINDS[key] == HOST]
    every = frozenset[int]().union(*found)
    return next(iter(every)) if len(every) == 1 else None


def read_names(texts: Iterable[str]) -> Told:
    """`web.example=192.0.2.80`, `shopctl=8099`, `user:app=10088`: names by kind, with their values.

    Without a kind (host, service, user, group) a number is of each kind. `UsageError` for anything
    else, and for a name that is told twice, or differs from what every host calls so.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for text in texts:
        left, equals, value = text.partition("=")
        kind, colon, name = left.strip().rpartition(":")
        kinds = _kinds(kind if colon else None, value.strip())
        if not (equals and name and kinds):
            message = f"--name {text}: expected NAME=ADDRESS or NAME=NUMBER"
            raise UsageError(message, code=codes.WRONG_NAME_TOLD, value=text)
        for each in kinds:
            _tell(found, each, name, value.strip())
    return found


def _tell(found: dict[tuple[str, str], tuple[str, ...]], kind: str, name: str, value: str) -> None:
    before = found.get((kind, name), ())
    same = [old for old in before if kind != HOST or _family(old) == _family(value)]
    usual = str(SERVICES.get(name, value)) if kind == SERVICE else value
    if name == "root" and kind in (USER, GROUP):
        usual = "0"
    if (same and value not in same) or usual != value:
        known = same[0] if same else usual
        message = f"--name {name}={value}: {name} is {known}"
        raise UsageError(message, code=codes.WRONG_NAME_VALUE, name=name, value=value, known=known)
    found[kind, name] = tuple(dict.fromkeys((*before, value)))


def _kinds(kind: str | None, value: str) -> tuple[str, ...]:
    """The kinds of names that may have that value; none where it has no such form."""
    if value.isascii() and value.isdigit():
        fitting = tuple(each for each, most in _MOST.items() if int(value) <= most)
    else:
        try:
            parse_address(value)
        except ValueError:
            return ()
        fitting = (HOST,)
    return fitting if kind is None else tuple(each for each in fitting if each == kind)


def names_of(dump: Dump, told: Told | None = None) -> HostNames:
    """The names that the rules of a dump use, with what was told of them."""
    used: dict[tuple[str, str], frozenset[int]] = {}
    for ruleset in dump.rulesets:
        for rule in ruleset.kinds:
            for key in _used(rule):
                used[key] = used.get(key, frozenset()) | {ruleset.family}
    return HostNames(used=used, told=told or {}, services=partial(services_of, dump))


def services_of(dump: Dump) -> Told:
    """The addresses of Services as kube-proxy's comments name them: `shop/web:http cluster IP`.

    Source: pkg/proxy/iptables/proxier.go, writeServiceRules. A Service's own address comes first.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for ruleset in dump.rulesets:
        for *_place, rule in ruleset.rules():
            if rule.header.dst is not None and "dst" not in rule.header.not_:
                for name in _service_names(rule):
                    address = format_address(rule.header.dst.value, ruleset.width)
                    found[HOST, name] = tuple(
                        dict.fromkeys((*found.get((HOST, name), ()), address))
                    )
    return found


def _service_names(rule: Rule) -> Iterator[str]:
    comments = (match.value("--comment", str) for match in rule.matches if match.name == "comment")
    for text in comments:
        if named := _OF_SERVICE.match(text or ""):
            yield named[1]


def read_hosts(text: str) -> Told:
    """The names of an `/etc/hosts` text; of several addresses of one family the first counts."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if not _kinds(HOST, address):
            continue
        for name in names:
            before = found.get((HOST, name), ())
            if all(_family(old) != _family(address) for old in before):
                found[HOST, name] = (*before, address)
    return found


def _used(rule: Rule) -> Iterator[tuple[str, str]]:
    yield from ((HOST, name.partition("/")[0]) for _field, name in rule.address_names)
    for match in rule.matches:
        for option in match.options:
            kind = _OF_OPTION.get(option.name)
            if kind is not None:
                yield from ((kind, name) for name in _names_in(option.value))


def _names_in(value: Hashable) -> Iterator[str]:
    parts = value if isinstance(value, tuple) else (value,)
    for part in parts:
        if isinstance(part, str):
            yield from (end for end in part.split(":") if end and not end.isdigit())


def resolved(dump: Dump, told: Told) -> Dump:
    """The dump with the values of names that were told in their place."""
    if not told:
        return dump
    return replace(dump, rulesets=tuple(_resolved(ruleset, told) for ruleset in dump.rulesets))


def _resolved(ruleset: Ruleset, told: Told) -> Ruleset:
    tables = (
        replace(table, chains=tuple(_in_chain(c, told, ruleset.width) for c in table.chains))
        for table in ruleset.tables
    )
    return replace(ruleset, tables=tuple(tables))


def _in_chain(chain: Chain, told: Told, width: int) -> Chain:
    return replace(chain, rules=tuple(_in_rule(rule, told, width) for rule in chain.rules))


def _in_rule(rule: Rule, told: Told, width: int) -> Rule:
    networks = {key: _network(name, told, width) for key, name in rule.address_names}
    known = {key: network for key, network in networks.items() if network is not None}
    return replace(
        rule,
        header=replace(
            rule.header,
            src=known.get("src", rule.header.src),
            dst=known.get("dst", rule.header.dst),
        ),
        address_names=tuple(pair for pair in rule.address_names if pair[0] not in known),
        matches=tuple(_in_match(match, told) for match in rule.matches),
    )


def _network(name: str, told: Told, width: int) -> Network | None:
    host, slash, mask = name.partition("/")
    found = told.get((HOST, host), ())
    own = next((text for text in found if (_family(text) == 4) is (width == 32)), None)
    return None if own is None else parse_network(f"{own}{slash}{mask}", width)


def _in_match(match: Match, told: Told) -> Match:
    if not any(option.name in _OF_OPTION for option in match.options):
        return match
    return replace(match, options=tuple(_in_option(option, told) for option in match.options))


def _in_option(option: Option, told: Told) -> Option:
    kind = _OF_OPTION.get(option.name)
    if kind is None:
        return option

    def number(text: str) -> int | None:
        found = told.get((kind, text), ())
        return int(text) if text.isdigit() else int(found[0]) if found else None

    if isinstance(option.value, tuple):
        return replace(option, value=tuple(_valued(part, number) for part in option.value))
    return replace(option, value=_valued(option.value, number))


def _valued(value: Hashable, number: Callable[[str], int | None]) -> Hashable:
    """The range that a text with names stands for; the text where a name of it is not told."""
    if not isinstance(value, str):
        return value
    low, colon, high = value.partition(":")
    first = number(low) if low else 0
    last = first if not colon else number(high) if high else 65535
    return value if first is None or last is None else Range(low=first, high=last)
