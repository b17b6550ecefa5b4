"""A rule of nftables as rules of iptables: each does one thing, so that it may take a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.nft.joined_comparisons import joined as perhaps_joined
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import Anything, Concatenation, Expression, MapLookup
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.to_save.save_conditions import changes, of_key, ways_of
from iptsim.to_save.save_deeds import Deed, beginning, deed_of
from iptsim.to_save.save_lines import TRANSPORTS, Asking, Line, UnsaidError, joined
from iptsim.to_save.save_marks import reads_connection
from iptsim.to_save.save_values import MOST, Place, elements_of

_NOTHING = (nft.Counter, nft.Last)
_VERDICTS = {"accept": "ACCEPT", "drop": "DROP", "return": "RETURN"}
_PER = {"second": "second", "minute": "minute", "hour": "hour", "day": "day"}
_MOST_PER_SECOND = 10_000
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(slots=True, kw_only=True)
class Chains:
    """The rules of a table that is being made; `names` are what chains of nftables are called."""

    place: Place
    names: Mapping[str, str]
    fresh: Callable[[str], str]
    rules: dict[str, list[str]] = field(default_factory=dict)

    def add(self, chain: str, line: Line, target: str, comment: str = "") -> None:
        """A rule at the end of a chain."""
        parts = (f"-A {chain}", line.words, comment, target)
        self.rules.setdefault(chain, []).append(" ".join(part for part in parts if part))


def say(rule: NftRule, chain: str, chains: Chains) -> None:
    """The rule at the end of a chain, and chains of its own; `UnsaidError` without words for it."""
    pairs = perhaps_joined(rule.statements)
    if pairs:
        one = rule.statements[min(pairs)]
        assert isinstance(one, nft.Match)
        raise UnsaidError("!= … != (nft 1.0.6)", "!=")
    statements = tuple(
        one for one in rule.statements if not isinstance(one, _NOTHING) and not _counts(one)
    )
    start = _first_asked(statements, chains.place.family)
    if start is None:
        return
    comment = f'-m comment --comment "{_plain(rule.comment)}"' if rule.comment else ""
    _Rule(chains=chains, comment=comment).say(statements, chain, start)


def _first_asked(statements: Sequence[nft.Statement], family: int) -> Line | None:
    """What nft puts at a rule's head for its reject (stmt_reject_gen_dependency)."""
    kinds = {one.kind for one in statements if isinstance(one, nft.Reject)}
    if ("icmpv6" if family == 4 else "icmp") in kinds:
        return None
    return Line(protocol=6) if "tcp reset" in kinds else Line()


def _counts(one: nft.Statement) -> bool:
    return isinstance(one, nft.ObjectReference) and one.kind == "counter"


def _plain(text: str) -> str:
    kept = "".join(c if c.isprintable() and c not in '"\\' else "'" for c in text)
    return kept.encode()[:255].decode(errors="ignore")


@dataclass(slots=True, kw_only=True)
class _Rule:
    chains: Chains
    comment: str
    inner: bool = False
    """Whether it stands in a chain whose end leads back to the rule's own chain."""

    def say(self, statements: Sequence[nft.Statement], chain: str, start: Line) -> None:
        """All of a rule from some statement on, for packets that `start` lets through."""
        lines, differ, at = [start], False, 0
        for at, one in enumerate(statements):
            if isinstance(one, nft.Limit | nft.Quota):
                if len(lines) > 1:
                    return self._inside(statements[at:], chain, lines, differ=differ)
                lines = [_limited(lines[0], one)]
                if any(
                    isinstance(each, nft.Match | nft.VerdictMap) for each in statements[at + 1 :]
                ):
                    return self._inside(statements[at + 1 :], chain, lines, differ=differ)
            elif isinstance(one, nft.Match):
                before = len(lines)
                lines = _met(lines, ways_of(one, self.chains.place))
                differ = differ or (len(lines) > before and changes(one))
            else:
                break
            if not lines:
                return None
        else:
            at = len(statements)
        return self._do(statements[at:], chain, lines, differ=differ)

    def _do(
        self, rest: Sequence[nft.Statement], chain: str, lines: list[Line], *, differ: bool
    ) -> None:
        if not rest or rest == (nft.Verdict(kind="continue"),):
            for line in lines:
                self.chains.add(chain, line, "", self.comment)
            return None
        first = rest[0]
        if isinstance(first, nft.VerdictMap):
            return self._by_key(first, rest[1:], chain, lines)
        if isinstance(first, nft.Nat) and isinstance(first.address, MapLookup):
            return self._translated(first, rest[1:], chain, lines)
        if isinstance(first, nft.Verdict):
            return self._verdict(first, chain, lines, differ=differ)
        deed = deed_of(first, self.chains.place)
        if deed.nothing:
            if rest[1:]:
                raise UnsaidError("…", beginning(first))
            return None
        if deed.final or not rest[1:]:
            return self._one(deed, chain, lines, differ=differ and not deed.final)
        if isinstance(first, nft.Assignment) and _may_end(first):
            raise UnsaidError("CONNMARK --restore-mark …", beginning(first))
        return self._inside(rest, chain, lines, differ=differ)

    def _one(self, deed: Deed, chain: str, lines: list[Line], *, differ: bool) -> None:
        if differ:
            raise UnsaidError(deed.target)
        for line in lines:
            fitting = _of_protocol(line, deed)
            if fitting is not None:
                self.chains.add(chain, fitting, f"-j {deed.target}", self.comment)

    def _verdict(self, one: nft.Verdict, chain: str, lines: list[Line], *, differ: bool) -> None:
        if one.kind in ("return", "goto") and self.inner:
            raise UnsaidError(f"… {one.kind}", one.kind)
        if one.kind == "drop":
            self.chains.place.needs("drop", "raw mangle filter security")
        if one.kind == "jump" and differ:
            raise UnsaidError("… jump", "jump")
        for line in lines:
            self.chains.add(chain, line, _target(one, self.chains.names), self.comment)

    def _inside(
        self, rest: Sequence[nft.Statement], chain: str, lines: list[Line], *, differ: bool
    ) -> None:
        """What follows stands in a chain of its own, to which all lines lead."""
        last = rest[-1]
        back = isinstance(last, nft.Verdict) and last.kind == "return"
        tested = any(
            isinstance(one, nft.Match | nft.VerdictMap | nft.Limit | nft.Quota) for one in rest
        )
        leaves = back or (isinstance(last, nft.Verdict) and last.kind == "goto")
        if differ or (leaves and (tested or self.inner)):
            raise UnsaidError("…", beginning(last))
        for protocol in dict.fromkeys((line.protocol, line.others) for line in lines):
            name = self.chains.fresh(chain)
            start = Line(protocol=protocol[0], others=protocol[1])
            for line in lines:
                if (line.protocol, line.others) == protocol:
                    self.chains.add(chain, line, f"-{'g' if leaves else 'j'} {name}", self.comment)
            inner = _Rule(chains=self.chains, comment="", inner=not leaves)
            inner.all_of(rest[:-1] if back else rest, name, start)

    def all_of(self, rest: Sequence[nft.Statement], chain: str, start: Line) -> None:
        """Each thing that is done, one rule after the other."""
        self.chains.rules.setdefault(chain, [])
        for at, one in enumerate(rest):
            if isinstance(
                one, nft.Match | nft.VerdictMap | nft.Verdict | nft.Nat | nft.Limit | nft.Quota
            ):
                return self.say(rest[at:], chain, start)
            deed = deed_of(one, self.chains.place)
            if isinstance(one, nft.Assignment) and _may_end(one) and rest[at + 1 :]:
                raise UnsaidError("CONNMARK --restore-mark …", beginning(one))
            if not deed.nothing:
                self._one(deed, chain, [start], differ=False)
        return None

    def _by_key(
        self, one: nft.VerdictMap, rest: Sequence[nft.Statement], chain: str, lines: list[Line]
    ) -> None:
        elements = elements_of(one.map, self.chains.place)
        mutable = changes(nft.Match(left=one.key, right=one.key))
        for element, found in self._each(one.key, elements, lines, rest, "vmap"):
            verdict = element.value
            if not isinstance(verdict, nft.Verdict):
                raise UnsaidError("vmap …", "vmap")
            stays = verdict.kind in ("jump", "continue")
            if stays and (mutable or any(isinstance(e.key, Anything) for e in elements)):
                raise UnsaidError(f"vmap … {verdict.kind}", "vmap")
            if verdict.kind != "continue":
                self._verdict(verdict, chain, found, differ=False)

    def _translated(
        self, one: nft.Nat, rest: Sequence[nft.Statement], chain: str, lines: list[Line]
    ) -> None:
        looked = one.address
        assert isinstance(looked, MapLookup)
        elements = elements_of(looked.map, self.chains.place)
        for element, found in self._each(looked.key, elements, lines, rest, one.kind):
            address, port = _led(element)
            told = replace(one, address=address, port=port if port is not None else one.port)
            self._do((told,), chain, found, differ=False)

    def _each(
        self,
        key: Expression,
        elements: Sequence[Element],
        lines: list[Line],
        rest: Sequence[nft.Statement],
        word: str,
    ) -> Iterator[tuple[Element, list[Line]]]:
        """Each element of a map with the lines that ask for it; what is for others comes last."""
        if rest:
            raise UnsaidError(f"{word} … {beginning(rest[0])}", word)
        parts = key.parts if isinstance(key, Concatenation) else (key,)
        for element in sorted(elements, key=lambda one: isinstance(one.key, Anything)):
            if isinstance(element.key, Anything):
                yield element, lines
            else:
                found = _met(lines, of_key(parts, element.key, self.chains.place))
                if found:
                    yield element, found


def _may_end(one: nft.Assignment) -> bool:
    return reads_connection(one.value)


def _led(element: Element) -> tuple[Expression, Expression | None]:
    value = element.value
    if value is None or isinstance(value, nft.Verdict):
        raise UnsaidError("map …", "map")
    if isinstance(value, Concatenation):
        if len(value.parts) != 2:
            raise UnsaidError("map …", "map")
        return value.parts[0], value.parts[1]
    return value, None


def _met(lines: list[Line], ways: Sequence[tuple[object, ...]]) -> list[Line]:
    if len(lines) * len(ways) > MOST:
        raise UnsaidError(f"{len(lines) * len(ways)} > {MOST}")
    return [found for line in lines for way in ways if (found := _all(line, way)) is not None]


def _all(line: Line, way: Sequence[object]) -> Line | None:
    found: Line | None = line
    for piece in way:
        if found is None:
            return None
        found = joined(found, piece)  # type: ignore[arg-type]
    return found


def _of_protocol(line: Line, deed: Deed) -> Line | None:
    """The line with the protocol that a target asks for; nft asks it before it does so."""
    if not deed.protocols:
        return line
    if line.protocol is None and len(deed.protocols) == 1:
        return replace(line, protocol=deed.protocols[0], others=None)
    if len(deed.protocols) > 1 and line.protocol not in deed.protocols:
        raise UnsaidError(f"{deed.target} ({', '.join(TRANSPORTS.values())})")
    return line if line.protocol in deed.protocols else None


def _target(one: nft.Verdict, names: Mapping[str, str]) -> str:
    if one.kind in _VERDICTS:
        return f"-j {_VERDICTS[one.kind]}"
    if one.kind in ("jump", "goto") and one.chain is not None and one.chain in names:
        return f"-{one.kind[0]} {names[one.chain]}"
    raise UnsaidError(f"{one.kind} {one.chain or ''}", one.kind)


def _limited(line: Line, one: nft.Limit | nft.Quota) -> Line:
    found = joined(line, _limit(one) if isinstance(one, nft.Limit) else _quota(one))
    assert found is not None
    return found


def _limit(one: nft.Limit) -> Asking:
    fast = one.rate > _MOST_PER_SECOND * _SECONDS.get(one.per, 0)
    if one.over or one.unit != "packets" or one.per not in _PER or fast:
        raise UnsaidError("limit rate …", "limit")
    value = f"{one.rate}/{_PER[one.per]} --limit-burst {5 if one.burst is None else one.burst}"
    return Asking(module="limit", option="--limit", value=value, alone=True)


def _quota(one: nft.Quota) -> Asking:
    if one.used:
        raise UnsaidError("quota … used", "quota")
    return Asking(
        module="quota", option="--quota", value=str(one.bytes), negate=one.over, alone=True
    )
