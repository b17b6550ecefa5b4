"""Two states of one host in one text, and what is one state told twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_row import every_row

from iptsim.dialects import read_states, read_text
from iptsim.errors import DumpError, IptsimError, UsageError
from iptsim.model import Dump

CASE = Path(__file__).resolve().parents[2] / "fixtures/istio/both-directions"
ONE = "-A INPUT -p tcp -m tcp --dport 81 -j ACCEPT\n-A INPUT -j DROP\n"
TWO = ONE.replace("81", "82")
WORDS = [
    ("before:", "after:"),
    ("Before upgrade", "After upgrade"),
    ("## old", "## new"),
    ("working:", "not working:"),
    ("=== without the fix ===", "=== with the fix ==="),
    ("**Previously**", "**Now**"),
    ("升级之前：", "升级之后："),
    ("旧", "新"),
    ("2024-05-06", "2024-05-07"),
    ("Mon May  6 07:08:09 UTC 2024", "Tue May  7 07:08:09 UTC 2024"),
    ("root@a:~# iptables -S INPUT", "root@b:~# iptables -S INPUT"),
    ("[root@a ~]# iptables -S INPUT", "[root@b ~]# iptables -S INPUT"),
]


def ports(dump: Dump) -> list[object]:
    """The destination ports that rules of a dump ask for."""
    rules = (rule for ruleset in dump.rulesets for *_place, rule in ruleset.rules())
    return [str(o.value) for rule in rules for m in rule.matches for o in m.options]


def fixture(state: str, form: str) -> str:
    return (CASE / f"{state}.{form}").read_text()


@every_row(("one", "two"), WORDS)
def test_words_part_bare_rules(one: str, two: str) -> None:
    text = f"{one}\n{ONE}\n{two}\n{TWO}"
    with pytest.raises(DumpError, match="2 states") as caught:
        read_text(text)
    assert caught.value.code == "IPT0177"
    assert caught.value.place.line == 6
    assert "--state 1 or --state 2" in caught.value.expected
    assert ["81" in ports(read_text(text, state=n))[0] for n in ("1", "2", "last")] == [  # type: ignore[operator]
        True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["txt", "v.txt", "S.txt", "save.txt"])
def test_words_part_whole_tables(form: str, tmp_path: Path) -> None:
    text = f"before:\n{fixture('before', form)}\nafter:\n{fixture('after', form)}"
    (tmp_path / "t").write_text(text)
    states = read_states(str(tmp_path / "t"))
    for dump, state in zip(states, ("before", "after"), strict=True):
        assert dump.rulesets == read_text(fixture(state, form)).rulesets


@pytest.mark.parametrize("form", ["txt", "v.txt", "S.txt", "save.txt"])
def test_a_table_twice_and_not_the_same(form: str, tmp_path: Path) -> None:
    text = f"{fixture('before', form)}\n{fixture('after', form)}"
    with pytest.raises(DumpError, match="twice") as caught:
        read_text(text)
    assert caught.value.code == "IPT0115"
    (tmp_path / "t").write_text(text)
    states = read_states(str(tmp_path / "t"))
    for dump, state in zip(states, ("before", "after"), strict=True):
        assert dump.rulesets == read_text(fixture(state, form)).rulesets


def test_the_header_tells_which_is_newer() -> None:
    later = fixture("after", "save.txt").replace("1970", "1971")
    with pytest.raises(DumpError) as caught:
        read_text(fixture("before", "save.txt") + later)
    assert "of which 2 is the newest" in caught.value.expected
    with pytest.raises(DumpError) as caught:
        read_text(later + fixture("before", "save.txt"))
    assert "of which 1 is the newest" in caught.value.expected


def test_a_table_of_a_run_that_is_the_same_goes_with_its_run() -> None:
    nat = (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n"
    )
    own = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
    text = nat + own.format(ONE) + nat + own.format(TWO)
    for state in ("1", "2"):
        dump = read_text(text, state=state)
        assert [t.name for t in dump.rulesets[0].tables] == ["nat", "filter"]


@pytest.mark.parametrize(
    ("one", "two"), [("txt", "S.txt"), ("S.txt", "save.txt"), ("v.txt", "txt"), ("txt", "txt")]
)
def test_one_state_told_twice_is_one(one: str, two: str) -> None:
    text = f"before:\n{fixture('after', one)}\nafter:\n{fixture('after', two)}"
    dump = read_text(text)
    assert [t.name for t in dump.rulesets[0].tables] == ["nat"]
    assert not {"IPT0175"} & {note.code for note in dump.notes}


def test_words_within_a_table_or_a_script_part_nothing() -> None:
    save = f"*filter\n:INPUT ACCEPT [0:0]\n# old rules\n{ONE}# new rules\n{TWO}COMMIT\n"
    script = "# before\niptables -A INPUT -i lo -j ACCEPT\n# after\niptables -A INPUT -j DROP\n"
    assert len(read_text(save).rulesets[0].tables[0].chains[0].rules) == 4
    assert len(read_text(script).rulesets[0].tables[0].chains[0].rules) == 2


def test_a_word_of_one_kind_parts_no_two_tables() -> None:
    text = "iptables -S of the new host\n-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
    text += "\nnat, now:\n-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n"
    text += "-P POSTROUTING ACCEPT\n"
    assert [t.name for t in read_text(text).rulesets[0].tables] == ["filter", "nat"]


def test_labels_that_come_by_turns(tmp_path: Path) -> None:
    raw = "-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n{}"
    mark = "-A PREROUTING -j NOTRACK\n"
    text = f"filter before:\n{ONE}\nfilter after:\n{TWO}\n"
    text += f"raw before:\n{raw.format('')}\nraw after:\n{raw.format(mark)}"
    (tmp_path / "t").write_text(text)
    states = read_states(str(tmp_path / "t"))
    assert [len(list(dump.rulesets[0].rules())) for dump in states] == [2, 3]
    assert [{t.name for t in d.rulesets[0].tables} for d in states] == [{"filter", "raw"}] * 2


def test_what_only_one_state_tells_is_not_told_by_the_other() -> None:
    nat = fixture("after", "save.txt")
    text = f"before:\n{nat}{ONE}\nafter:\n{TWO}"
    assert [t.name for t in read_text(text, state="2").rulesets[0].tables] == ["filter"]


def test_a_state_that_is_not_there() -> None:
    for text, state in ((ONE, "2"), (f"before:\n{ONE}\nafter:\n{TWO}", "3"), (ONE, "x")):
        with pytest.raises(UsageError) as caught:
            read_text(text, state=state)
        assert caught.value.code == "IPT0178"
    assert read_text(ONE, state="last").rulesets == read_text(ONE, state="1").rulesets


def test_one_state_is_none_to_compare(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(ONE)
    with pytest.raises(UsageError) as caught:
        read_states(str(tmp_path / "t"))
    assert caught.value.code == "IPT0179"


@pytest.mark.parametrize("state", [None, "1", "2"])
def test_states_of_texts_without_a_table_are_refused(state: str | None) -> None:
    for text in (
        "before:\n\nafter:\n",
        "COMMIT\nbefore:\nCOMMIT\n",
        "@@ -1 +1 @@\n-before\n+after\n",
    ):
        with pytest.raises(IptsimError):
            read_text(text, state=state)
