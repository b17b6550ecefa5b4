"""Large regular texts, read by their kinds of rules, against the plain reader."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from random import Random

import pytest
from every_row import every_row
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from samples import LONG, examples

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.late_save import SavedTable
from iptsim.dialects.quick.quickly import quickly
from iptsim.errors import IptsimError
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Dump, Rule, Table
from iptsim.packet import Packet
from iptsim.tracer import trace
from iptsim.values import parse_address

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))

from rule_sets import filter_rules, kube_proxy_rules  # noqa: E402  # it stands with the benchmarks
from spoiled_texts import CHANGES  # noqa: E402

FIXTURES = sorted(file for file in (ROOT / "fixtures").rglob("*.txt") if file.is_file())
TEXTS = [file for file in FIXTURES if "expected" not in file.parts]
TITLE = " pkts bytes target     prot opt in     out     source               destination         "


def plainly(text: str) -> Dump | None:
    try:
        return dump_of([OneText("x", (text,))], None, None)
    except IptsimError:
        return None


def quickly_(text: str) -> Dump | None:
    return quickly("x", (text,), lambda one: dump_of([one], None, None), fewest=0)[0]


def facts(rule: Rule) -> tuple[object, ...]:
    """All that a rule says, with what does not count where two are compared."""
    return (rule, rule.counters, rule.place, rule.hides, rule.number)


def told(chain: Chain) -> tuple[object, ...]:
    return (
        chain.name, chain.policy, chain.counters, chain.references, chain.place, chain.declared,
        chain.whole, chain.overlooked, [*map(facts, chain.rules)],
    )  # fmt: skip


def asked(table: Table) -> tuple[Mapping[str, AbstractSet[str]], *tuple[object, ...]]:
    """What is asked of every rule."""
    names = [chain.name for chain in table.chains]
    led = [(name, caller) for name, callers in table.callers.items() for caller in callers]
    by_callers = {name: table.hooks_by(caller, name) for name, caller in sorted(led)}
    return (
        by_callers,
        [(name, table.leading_to(name), table.hooks_of(name)) for name in names],
        [
            (len(chain.rules), [*chain.aims], [*dict.fromkeys(chain.incoming)])
            for chain in table.chains
        ],
        table.callers,
        {match.name for rule in table.kinds for match in rule.matches},
    )


def same(text: str) -> bool:
    """Whether the text was read quickly; what that told is held to the plain reading."""
    quick = quickly_(text)
    if quick is None:
        return False
    plain = plainly(text)
    assert plain is not None
    assert quick.notes == plain.notes
    assert len(quick.rulesets) == len(plain.rulesets)
    for one, other in zip(quick.rulesets, plain.rulesets, strict=True):
        assert (one.family, one.beside, one.only) == (other.family, other.beside, other.only)
        assert (one.incoming, one.match_names) == (other.incoming, other.match_names)
        assert one.hides_interfaces == other.hides_interfaces
        for table, own in zip(one.tables, other.tables, strict=True):
            assert (table.name, table.nft, table.fresh) == (own.name, own.nft, own.fresh)
            assert table.place == own.place
            assert asked(table) == asked(own)  # before any rule is read
            assert all(own.hooks_of(name) == hooks for name, hooks in asked(own)[0].items())
            assert [*map(told, table.chains)] == [*map(told, own.chains)]
    assert quick == plain
    return True


@every_row("file", TEXTS, ids=lambda file: "-".join(file.parts[-4:]))
def test_every_fixture_is_read_quickly_as_it_is_plainly(file: Path) -> None:
    same(file.read_text())


def test_fixtures_of_save_and_of_listing_are_read_quickly() -> None:
    read = [file.read_text()[:5] for file in TEXTS if quickly_(file.read_text()) is not None]
    assert "Chain" in read
    assert "# Gen" in read


def listing(text: str) -> str:
    """Rules of a save as `iptables -L -n -v` prints those that these rule sets have."""
    chains: dict[str, list[str]] = {}
    heads: dict[str, str] = {}
    aims = [line.partition(" -j ")[2].split(" ")[0] for line in text.splitlines()]
    for line in text.splitlines():
        if line[:1] == ":":
            name, policy, _counts = line[1:].split()
            chains[name], heads[name] = [], f"policy {policy} 0 packets, 0 bytes"
            if policy == "-":
                heads[name] = f"{aims.count(name)} references"
        elif line[:2] == "-A":
            chains[line.split()[1]].append(row(line.split()))
    blocks = (
        "\n".join([f"Chain {n} ({heads[n]})", TITLE, *rows, ""]) for n, rows in chains.items()
    )
    return "\n".join(blocks)


def row(words: list[str]) -> str:
    asks = {words[at - 1]: word for at, word in enumerate(words) if words[at - 1][:1] == "-"}
    proto = asks.get("-p", "0")
    tail = {
        "--dport": f"{proto} dpt:{asks.get('--dport')}",
        "--dports": f"multiport dports {asks.get('--dports')}",
        "--ctstate": f"ctstate {asks.get('--ctstate')}",
        "--icmp-type": f"icmptype {asks.get('--icmp-type')}",
    }
    asked = [tail[word] for word in words if word in tail]
    asked += ["reject-with icmp-port-unreachable"] if asks["-j"] == "REJECT" else []
    source = asks.get("-s", "0.0.0.0/0").removesuffix("/32")
    return (
        f"{0:5} {0:5} {asks['-j']:10} {proto:5}--  {asks.get('-i', '*'):6}  *      "
        f"{source:20} {asks.get('-d', '0.0.0.0/0'):20} {' '.join(asked)}"
    )


SAVES = (
    filter_rules(120),
    kube_proxy_rules(120),
    kube_proxy_rules(60) + filter_rules(60),
    "\n".join(
        f"[7:420] {line}" if line[:2] == "-A" else line for line in filter_rules(100).split("\n")
    ),
)
LISTINGS = (listing(filter_rules(120)), listing(filter_rules(80, seed=3)))


REGULAR = (*SAVES, *LISTINGS)


@pytest.mark.parametrize("text", REGULAR, ids=range(len(REGULAR)))
def test_rule_sets_are_read_quickly_as_they_are_plainly(text: str) -> None:
    assert same(text)


@settings(deadline=None)
@given(st.sampled_from(range(len(REGULAR))), st.integers(0, 1 << 40), st.integers(1, 3))
def test_spoiled_texts_are_read_as_they_are_plainly(which: int, seed: int, times: int) -> None:
    random, text = Random(seed), REGULAR[which]  # noqa: S311  # to be had again
    for _ in range(times):
        text = random.choice(CHANGES)(random, text)
    same(text)


WORDS = st.sampled_from(
    ["0.0.0.0/0", "10.0.0.300", "10.0.0.1/33", "10.0.0.1/0", "010.0.0.1", "65536", "0", "00080",
     "1,2", "80:443", "443:80", "99999", "eth0+", "+", "!eth1", "a-name-far-too-long", "INPUT",
     "no-such-chain", "ACCEPT", "MARK", '"a # b"', '"no -j X"', "--dport", "-j", "!", "3232235521",
     ",".join(map(str, range(1, 18))), "1.2.3.4:99999", "::1", "fe80::1/64", "1K", "7G", "-1"]
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(range(len(REGULAR))), st.integers(0, 1 << 40), WORDS)
def test_one_odd_word_anywhere_is_read_as_it_is_plainly(which: int, seed: int, word: str) -> None:
    random, text = Random(seed), REGULAR[which]  # noqa: S311  # to be had again
    lines = text.split("\n")
    at = random.randrange(len(lines))
    words = lines[at].split(" ")
    words[random.randrange(len(words))] = word
    lines[at] = " ".join(words)
    same("\n".join(lines))


def test_late_rules_equal_the_tuple_of_rules_in_every_respect() -> None:
    dump, plain = quickly_(SAVES[0]), plainly(SAVES[0])
    assert dump is not None
    assert plain is not None
    late = [c.rules for t in dump.rulesets[0].tables for c in t.chains if c.rules]
    own = [c.rules for t in plain.rulesets[0].tables for c in t.chains if c.rules]
    assert all(isinstance(rules, LateRules) for rules in late)
    for rules, other in zip(late, own, strict=True):
        assert rules == other
        assert other == rules
        assert hash(rules) == hash(other)
        assert (rules[0], rules[-1], rules[1:3]) == (other[0], other[-1], other[1:3])
        assert len(rules) == len(other)
        assert rules != other[1:]
        assert repr(rules) == repr(other)


def interfaces(number: int) -> Iterator[str]:
    """The rules of a host of so many interfaces, as a hypervisor writes them."""
    yield from ("*filter", ":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    yield from (f":vm{n}-in - [0:0]" for n in range(number))
    for n in range(number):
        yield f'-A FORWARD -o tap{n:x} -m comment --comment "guest {n}" -j vm{n}-in'
        yield f"-A FORWARD ! -i tap{n:x} -p tcp -m multiport --dports {n + 1},{n + 2} -j DROP"
    for n in range(number):
        yield f"-A vm{n}-in -s 10.{n >> 8}.{n & 255}.0/24 -i tap{n:x} -j RETURN"
        yield f"-A vm{n}-in -m set --match-set guests-{n} src -j ACCEPT"
    yield "COMMIT"


def published(number: int) -> Iterator[str]:
    """A Docker host with so many published ports."""
    yield from ("*nat", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]")
    yield from (":POSTROUTING ACCEPT [0:0]", ":DOCKER - [0:0]")
    yield "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"
    yield "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
    for n in range(number):
        own = f"172.18.{n >> 8}.{n & 255}"
        yield f"-A POSTROUTING -s {own}/32 -d {own}/32 -p tcp -m tcp --dport {n + 9} -j MASQUERADE"
    yield "-A DOCKER -i docker0 -j RETURN"
    for n in range(number):
        to = f"172.18.{n >> 8}.{n & 255}:{n + 9}"
        asks = f"! -i br-{n % 40:012x} -p tcp -m tcp --dport {n + 9000}"
        yield f"-A DOCKER {asks} -j DNAT --to-destination {to}"
    yield "COMMIT"


def workloads(number: int) -> Iterator[str]:
    """A Calico node with so many pods and policies."""
    said = '-m comment --comment "cali:'
    yield from ("*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]")
    yield from (":cali-FORWARD - [0:0]", ":cali-to-wl-dispatch - [0:0]")
    yield from (f":cali-tw-cali{n:011x} - [0:0]" for n in range(number))
    yield from (f":cali-pi-_{n:016x} - [0:0]" for n in range(number))
    yield f'-A FORWARD {said}wUHhoiAYhphO9Mso" -j cali-FORWARD'
    yield f'-A cali-FORWARD -o cali+ {said}vjrMJCRpqwy5oRoX" -j cali-to-wl-dispatch'
    for n in range(number):
        yield f'-A cali-to-wl-dispatch -o cali{n:011x} {said}{n:_>16x}" -g cali-tw-cali{n:011x}'
    unknown = '-m comment --comment "Unknown interface" -j DROP'
    yield f'-A cali-to-wl-dispatch {said}7KNphB1nNHw80nIO" {unknown}'
    for n in range(number):
        own, policy = f"-A cali-tw-cali{n:011x}", f"cali-pi-_{n:016x}"
        yield f'{own} {said}a{n:015x}" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
        yield f'{own} {said}b{n:015x}" -j MARK --set-xmark 0x0/0x10000'
        yield f'{own} {said}c{n:015x}" -m comment --comment "Start of policies" -j {policy}'
        yield f'{own} {said}d{n:015x}" -m mark --mark 0x10000/0x10000 -j RETURN'
        yield (
            f'-A {policy} -p tcp {said}e{n:015x}" -m set --match-set cali40s:{n:_<20x} src '
            f"-m multiport --dports {n + 1},{n + 2} -j MARK --set-xmark 0x10000/0x10000"
        )
    yield "COMMIT"


def kinds(text: str) -> int:
    dump = quickly_(text)
    assert dump is not None
    return sum(len([*table.kinds]) for table in dump.rulesets[0].tables)


@pytest.mark.parametrize(
    ("rules", "most"),
    [(interfaces, 4), (published, 5), (workloads, 9)],
    ids=["interfaces", "published", "workloads"],
)
def test_large_hosts_have_few_kinds_of_rules(
    rules: Callable[[int], Iterator[str]], most: int
) -> None:
    assert kinds("\n".join([*rules(2000), ""])) == most
    assert same("\n".join([*rules(30), ""]))


@pytest.mark.parametrize(("rules", "most"), [(kube_proxy_rules, 12), (filter_rules, 63)])
def test_kinds_stay_few_however_many_rules(rules: Callable[[int], str], most: int) -> None:
    assert kinds(rules(20_000)) <= most


def test_sidecars_of_istio_have_few_kinds_of_rules() -> None:
    files = [file for file in TEXTS if "istio" in file.parts]
    counts = [
        len(dump.rulesets[0].tables[0].kinds) for f in files if (dump := quickly_(f.read_text()))
    ]
    assert counts
    assert max(counts) < 40


SERVICES = kube_proxy_rules(4000)
LIMITS = (
    "-A KUBE-SERVICES -m limit --limit 5/sec -j KUBE-MARK-MASQ\n"
    "-A KUBE-SERVICES ! -d 10.96.0.9/32 -p udp -m limit --limit 5/sec -j KUBE-MARK-MASQ\nCOMMIT"
)
FEWER = SERVICES if LONG else kube_proxy_rules(1300)
TRACED = (
    FEWER.replace("COMMIT", LIMITS),
    listing(FEWER),
    listing(filter_rules(examples(400, at_length=1000))),
)


@cache
def both(which: int) -> tuple[Dump, Dump]:
    quick, plain = quickly_(TRACED[which]), plainly(TRACED[which])
    assert quick is not None
    assert plain is not None
    return quick, plain


@settings(deadline=None, max_examples=examples(12, at_length=120))
@given(
    st.sampled_from(range(len(TRACED))),
    st.sampled_from(
        [None, "10.96.0.7", "10.96.0.103", "10.96.1.113", "10.96.0.9", "10.0.3.4", "192.0.2.1"]
    ),
    st.sampled_from([6, 17]),
    st.sampled_from([22, 25, 80, 443]),
    st.booleans(),
)
def test_a_trace_of_rules_that_nobody_read_is_that_of_all(
    which: int, dst: str | None, proto: int, dport: int, skipped: bool
) -> None:
    quick, plain = both(which)
    asked = Packet(family=4, proto=proto, dport=dport, src=parse_address("10.1.2.3")[0])
    if dst is None:
        assume(which == 2)  # any destination of very many is another question
    else:
        asked = asked.with_(dst=parse_address(dst)[0])
    found, own = (trace(dump.rulesets[0], asked, skipped=skipped) for dump in (quick, plain))
    assert found == own


def test_few_of_many_unread_rules_are_read_for_a_packet() -> None:
    dump = quickly_(SERVICES.replace("COMMIT", LIMITS))
    assert dump is not None
    chain = dump.rulesets[0].tables[0].by_name["KUBE-SERVICES"].rules
    asked = Packet(family=4, proto=6, dport=80, dst=parse_address("10.96.0.7")[0])
    trace(dump.rulesets[0], asked)
    assert isinstance(chain, LateRules)
    assert chain.facing({"10.96.0.7"}) == [6, 363, 364, 365]
    assert not chain.is_read


def test_the_callers_of_all_chains_are_not_looked_for_where_one_packet_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SavedTable, "_callers", property(_never))
    dump = quickly_(kube_proxy_rules(4000))
    assert dump is not None
    asked = Packet(family=4, proto=6, dport=80, dst=parse_address("10.96.0.4")[0])
    trace(dump.rulesets[0], asked)
    table = dump.rulesets[0].tables[0]
    assert table.hooks_of("KUBE-MARK-MASQ") == {"PREROUTING", "OUTPUT"}
    with pytest.raises(AssertionError):
        table.leading_to("KUBE-MARK-MASQ")


def _never(_table: object) -> object:
    raise AssertionError


@pytest.mark.parametrize("odd", ["", "# a note\n", "*filter\nand so on\n", "Chain of thoughts\n"])
def test_a_text_that_is_not_regular_is_handed_on_as_it_came(odd: str) -> None:
    pieces = [odd, "-A INPUT -j ACCEPT\n", "COMMIT\n"] if odd else []

    def never(_text: OneText) -> Dump:
        raise AssertionError

    found, again = quickly("x", iter(pieces), never, fewest=0)
    assert found is None
    assert [*again] == pieces
