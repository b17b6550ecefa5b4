"""The parser that remembers shapes against the plain one, and reading against writing."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import examples
from unknown_names import NO_MATCH

from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.save.save import read_save
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError
from iptsim.model import Ruleset, Table

OCTET = st.integers(0, 255)
ADDRESS = st.builds("{}.{}.{}.{}".format, OCTET, OCTET, OCTET, OCTET)
NETWORK = st.one_of(ADDRESS, st.builds("{}/{}".format, ADDRESS, st.integers(0, 33)))
PORT = st.integers(0, 65540).map(str)
NAME = st.sampled_from(
    [
        "INPUT",
        "KUBE-SVC-A",
        "web",
        "DNAT",
        "ACCEPT",
        "MARK",
        '"DNAT"',
        '"web"',
        "tcp",
        "comment",
        "80",
    ]
)
TEXT = st.text(st.sampled_from("ab -!\\\"'j/\n"), max_size=8)
QUOTED = TEXT.map(lambda t: '"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"')
VALUE = st.one_of(
    NAME, NETWORK, PORT, QUOTED, st.sampled_from(["!", "-x", "a,b", "'a b'", "'", '"'])
)
OPTION = st.sampled_from(
    ["-s", "-d", "-i", "-p", "-m", "-j", "-g", "-c", "-f", "-w", "!", "--source", "--protocol",
     "--match", "--jump", "--comment", "--dport", "--sports", "--to-destination", "--mark",
     "--set-xmark", "--tcp-flags", "--uid-owner", "--unheard-of", "--proto", "--dport=80", "-6"]
)  # fmt: skip
BLANK = st.sampled_from([" ", " ", " ", "  ", "\t"])
SENSIBLE = st.one_of(
    st.builds("-s {}".format, NETWORK),
    st.builds("! -d {}".format, NETWORK),
    st.builds("-p tcp -m tcp --dport {}".format, PORT),
    st.builds("-p tcp --dport {}".format, PORT),
    st.builds("-m comment --comment {}".format, QUOTED),
    st.builds("-m owner ! --uid-owner {}".format, PORT),
    st.builds(f"-m {NO_MATCH} --source-country {{}}".format, NAME),
    st.builds("-j {}".format, NAME),
    st.builds("--jump {}".format, NAME),
    st.builds("-j DNAT --to-destination {}:{}".format, ADDRESS, PORT),
    st.builds("-c {} {}".format, PORT, PORT),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A rule line: sensible pieces, wild words, and blanks of every kind."""
    wild = st.builds("{}{}{}".format, OPTION, BLANK, VALUE)
    pieces = draw(
        st.lists(st.one_of(SENSIBLE, SENSIBLE, SENSIBLE, wild, OPTION, VALUE), max_size=4)
    )
    counters = draw(st.sampled_from(["", "", "[1:2] ", "[3:4]", " "]))
    chain = draw(st.sampled_from(["INPUT", "web", '"web"', "KUBE-SVC-B"]))
    return counters + f"-A {chain}" + "".join(draw(BLANK) + piece for piece in pieces)


def read(texts: list[str], remember: bool) -> list[ReadTable] | tuple[object, ...]:
    """What a table of these lines is read as, or its error."""
    text = "\n".join(["*nat", *texts, "COMMIT"])
    numbered = (Line(number=n, text=line) for n, line in enumerate(text.split("\n"), 1))
    section = Section(form="save", file="dump", lines=tuple(numbered), family=4)
    try:
        return read_save(section, remember=remember)
    except DumpError as wrong:
        return wrong.message, (wrong.place, wrong.length), wrong.expected


def hidden(tables: list[ReadTable]) -> list[tuple[object, object]]:
    """What the equality of rules leaves aside."""
    every = (rule for table in tables for chain in table.chains for rule in chain.rules)
    return [(rule.place, rule.counters) for rule in every]


@settings(max_examples=examples(150, at_length=1600), deadline=None)
@given(st.lists(lines(), min_size=1, max_size=3), st.data())
@example(["-A a --jump web", "-A a --jump DNAT"], None)
@example(["-A a -j web", '-A a -j "DNAT"'], None)
@example(["-A a -s 1.1.1.1", "-A a -s 1.1.1.1,2.2.2.2"], None)
@example(["-A a -i x", "-A a -i 'x'y"], None)
@example(["-A a --protocol tcp --dport 80", "-A a --protocol udp --dport 80"], None)
@example(['-A a --comment="a b c" -j x', '-A a --comment="a d c" -j x'], None)
@example(
    [
        f"-A a -m {NO_MATCH} --x web",
        f'-A a -m {NO_MATCH} --x "!"',
        f"-A a -m {NO_MATCH} --x ! -i e",
    ],
    None,
)
def test_what_is_remembered_reads_as_what_is_not(
    texts: list[str], data: st.DataObject | None
) -> None:
    """The lines come again with other operands cut from each other, so that shapes repeat."""
    if data is not None:
        words = [word for text in texts for word in text.split(" ") if word[:1] not in ("-", "")]
        for text in texts:
            again = [
                data.draw(st.sampled_from(words)) if w in words and data.draw(st.booleans()) else w
                for w in text.split(" ")
            ]
            texts = [*texts, " ".join(again)]
    quick, plain = read(texts, True), read(texts, False)
    assert quick == plain
    if isinstance(quick, list) and isinstance(plain, list):
        assert hidden(quick) == hidden(plain)


@settings(max_examples=examples(80, at_length=800), deadline=None)
@given(st.lists(lines(), max_size=6))
@example([f'-A web -m {NO_MATCH} --source-country INPUT "!"'])
@example([f'-A web -m {NO_MATCH} --source-country INPUT "-j" -j ACCEPT'])
@example([f'-A web -m {NO_MATCH} ! --source-country "!" ! -i eth0 -j ACCEPT'])
@example(['-A web -m comment --comment "\n"'])
def test_what_is_written_reads_as_the_same_rules_and_writes_the_same_text(texts: list[str]) -> None:
    readable = [text for text in texts if isinstance(read([text], True), list)]
    tables = read(readable, True)
    if not isinstance(tables, list):
        return
    text = write_save(ruleset(tables))
    body = text.split("\n")[1:-1]
    numbered = tuple(Line(number=n, text=line) for n, line in enumerate(body, 1))
    again = read_save(Section(form="save", file="dump", lines=numbered, family=4))
    assert write_save(ruleset(again)) == text
    before = {chain.name: chain.rules for chain in tables[0].chains if chain.rules}
    after = {chain.name: chain.rules for chain in again[0].chains if chain.rules}
    if "\n" not in "".join(readable):  # which is written as a blank
        assert before == after


def ruleset(tables: list[ReadTable]) -> Ruleset:
    """The tables as a rule set of IPv4."""
    read_as = (Table(name=table.name or "nat", chains=table.chains) for table in tables)
    return Ruleset(family=4, tables=tuple(read_as))
