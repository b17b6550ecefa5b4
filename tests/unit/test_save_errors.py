import pytest
from every_row import every_row
from save_texts import tables
from unknown_names import NO_MATCH

from iptsim.dialects.parts import Line, Section
from iptsim.dialects.save.save import read_save
from iptsim.errors import DumpError


@every_row(
    ("line", "fault", "says"),
    [
        ("-A INPUT -p tcp -m tcp --dport 80x", "80x", "--dport"),
        ("-A INPUT -s 10.0.0.300", "10.0.0.300", "10.0.0.300"),
        ("-A INPUT -s 1.2.3.4/33", "1.2.3.4/33", "33"),
        ("-A INPUT -p tpc", "tpc", "protocol"),
        ("-A INPUT -p tcp -m tcp --dprt 80", "--dprt", "unknown option"),
        ("-A INPUT --dport 80 -p tcp", "--dport", "unknown option"),
        ("-A INPUT ACCEPT", "ACCEPT", "belongs to no option"),
        ("-A INPUT -j", "-j", "no value"),
        ("-A INPUT -p tcp -m tcp --dport", "--dport", "no value"),
        ("-A INPUT ! -j DROP", "-j", "cannot be negated"),
        ("-A INPUT -m comment ! --comment a", "--comment", "cannot be negated"),
        ("-A INPUT ! -s ! 10.0.0.1", "!", "second !"),
        (f"-A INPUT -m {NO_MATCH} --source-country A ! ! -d 10.0.0.1", "!", "second !"),
        ("-A INPUT -i lo !", "!", "nothing follows"),
        ("-A INPUT -i lo -i eth0", "-i", "second time"),
        ("-A INPUT -j DROP -j ACCEPT", "ACCEPT", "second target"),
        ("-A INPUT ! -s 10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2", "negated"),
        ("-A INPUT ! -p all", "all", "protocols"),
        ("-A INPUT -c 1 x", "1 x", "counters"),
        ("-A", "-A", "no chain"),
        ("-A INPUT -N X", "-N", "second command"),
        ("-i lo", "-i", "no command"),
        ("-P INPUT REJECT", "REJECT", "no policy"),
        ("-I INPUT 0 -i lo", "0", "number"),
        ("-t nat -A INPUT", "-t nat -A INPUT", "table filter"),
        ('-A INPUT -m comment --comment "a b', '"', "never closed"),
        (":INPUT DROP [0:0", "[0:0", "declares no chain"),
        (":a - [0:0]\n:a - [0:0]", "a", "declared twice"),
        ("-N a\n-N a", "a", "declared twice"),
        ("-A INPUT --in lo", "--in", "more than one option"),
        (f"-A INPUT -m {NO_MATCH} --country x ! -j DROP", "-j", "cannot be negated"),
        (f"-A INPUT -m {NO_MATCH} --country x !", "!", "nothing follows"),
        ("-A INPUT -vnq", "-vnq", "unknown option '-q'"),
        ("-A INPUT -j 'a b'", "'a b'", "no name"),
        ("-A INPUT -m 'a\"b'", '"', "never closed"),
        ("what is this", "what is this", "no line of a save file"),
    ],
)
def test_an_error_points_at_its_words(line: str, fault: str, says: str) -> None:
    with pytest.raises(DumpError, match=says) as caught:
        tables(f"*filter\n{line}\nCOMMIT")
    error = caught.value
    column = error.place.column - 1
    assert error.text == line.rsplit("\n", maxsplit=1)[-1]
    assert error.text[column : column + error.length] == fault
    assert error.place.line == 2 + line.count("\n")


def test_the_nearest_spelling_is_the_hint() -> None:
    with pytest.raises(DumpError) as caught:
        tables("*filter\n-A INPUT -p tcp -m tcp --dprot 80\nCOMMIT")
    assert caught.value.expected == "--dport"


def test_the_error_of_a_line_whose_shape_was_seen_before() -> None:
    good = "-A INPUT -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j DROP"
    bad = "-A INPUT -s 10.0.0.2/32 -p tcp -m tcp --dport 99999 -j DROP"
    with pytest.raises(DumpError, match="99999") as caught:
        tables("\n".join(["*filter", good, good, bad, "COMMIT"]))
    assert (caught.value.place.line, caught.value.place.column) == (4, bad.index("99999") + 1)
    assert caught.value.expected.startswith("a port")


def test_a_rule_behind_commit_stands_in_no_table() -> None:
    with pytest.raises(DumpError, match="outside of a table") as caught:
        tables("*filter\nCOMMIT\n-A INPUT -j DROP")
    assert caught.value.place.line == 3


def test_the_column_counts_what_was_cut_away_before_the_line() -> None:
    full = "pod-7 | -A INPUT -j DROP -j DROP"
    line = Line(number=9, text=full[8:], shift=8, full=full)
    with pytest.raises(DumpError) as caught:
        read_save(Section(form="save", file="dump", lines=(line,)))
    place = caught.value.place
    assert (place.line, place.column, caught.value.text) == (9, full.rindex("DROP") + 1, full)


def test_an_error_below_a_line_end_in_a_comment() -> None:
    with pytest.raises(DumpError) as caught:
        tables('*filter\n-A INPUT -m comment --comment "a\nb" -p tpc\nCOMMIT')
    assert (caught.value.place.line, caught.value.text) == (3, 'b" -p tpc')
    assert caught.value.text[caught.value.place.column - 1 :] == "tpc"


def test_a_line_that_stands_for_a_flood_of_rules_is_refused() -> None:
    many = ",".join(["10.0.0.1"] * 300)
    with pytest.raises(DumpError, match="too many addresses"):
        tables(f"*filter\n-A INPUT -s {many} -d {many}\nCOMMIT")


@pytest.mark.parametrize(
    "word", ["-" + "v" * 50_000, "! " * 50_000, "-j a " * 50_000, "'\" " * 9999]
)
def test_long_nonsense_is_refused_soon(word: str) -> None:
    with pytest.raises(DumpError):
        tables(f"*filter\n-A INPUT {word}-i\nCOMMIT")
