"""What is printed of random nft rules is read again as the same; no text breaks the reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iptsim.dialects.nft.nft_rules import read_rule
from iptsim.dialects.nft.nft_text import read_nft
from iptsim.dialects.nft.printed_statements import statement
from iptsim.dialects.nft.rule_memory import RuleMemory
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Binary,
    Concatenation,
    Ct,
    Expression,
    InterfaceName,
    MapLookup,
    Meta,
    Number,
    Payload,
    Prefix,
    Range,
    SetReference,
)
from iptsim.nftables.nft_statements import (
    Assignment,
    Counter,
    DynamicSet,
    Limit,
    Log,
    Match,
    Nat,
    Reject,
    Statement,
    Verdict,
    VerdictMap,
)

NUMBERS = st.builds(Number, value=st.integers(0, 65535))
IPV4 = st.builds(Address, value=st.integers(0, (1 << 32) - 1), width=st.just(32))
IPV6 = st.builds(Address, value=st.integers(0, (1 << 128) - 1), width=st.just(128))
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).map(lambda name: f"n-{name}")
PORT = st.builds(Payload, protocol=st.sampled_from(["tcp", "udp", "th"]), field=st.just("dport"))
SADDR = Payload(protocol="ip", field="saddr")
SIX = Payload(protocol="ip6", field="daddr")


@st.composite
def prefixes(draw: st.DrawFn) -> Prefix:
    length = draw(st.integers(1, 31))
    value = draw(st.integers(0, (1 << 32) - 1)) >> (32 - length) << (32 - length)
    return Prefix(base=Address(value=value, width=32), length=length)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = sorted((draw(st.integers(0, 65535)), draw(st.integers(0, 65535))))
    return Range(low=Number(value=low), high=Number(value=high))


def sets(of: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    found = st.lists(of, min_size=2, max_size=4, unique=True)
    return found.map(lambda keys: AnonymousSet(elements=tuple(Element(key=key) for key in keys)))


VERDICTS = st.one_of(
    st.sampled_from(["accept", "drop", "return", "continue"]).map(lambda kind: Verdict(kind=kind)),
    st.builds(Verdict, kind=st.sampled_from(["jump", "goto"]), chain=NAMES),
)
OPERATORS = st.sampled_from(["==", "!="])
REFERENCES = st.builds(SetReference, name=NAMES)
MASKED = st.builds(
    Binary, operator=st.sampled_from("&|^"), left=st.just(Meta(key="mark")), right=NUMBERS
)
MATCHES = st.one_of(
    st.builds(
        Match, left=PORT, operator=OPERATORS,
        right=st.one_of(NUMBERS, ranges(), sets(st.one_of(NUMBERS, ranges())), REFERENCES),
    ),
    st.builds(
        Match, left=st.just(SADDR), operator=OPERATORS,
        right=st.one_of(IPV4, prefixes(), sets(st.one_of(IPV4, prefixes())), REFERENCES),
    ),
    st.builds(Match, left=st.just(SIX), operator=OPERATORS, right=st.one_of(IPV6, sets(IPV6))),
    st.builds(
        Match, left=st.just(Ct(key="state")), operator=st.sampled_from(["in", "!", "==", "!="]),
        right=st.builds(Number, value=st.integers(1, 15)),
    ),
    st.builds(
        Match, left=st.just(Payload(protocol="tcp", field="flags")),
        operator=st.sampled_from(["in", "!", "==", "!="]),
        right=st.builds(Number, value=st.integers(1, 255)),
    ),
    st.builds(Match, left=MASKED, operator=OPERATORS, right=NUMBERS),
    st.builds(
        Match, left=st.just(Meta(key="iifname")), operator=OPERATORS,
        right=st.builds(InterfaceName, name=NAMES, wildcard=st.booleans()),
    ),
)  # fmt: skip
PAIRS = st.builds(lambda a, p: Concatenation(parts=(a, p)), IPV4, NUMBERS)
VERDICT_MAPS = st.builds(
    lambda keys, verdict: VerdictMap(
        key=Concatenation(parts=(SADDR, Payload(protocol="tcp", field="dport"))),
        map=AnonymousSet(elements=tuple(Element(key=key, value=verdict) for key in keys)),
    ),
    st.lists(PAIRS, min_size=1, max_size=3),
    VERDICTS,
)
MAPS = st.builds(
    lambda held: MapLookup(
        key=Payload(protocol="tcp", field="dport"),
        map=AnonymousSet(elements=tuple(Element(key=k, value=v) for k, v in held)),
    ),
    st.lists(st.tuples(NUMBERS, IPV4), min_size=1, max_size=3),
)
NAT_FLAGS = st.frozensets(st.sampled_from(["random", "persistent", "fully-random"]), max_size=2)
NATS = st.one_of(
    st.builds(
        Nat, kind=st.sampled_from(["dnat", "snat"]), family=st.just("ip"),
        address=st.one_of(IPV4, MAPS), port=st.none(), flags=NAT_FLAGS,
    ),
    st.builds(
        Nat, kind=st.sampled_from(["dnat", "snat"]), family=st.just("ip6"), address=IPV6,
        port=st.one_of(st.none(), NUMBERS, ranges()), flags=NAT_FLAGS,
    ),
    st.builds(
        Nat, kind=st.sampled_from(["masquerade", "redirect"]),
        port=st.one_of(st.none(), NUMBERS, ranges()), flags=NAT_FLAGS,
    ),
)  # fmt: skip
LIMITS = st.builds(
    Limit, rate=st.integers(1, 1000), per=st.sampled_from(["second", "minute", "day"]),
    burst=st.one_of(st.none(), st.integers(1, 50)), over=st.booleans(),
)  # fmt: skip
OTHERS = st.one_of(
    LIMITS,
    st.just(Counter()),
    st.builds(
        Assignment, target=st.just(Meta(key="mark")),
        value=st.one_of(NUMBERS, MASKED, st.just(Ct(key="mark"))),
    ),
    st.builds(Reject, kind=st.just("icmpx"), code=st.integers(0, 3)),
    st.builds(Log, prefix=st.one_of(st.none(), NAMES), level=st.sampled_from([None, "info"])),
    st.builds(
        DynamicSet, operation=st.sampled_from(["add", "update", "delete"]), set=NAMES,
        key=st.just(SADDR), timeout=st.one_of(st.none(), st.integers(1, 10**9)),
        statements=st.lists(LIMITS, max_size=1).map(tuple),
    ),
)  # fmt: skip
STATEMENTS: st.SearchStrategy[Statement] = st.one_of(MATCHES, VERDICT_MAPS, NATS, OTHERS, VERDICTS)
MEMORY = RuleMemory()


@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_a_printed_rule_is_read_as_itself(statements: list[Statement]) -> None:
    text = " ".join(map(statement, statements))
    assert read_rule(text) == (tuple(statements), None)
    assert MEMORY.read(text) == (tuple(statements), None)


PIECES = st.sampled_from(
    [
        "table ip t {\n", "chain c {\n", "set s {\n", "}\n", "}", "{", "type ipv4_addr\n",
        "elements = {", "1.1.1.1", ", ", "tcp dport 22 ", "accept\n", '"', "#", ";", "\\\n",
        "define x = ", "$x ", "vmap { 1 : drop }", "jump {", "add rule ip t c ", "flush ruleset\n",
        "comment ", " : ", " . ", "type filter hook input priority 0; policy drop;\n",
        "meta mark set ", "0x1 ", "& ", "(", ")", "# handle 4\n", "@s ", "ct state ", "new,",
        'include "a"\n', "insert rule ip t c index 0 drop\n", "add element ip t s { 1.1.1.1 }\n",
        "delete chain ip t c\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    read = read_nft(text)
    told = sum(len(chain.rules) for table in read.ruleset.tables for chain in table.chains)
    assert told <= text.count("\n") + text.count(";") + text.count("}") + text.count("jump") + 1
