"""A patch of two dumps: both dumps, where their lines stand, and what it leaves out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from iptsim.dialects import NoDumpError, read_files, read_states, read_text
from iptsim.dialects.states.patch import Gap, read_patch
from iptsim.model import Chain, Dump, Table

CASE = Path(__file__).resolve().parents[2] / "fixtures/istio/both-directions"
POST = """\
--- one  2024-05-06 07:08:09 +0000
+++ two  2024-05-06 07:18:09 +0000
@@ -1,5 +1,6 @@
 Chain PREROUTING (policy ACCEPT)
 target     prot opt source               destination
# all that comes in
+SEEN       tcp  --  0.0.0.0/0            0.0.0.0/0

 Chain INPUT (policy ACCEPT)
 target     prot opt source               destination
@@ -11,6 +12,10 @@
 Chain POSTROUTING (policy ACCEPT)
 target     prot opt source               destination

+Chain SEEN (1 references)
+target     prot opt source               destination
+REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:81 redir ports 82
+
 Chain OTHER (1 references)
 target     prot opt source               destination
 REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15001
"""


def diffed(folder: Path, one: str, two: str, *options: str) -> Path:
    """What the real diff says of two texts."""
    (folder / "one").write_text(one)
    (folder / "two").write_text(two)
    done = subprocess.run(
        ["diff", *options, "one", "two"], cwd=folder, capture_output=True, check=False
    )
    (folder / "patch").write_bytes(done.stdout)
    return folder / "patch"


def table(dump: Dump, name: str) -> Table:
    found = dump.rulesets[0].table(name)
    assert found is not None
    return found


def chain(dump: Dump, name: str, chain: str) -> Chain:
    found = table(dump, name).chain(chain)
    assert found is not None
    return found


def gaps(chain: Chain) -> list[bool]:
    """For each rule whether it stands for what is left out."""
    return [rule.unread is not None for rule in chain.rules]


def both(text: str, folder: Path) -> tuple[Dump, ...]:
    (folder / "p").write_text(text)
    return read_states(str(folder / "p"))


def test_lines_of_both_dumps_and_their_places(tmp_path: Path) -> None:
    before, after = both(POST, tmp_path)
    assert chain(before, "nat", "PREROUTING").rules == ()
    [seen] = chain(after, "nat", "PREROUTING").rules
    assert seen.place is not None
    assert (seen.place.line, seen.place.column) == (7, 2)
    assert table(before, "nat").chain("SEEN") is None
    assert [rule.place and rule.place.line for rule in chain(after, "nat", "SEEN").rules] == [17]


def test_a_gap_behind_a_title_is_open_and_one_behind_a_blank_line_is_not(tmp_path: Path) -> None:
    before, after = both(POST, tmp_path)
    for dump in (before, after):
        assert gaps(chain(dump, "nat", "INPUT")) == [True]
        assert gaps(chain(dump, "nat", "POSTROUTING")) == []
        assert gaps(chain(dump, "nat", "OTHER")) == [False, True]
        assert "IPT0176" in {note.code for note in dump.notes}
    assert gaps(chain(after, "nat", "SEEN")) == [False]


def test_a_hunk_that_lost_lines_does_not_end_the_dump() -> None:
    whole = read_patch(POST.replace("-11,6 +12,10", "-11,7 +12,11"))
    assert whole is not None
    assert isinstance(whole.before[-1], Gap)


def test_a_dump_ends_where_its_context_does(tmp_path: Path) -> None:
    one = "".join(f"line {number}\n" for number in range(30))
    text = diffed(tmp_path, one, one.replace("line 28\n", "other\n"), "-u").read_text()
    patch = read_patch(text)
    assert patch is not None
    assert [isinstance(each, Gap) for each in patch.after].count(True) == 1
    assert isinstance(patch.after[0], Gap)


def test_two_lists_of_equal_lines_have_equal_gaps(tmp_path: Path) -> None:
    one = "".join(f"line {number}\n" for number in range(90))
    two = one.replace("line 20\n", "").replace("line 60\n", "more\nlines\n")
    for options in (["-u"], ["-U1"], ["-c"], []):
        patch = read_patch(diffed(tmp_path, one, two, *options).read_text())
        assert patch is not None
        told = (
            [e.hidden for e in side if isinstance(e, Gap)] for side in (patch.before, patch.after)
        )
        assert len({tuple(hidden) for hidden in told}) == 1


@pytest.mark.parametrize("form", ["txt", "v.txt", "S.txt", "save.txt"])
@pytest.mark.parametrize("option", ["-U99", "-C99"])
def test_a_patch_that_shows_all_reads_as_its_dumps(form: str, option: str, tmp_path: Path) -> None:
    one, two = ((CASE / f"{state}.{form}").read_text() for state in ("before", "after"))
    states = read_states(str(diffed(tmp_path, one, two, option)))
    for dump, text in zip(states, (one, two), strict=True):
        read = read_text(text).rulesets[0].tables
        assert [t.name for t in dump.rulesets[0].tables] == [t.name for t in read]
        for have, want in zip(dump.rulesets[0].tables[0].chains, read[0].chains, strict=True):
            told = [rule for rule in have.rules if rule.unread is None]
            assert (have.name, told) == (want.name, list(want.rules))


@pytest.mark.parametrize("form", ["txt", "v.txt", "S.txt", "save.txt"])
@pytest.mark.parametrize("option", ["-u", "-U1", "-U0", "-c"])
def test_no_rule_comes_into_another_chain_or_table(form: str, option: str, tmp_path: Path) -> None:
    one, two = ((CASE / f"{state}.{form}").read_text() for state in ("before", "after"))
    states = read_states(str(diffed(tmp_path, one, two, option)))
    for dump, text in zip(states, (one, two), strict=True):
        whole = table(read_text(text), "nat")
        for _table, own, _number, rule in dump.rulesets[0].rules():
            if rule.unread is None and not own.name.startswith("?"):
                there = whole.chain(own.name)
                assert there is not None
                assert rule in there.rules


@pytest.mark.parametrize("lead", ["> ", "    ", "| "])
def test_what_stands_before_every_line(lead: str, tmp_path: Path) -> None:
    text = "".join(f"{lead}{line}\n" for line in POST.splitlines())
    _before, after = both(text.replace("\n> \n", "\n>\n"), tmp_path)
    [seen] = chain(after, "nat", "PREROUTING").rules
    assert seen.place is not None
    assert (seen.place.line, seen.place.column) == (7, 2 + len(lead))


def test_context_that_lost_its_blank(tmp_path: Path) -> None:
    text = POST.replace("\n Chain", "\nChain")
    before, after = both(text, tmp_path)
    assert [c.name for c in table(after, "nat").chains] == [
        "PREROUTING", "INPUT", "POSTROUTING", "SEEN", "OTHER",
    ]  # fmt: skip
    assert len(table(before, "nat").chains) == 4


def test_a_small_gap_leaves_a_table_open_and_a_large_one_does_not() -> None:
    head = "@@ -1,3 +1,4 @@\n *filter\n :INPUT DROP [0:0]\n :FORWARD DROP [0:0]\n+# more\n"
    rule = " -A INPUT -p tcp -m tcp --dport 82 -j ACCEPT\n-A INPUT -j DROP\n"
    small = read_text(head + "@@ -5,1 +6,1 @@\n" + rule, state="1")
    assert gaps(chain(small, "filter", "INPUT")) == [True, False, True]
    large = read_text(head + "@@ -50,1 +51,1 @@\n" + rule, state="1")
    codes = {note.code for note in large.notes}
    assert "IPT0153" in codes  # it may be another table's


def test_rules_of_one_hunk_are_of_one_table(tmp_path: Path) -> None:
    one = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    one += "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    one += ":DOCKER - [0:0]\n"
    rules = [f"-A DOCKER -i br-{number} -j RETURN\n" for number in range(9)]
    dnat = "-A DOCKER -p tcp -m tcp --dport 81 -j DNAT --to-destination 192.0.2.9:80\n"
    end = "COMMIT\n"
    before, after = (one + "".join(rules) + dnat * number + end for number in range(2))
    states = read_states(str(diffed(tmp_path, before, after, "-u")))
    assert [[t.name for t in dump.rulesets[0].tables] for dump in states] == [["nat"], ["nat"]]
    assert [gaps(chain(dump, "nat", "DOCKER"))[0] for dump in states] == [True, True]


def test_a_patch_of_something_else_beside_a_dump() -> None:
    code = "@@ -1,2 +1,2 @@\n func x() {\n-  return 1\n+  return 2\n\n"
    dump = read_text(code + (CASE / "after.save.txt").read_text())
    assert [t.name for t in dump.rulesets[0].tables] == ["nat"]


def test_one_dump_of_a_patch_is_asked_for() -> None:
    with pytest.raises(NoDumpError, match="patch of two dumps") as caught:
        read_files([str(CASE / "change.patch")])
    assert caught.value.code == "IPT0103"
    assert table(read_text(POST, state="1"), "nat").chain("SEEN") is None
    assert table(read_text(POST, state="last"), "nat").chain("SEEN") is not None


def test_a_dump_that_came_to_be(tmp_path: Path) -> None:
    text = (CASE / "after.save.txt").read_text()
    before, after = read_states(str(diffed(tmp_path, "", text, "-u")))
    assert before.rulesets == () or all(not r.tables for r in before.rulesets)
    assert table(after, "nat").chain("ISTIO_INBOUND") is not None


def test_the_patch_of_a_new_file_is_that_file() -> None:
    save = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"
    added = "".join(f"+{line}\n" for line in save.splitlines())
    head = "diff --git a/r b/r\nnew file mode 100644\n--- /dev/null\n+++ b/r\n@@ -0,0 +1,4 @@\n"
    (table,) = read_text(head + added).rulesets[0].tables
    assert table.by_name["INPUT"].policy == "DROP"
    assert len(table.by_name["INPUT"].rules) == 1
    with pytest.raises(NoDumpError):
        read_text(head.replace("/dev/null", "a/r").replace("-0,0", "-1,1") + "-*filter\n" + added)
