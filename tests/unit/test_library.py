"""`import iptsim` gives what the program does, and its values show themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from called_program import called
from every_row import every_row

import iptsim
from iptsim.cli.options import PacketOptions
from iptsim.notebook import PacketFields

ROOT = Path(__file__).parents[2]
CASE = ROOT / "fixtures" / "istio" / "both-directions"
VOID = {"br", "hr", "meta", "img", "input", "link"}
NASTY = "<script>alert('&')</script>\x1b[31m\u202e"


@pytest.fixture(scope="module")
def before() -> iptsim.Rules:
    return iptsim.read(CASE / "before.txt")


@pytest.fixture(scope="module")
def after() -> iptsim.Rules:
    return iptsim.read(CASE / "after.txt")


def program(*arguments: str) -> str:
    return called([*arguments], b"", os.environ).out


class Tags(HTMLParser):
    """The elements of a page; an end tag that does not fit is a mistake."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def answers(rules: iptsim.Rules) -> list[Any]:
    return [
        rules,
        rules.trace(dport=8088, verbose=True),
        rules.trace(uid=1337, dst="10.9.9.9", dport=80),
        rules.query("REDIRECT:15001", dport=8088),
        rules.lint(),
        rules.graph(),
        rules.graph().mermaid(),
        rules.convert(),
    ]


# What it is


def test_importing_loads_nothing_else() -> None:
    code = "import sys, iptsim; print(*(n for n in sys.modules if n.startswith('iptsim')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.split() == [b"iptsim"]


@every_row("name", iptsim.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(iptsim)
    value = getattr(iptsim, name)
    assert isinstance(value, str) or value.__doc__


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        iptsim.colour  # type: ignore[attr-defined]  # noqa: B018  # that is the point


@pytest.mark.parametrize(
    "first",
    ["import iptsim.diff", "from iptsim.diff import diff", "iptsim.diff", "iptsim.Difference", ""],
)
def test_diff_is_the_function_and_the_package(first: str) -> None:
    code = f"""
import iptsim
{first}
a = iptsim.read("before.txt")
assert iptsim.diff(a, a).same_effect
import iptsim.diff as package
assert package.Difference is iptsim.Difference
assert iptsim.diff(a.dump, a.dump).same_effect
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=CASE, env={"PYTHONPATH": str(ROOT)}
    )


# The same as the program


def test_packet_keywords_are_the_options() -> None:
    assert set(PacketFields.__annotations__) == set(PacketOptions.__dataclass_fields__)


@pytest.mark.parametrize("fields", [{"dport": 8088}, {"uid": 1337, "dst": "10.9.9.9", "dport": 80}])
def test_a_trace_is_the_programs(after: iptsim.Rules, fields: dict[str, Any]) -> None:
    options = [word for key, value in fields.items() for word in (f"--{key}", str(value))]
    file = str(CASE / "after.txt")
    walk = after.trace(**fields)
    assert f"{walk}\n" == program("trace", *options, "--lang", "en", file)
    assert f"{iptsim.read(file, lang='zh').trace(**fields)}\n" == program(
        "trace", *options, "--lang", "zh", file
    )


def test_a_diff_is_the_programs(before: iptsim.Rules, after: iptsim.Rules) -> None:
    files = (str(CASE / "before.txt"), str(CASE / "after.txt"))
    assert f"{iptsim.diff(before, after)}\n" == program("diff", "--lang", "en", *files)


def test_a_graph_and_a_conversion_are_the_programs(after: iptsim.Rules) -> None:
    file = str(CASE / "after.txt")
    assert f"{after.graph()}\n" == program("graph", "--lang", "en", file)
    assert str(after.graph().dot()).strip() == program("graph", "--format", "dot", file).strip()
    assert str(after.convert()) == program("convert", file)
    assert repr(after.convert()) == str(after.convert()).rstrip("\n")


def test_a_query_and_findings_are_the_programs() -> None:
    for lang in ("en", "zh"):
        file = str(ROOT / "fixtures" / "firewall" / "host" / "after.save.txt")
        rules = iptsim.read(file, lang=lang)
        asked = ("query", "--fate", "DROP", "--dport", "22", "--lang", lang, file)
        assert f"{rules.query('DROP', dport=22)}\n" == program(*asked)
        assert f"{rules.lint()}\n" == program("lint", "--lang", lang, file)


def test_a_matrix_is_the_programs() -> None:
    for lang in ("en", "zh"):
        file = str(ROOT / "fixtures" / "firewall" / "host" / "after.save.txt")
        found = iptsim.read(file, lang=lang).matrix(dport=22)
        assert f"{found}\n" == program("query", "--matrix", "--dport", "22", "--lang", lang, file)
        assert found.json()["schema"] == "iptsim.matrix/1"
        assert "<pre" in found._repr_html_()
        assert [one.packet.dport for one in found.matrices] == [22]
    with pytest.raises(iptsim.UsageError):
        iptsim.read(file).matrix(uid=7)


def test_findings_are_there_as_data() -> None:
    found = iptsim.read(ROOT / "fixtures" / "firewall" / "host" / "after.save.txt").lint()
    assert "IPT0711" in [finding.kind.value for finding in found.findings]
    assert found.json()["schema"] == "iptsim.lint/1"


def test_what_is_known_of_the_host_counts() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n{}COMMIT\n"
    old, new = (iptsim.read(text=text.format(rule)) for rule in ("", "-A FORWARD -j DROP\n"))
    addresses = '[{"ifname":"eth0","addr_info":[{"local":"10.0.0.2","prefixlen":24}]}]'
    host = iptsim.read_host(addresses, None)
    alone, told = iptsim.diff(old, new), iptsim.diff(old, new, host=host)
    assert {effect.hook for effect in alone.effects} == {"FORWARD"}
    assert {effect.hook for effect in told.effects} == {"PREROUTING"}
    over = iptsim.read(text=text.format("-A INPUT -m time --datestop 2020-01-01 -j DROP\n"))
    assert not over.lint(host=host).findings
    assert over.lint(host=replace(host, time=2_000_000_000)).findings


def test_numbers_do_as_well_as_texts(after: iptsim.Rules) -> None:
    asked = after.trace(proto="tcp", dport="8088", tcp_flags="SYN", in_="eth0", hook="prerouting")
    assert asked == after.trace(proto=6, dport=8088, tcp_flags="syn", in_="eth0", hook="PREROUTING")
    given = iptsim.Packet(proto=6, dport=8088, tcp_flags=2, in_="eth0")
    assert asked == after.trace(given, hook="PREROUTING")


def test_json_has_the_schema(before: iptsim.Rules, after: iptsim.Rules) -> None:
    found = iptsim.diff(before, after)
    schemas = [one.json()["schema"] for one in (after.trace(dport=80), found)]
    assert schemas == ["iptsim.trace/1", "iptsim.diff/1"]
    assert after.convert("json")["schema"] == "iptsim.ruleset/1"
    assert len(found.changes) == 4
    assert len(found.effects) == 1
    assert not found.same_effect


def test_meets_is_sure_or_false(before: iptsim.Rules, after: iptsim.Rules) -> None:
    assert after.trace(dport=8088).meets("REDIRECT:15001")
    assert not before.trace(dport=8088).meets("REDIRECT:15001")
    unsure = after.trace(uid=1337, dst="10.9.9.9", dport=80)
    assert len(unsure.outcomes) == 2
    assert not unsure.meets("REDIRECT:15001")


def test_a_text_that_was_read_over_again_is_shown_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "dump.txt"
    file.write_text((CASE / "before.txt").read_text())
    old = iptsim.read(file)
    text = iptsim.read(text=(CASE / "after.txt").read_text())
    file.write_text("nothing of the kind\n" * 40)
    shown = str(iptsim.diff(text, old))
    assert "nothing of the kind" not in shown
    assert "- ISTIO_INBOUND  tcp  --  0.0.0.0/0" in shown


def test_two_texts_are_told_by_their_own_lines() -> None:
    lines = ("-A INPUT -p tcp --dport 1 -j DROP", "-A INPUT -p tcp --dport 2 -j DROP")
    text = "*filter\n:INPUT ACCEPT [0:0]\n{}\nCOMMIT\n"
    old, new = (iptsim.read(text=text.format(line), family=4) for line in lines)
    for shown in (str(iptsim.diff(old, new)), iptsim.diff(old, new)._repr_html_()):
        assert "--dport 1 -j DROP" in shown
        assert "--dport 2 -j DROP" in shown


# What is refused


@every_row(
    ("ask", "told"),
    [
        (lambda r: r.trace(dport=99999), "^dport: '99999' is not a whole number"),
        (lambda r: r.trace(colour="red"), "colour: a packet has no such field"),
        (lambda r: r.trace(iptsim.Packet(dport=1), dport=2), "a packet or its fields, not both"),
        (lambda r: r.trace(dst="fd00::1"), "holds no IPv6 rules"),
        (lambda r: r.trace(dport=1).meets("PLEASE"), "PLEASE"),
        (lambda _: iptsim.read("a.txt", text="b"), "files or a text, not both"),
        (lambda _: iptsim.read(), "no dump given"),
        (lambda _: iptsim.read(CASE / "before.txt", lang="tlh"), "none of en, zh"),
        (lambda _: iptsim.read(text="hello"), "no iptables dump found"),
    ],
)
def test_refuses(after: iptsim.Rules, ask: Any, told: str) -> None:
    with pytest.raises(iptsim.IptsimError, match=told):
        ask(after)


# How it looks


@every_row("number", range(8))
def test_html_says_what_the_text_says(after: iptsim.Rules, number: int) -> None:
    value = answers(after)[number]
    tags = Tags(value._repr_html_())
    words = str(value).replace("\N{NO-BREAK SPACE}", " ").split()
    assert "div" in tags.seen
    assert "style" not in tags.seen
    assert sorted(tags.words) == sorted(words)


def test_html_of_a_diff_says_what_its_text_says(before: iptsim.Rules, after: iptsim.Rules) -> None:
    for found in (iptsim.diff(before, after), iptsim.diff(after, before)):
        assert sorted(Tags(found._repr_html_()).words) == sorted(str(found).split())


def test_html_asks_nothing_from_outside(before: iptsim.Rules, after: iptsim.Rules) -> None:
    for value in (*answers(after), iptsim.diff(before, after)):
        page = value._repr_html_()
        assert Tags(page).attributes <= {"style", "colspan"}
        assert not any(word in page for word in ("http:", "https:", "@import", "url("))


def test_text_of_a_dump_is_no_html(tmp_path: Path) -> None:
    safe = NASTY.replace("\x1b", "").replace("\u202e", "").replace("'", "")
    rule = f'-A INPUT -p tcp --dport 80 -m comment --comment "{safe}" -j DROP'
    chain = "A<b>&amp;x"
    text = f"*filter\n:INPUT ACCEPT [0:0]\n:{chain} - [0:0]\n{rule}\n-A INPUT -j {chain}\nCOMMIT\n"
    file = tmp_path / "<i>.txt"
    file.write_text(text)
    rules = iptsim.read(file)
    other = iptsim.read(text="*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")
    for value in (*answers(rules), iptsim.diff(other, rules), iptsim.diff(rules, other)):
        page = value._repr_html_()
        assert not {"b", "i", "script"} & set(Tags(page).seen)
        assert "\x1b" not in page


def test_control_characters_are_shown_not_obeyed() -> None:
    page = iptsim.Text(f"a\x1b[31m{NASTY}")._repr_html_()
    assert "\\x1b[31m" in page
    assert "\u202e" not in page
    assert "script" not in Tags(page).seen


def test_a_long_dump_is_cut_and_says_so() -> None:
    rules = "".join(f"-A INPUT -p tcp --dport {port} -j ACCEPT\n" for port in range(1, 302))
    found = iptsim.read(text=f"*filter\n:INPUT ACCEPT [0:0]\n{rules}COMMIT\n")
    assert "… and 101 more rules" in str(found)
    assert "dport 200 " in str(found)
    assert "dport 201 " not in str(found)
    assert str(found.convert()).count("--dport") == 301
    assert "… and 101 more rules" in found._repr_html_()


def test_a_rule_is_shown_with_the_number_that_its_listing_printed() -> None:
    row = "{}    DROP       6    --  0.0.0.0/0            0.0.0.0/0"
    title = "num  target     prot opt source               destination"
    text = "\n".join(["Chain INPUT (policy ACCEPT)", title, row.format(1), row.format(7), ""])
    shown = str(iptsim.read(text=text)).splitlines()
    assert [line.split()[0] for line in shown if "is dropped" in line] == ["1", "7"]


@pytest.mark.parametrize("case", ["docker/published-port", "firewall/host", "kube-proxy/services"])
def test_html_of_larger_answers(case: str) -> None:
    folder = ROOT / "fixtures" / case
    old, new = (iptsim.read(folder / f"{side}.save.txt") for side in ("before", "after"))
    asked = (new.query("DROP", dport=80), new.query("ACCEPT"))
    for value in (old, new, iptsim.diff(old, new), new.trace(dport=80), new.graph(), *asked):
        words = {word.rstrip(",") for word in Tags(value._repr_html_()).words}
        assert words == {word.rstrip(",") for word in words_of(value)}  # text leaves out some marks


def test_html_of_findings_says_what_the_text_says() -> None:
    two = "-A INPUT -s 10.{0}.0.0/16 -j ACCEPT\n-A INPUT -s 10.{0}.1.0/24 -j DROP\n"
    rules = "".join(map(two.format, range(1, 13)))
    chains = "".join(f":IDLE{number:02} - [0:0]\n" for number in range(21))
    rules += "".join(f"-A IDLE{number:02} -j DROP\n" for number in range(21))
    built_in = "".join(f":{name} ACCEPT [0:0]\n" for name in ("INPUT", "FORWARD", "OUTPUT"))
    many = iptsim.read(text=f"*filter\n{built_in}{chains}{rules}COMMIT\n").lint()
    host = iptsim.read(ROOT / "fixtures" / "firewall" / "host" / "after.save.txt").lint()
    for found in (many, host):
        told = {word.rstrip(":") for word in words_of(found)}
        assert {word.rstrip(":") for word in Tags(found._repr_html_()).words} == told
    assert "IPT0711 12 A rule" in " ".join(Tags(many._repr_html_()).words)
    assert "IDLE04" in many._repr_html_()
    assert "IDLE05" not in many._repr_html_()


@pytest.mark.parametrize("case", ["docker/published-port", "istio/both-directions"])
def test_all_answers_are_there_in_chinese(case: str) -> None:
    folder = ROOT / "fixtures" / case
    old, new = (iptsim.read(folder / f"{side}.save.txt", lang="zh") for side in ("before", "after"))
    for value in (*answers(new), iptsim.diff(old, new)):
        page = Tags(value._repr_html_())
        joined = "".join(page.words)
        # A finding's place stands before its text with a colon, in HTML at the edge without.
        assert all(word.rstrip(":") in joined for word in words_of(value) if word.isascii())


def words_of(value: object) -> set[str]:
    return set(str(value).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize(("src", "told"), [(None, True), ("192.0.2.1", False), ("fd00::1", False)])
def test_a_family_that_was_chosen_is_told(src: str | None, told: bool) -> None:
    heads = "*filter\n:INPUT {} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    text = f"# Generated by iptables-save\n{heads}# Generated by ip6tables-save\n{heads}"
    found = iptsim.read(text=text.format("ACCEPT", "DROP")).trace(proto="tcp", dport=23, src=src)
    assert ("rules of the other family are here, too" in str(found)) is told


def test_a_chain_listed_alone_is_best_asked_alone() -> None:
    title = "target prot opt source destination\n"
    text = f"Chain MINE (1 references)\n{title}DROP all -- 0.0.0.0/0 0.0.0.0/0\n"
    rules = iptsim.read(text=text, table="filter")
    assert "`--chain MINE` asks" in str(rules.trace(dport=22))
    assert "--chain" not in str(
        iptsim.read(text=f"Chain INPUT (policy DROP)\n{title}").trace(dport=22)
    )


TWO_STATES = (
    "before:\n-P INPUT ACCEPT\n-A INPUT -j DROP\n\nafter:\n-P INPUT ACCEPT\n-A INPUT -j LOG\n"
)


@pytest.mark.parametrize(("state", "target"), [(1, "DROP"), ("2", "LOG"), ("last", "LOG")])
def test_one_state_of_a_text_is_read(state: str | int, target: str) -> None:
    rules = iptsim.read(text=TWO_STATES, state=state)
    (found,) = (rule.target for *_place, rule in rules.dump.rulesets[0].rules())
    assert found is not None
    assert found.name == target


def test_a_state_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text(TWO_STATES)
    with pytest.raises(iptsim.UsageError, match="it takes 1 to 2, or last"):
        iptsim.read(tmp_path / "two.txt", state=3)
    with pytest.raises(iptsim.DumpError, match="2 states"):
        iptsim.read(tmp_path / "two.txt")
