"""Effects that change the same are one to a reader; marks alone are none of their own."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.diff.difference import Way
from iptsim.diff.folding import Ways, folded, is_of_marks, without_what_stays
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.shared.terminal import Style


def way(verdict: str = "ACCEPT", to: str | None = "forward", **rewrites: int | str) -> Way:
    return Way(verdict=verdict, destination=to, rewrites=tuple(sorted(rewrites.items())))


@dataclass(frozen=True, kw_only=True)
class Changed:
    ways: Ways
    certain: bool = True
    compared: bool = True


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
    assert "2 more sets of packets change, or may change, the same way (--all shows them)" in brief
    whole = diff_text(found, Style(), every=True)
    assert whole.count("after   sent on to 10.0.0.9") == len(found.effects) == 3
