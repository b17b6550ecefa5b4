"""Effects that change the same are one to a reader; marks alone are none of their own."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.diff.difference import Way
from iptsim.diff.folding import Ways, folded, folded_effects, is_of_marks, without_what_stays
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style


def way(verdict: str = "ACCEPT", to: str | None = "forward", **rewrites: int | str) -> Way:
    return Way(verdict=verdict, destination=to, rewrites=tuple(sorted(rewrites.items())))


@dataclass(frozen=True, kw_only=True)
class Changed:
    ways: Ways
    certain: bool = True
    compared: bool = True
    told: bool = True

    @property
    def idle(self) -> bool:
        return is_of_marks(self.ways)


def groups(*all_ways: Ways) -> list[list[Ways]]:
    found = folded([Changed(ways=ways) for ways in all_ways], lambda one: one.ways)
    return [[one.ways for one in group] for group in found]


def test_one_endpoint_is_one_change_however_it_is_masqueraded() -> None:
    masqueraded = (
        way(dst="10.0.0.1", mark="changed", src="an address"),
        way(dst="10.0.0.9", mark="changed", src="an address"),
    )
    plain = way(dst="10.0.0.1"), way(dst="10.0.0.9")
    sent = way(to="out", dst="10.0.0.1"), way(to="out", dst="10.0.0.9")
    other = way(dst="10.0.0.2"), way(dst="10.0.0.9")
    assert groups(masqueraded, plain, sent, other) == [[plain, sent, masqueraded], [other]]


def test_a_new_source_is_a_change() -> None:
    snat = way(), way(src="192.0.2.1")
    assert not is_of_marks(snat)
    assert groups(snat, (way(), way(src="192.0.2.2"))) == [[snat], [(way(), way(src="192.0.2.2"))]]


def test_dropped_is_dropped_whatever_was_rewritten_elsewhere() -> None:
    dropped = way("DROP", None)
    told = groups((dropped, way()), (dropped, way(tos=8)), (dropped, way(to="local")))
    assert [len(group) for group in told] == [2, 1]


def test_marks_come_last() -> None:
    mark, port = (way(), way(mark=1)), (way(), way(dport=80))
    assert groups(mark, port) == [[port], [mark]]
    assert groups(mark, (way(to="out"), way(to="out", connmark=2))) == [
        [mark, (way(to="out"), way(to="out", connmark=2))]
    ]


def test_what_both_share_is_not_told_but_where_it_is_sent() -> None:
    before, after = way(dst="10.0.0.1", src="x", dport=80), way(dst="10.0.0.9", src="x", dport=80)
    assert without_what_stays((before, after)) == (
        way(dst="10.0.0.1", dport=80),
        way(dst="10.0.0.9", dport=80),
    )


def test_a_text_folds_and_all_shows_each() -> None:
    def dump(to: str) -> str:
        hooks = [
            f":{hook} ACCEPT [0:0]" for hook in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
        ]
        asks = "-d 10.9.9.9/32 -p tcp --dport 80 -j WEB"
        rules = [
            "*nat", *hooks, ":WEB - [0:0]", f"-A PREROUTING {asks}", f"-A OUTPUT {asks}",
            f"-A WEB -p tcp -j DNAT --to-destination {to}", "COMMIT", "",
        ]  # fmt: skip
        return "\n".join(rules)

    found = diff(read_text(dump("10.0.0.1")), read_text(dump("10.0.0.9")))
    brief = diff_text(found, Style())
    assert brief.count("after   sent on to 10.0.0.9") == 1
    assert "1 more set of packets changes the same way (--all shows it)" in brief
    assert "… and 1 more that no other host and no program sees" in brief
    whole = diff_text(found, Style(), every=True)
    assert whole.count("after   sent on to 10.0.0.9") == len(found.effects) == 3
    (loop,) = [effect for effect in found.effects if effect.idle]
    assert loop.hook == "OUTPUT"
    assert loop.example.src is not None
    assert loop.example.src >> 24 == 127


HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
MANGLE = "*mangle\n" + "".join(f":{hook} ACCEPT [0:0]\n" for hook in HOOKS) + "{}COMMIT\n"
FILTER = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
MARKED = "-A PREROUTING -p tcp -m tcp --dport 22 -j MARK --set-xmark 0x7/0xffffffff\n"


def brief_text(before: str, after: str) -> str:
    found = diff(read_text(before), read_text(after), briefly=True)
    assert not found.same_effect
    return diff_text(found, Style())


def test_a_mark_alone_is_an_effect_where_nothing_else_is() -> None:
    text = brief_text(MANGLE.format(""), MANGLE.format(MARKED))
    assert "mark 0x7" in text
    assert "no other host" not in text


def test_a_mark_alone_is_none_beside_what_is_seen() -> None:
    dropped = FILTER.format("-A INPUT -p tcp -m tcp --dport 80 -j DROP\n")
    text = brief_text(MANGLE.format("") + FILTER.format(""), MANGLE.format(MARKED) + dropped)
    assert "mark 0x7" not in text.partition("Chain")[0]
    assert "more that no other host and no program sees" in text


def test_a_loopback_address_on_lo_is_an_effect() -> None:
    lo = "-A INPUT -s 127.0.0.1/32 -i lo -p tcp -m tcp --dport 80 -j DROP\n"
    found = diff(read_text(FILTER.format("")), read_text(FILTER.format(lo)))
    assert [effect.idle for effect in found.effects] == [False]


def test_no_reader_is_told_of_an_effect_that_was_only_counted() -> None:
    ports = range(100, 130)
    rules = "".join(f"-A INPUT -p tcp -m tcp --dport {p} -j REJECT\n" for p in ports)
    before = FILTER.format("".join(f"-A OUTPUT -p tcp -m tcp --dport {p} -j DROP\n" for p in ports))
    found = diff(read_text(before), read_text(FILTER.format(rules)), briefly=True)
    assert "no packet" not in diff_text(found, Style())
    for group in folded_effects(found.effects):
        assert group[0].told or not any(effect.told for effect in group)
