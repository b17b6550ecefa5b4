"""Every wrapper around every form of a dump reads as the bare text, places included."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from zlib import crc32

import pytest
from every_row import every_row
from wrapped_texts import SETTINGS, WRAPS, Wrapped, bare

from iptsim.dialects import NoDumpError, read_text
from iptsim.errors import DumpError
from iptsim.model import Dump, Rule

CASE = Path(__file__).parents[2] / "fixtures" / "docker" / "published-port"


def numbered(listing: str) -> str:
    """A listing as --line-numbers prints it."""
    lines, count = [], 0
    for line in listing.splitlines():
        row = line[:1] == " " and "target " not in line
        count = count + 1 if row else 0
        lines.append(f"{count:<4} {line}" if row else f"num  {line}" if line[:1] == " " else line)
    return "\n".join(lines) + "\n"


VERBOSE = (CASE / "after.filter.v.txt").read_text()
FORMS = {
    "save": (CASE / "after.save.txt").read_text(),
    "-S": (CASE / "after.nat.S.txt").read_text(),
    "-L": (CASE / "after.nat.txt").read_text(),
    "-L -v": VERBOSE,
    "-L -v --line-numbers": numbered(VERBOSE),
    "commands": """\
iptables -t nat -N WEB
iptables -t nat -A PREROUTING -p tcp -j WEB
iptables -t nat -A WEB -p tcp --dport 80 -m comment --comment "to: a \\"b\\"" -j DNAT --to 10.0.0.9
""",
}


REAL = [
    ("logrus", "kubectl --prefix"), ("logrus", "stern, two words"), ("logrus", "journald"),
    ("zap", "containerd"), ("zap", "box"), ("containerd", "stern, one word"),
    ("klog", "docker json-file"), ("klog", "containerd"), ("Go's date", "stern, with a sign"),
    ("docker json-file", "grep -n"), ("quote", "fence"), ("quote of a quote", "indented"),
    ("indented", "quote"), ("indented", "list's item"), ("cat -n", "quote"), ("cat -n", "fence"),
    ("box", "quote"), ("HTML's names", "<pre>"), ("HTML's names", "<br>"), ("<br>", "quote"),
    ("no-break blanks", "indented"), ("no-break blanks", "quote"), ("pdsh", "quote"),
    ("pdsh", "journald"), ("compose", "quote"), ("ansible stdout_lines", "indented"),
    ("ansible stdout", "quote"), ("JSON in JSON", "kubectl --prefix"), ("grep -Hn", "quote"),
    ("journald", "pdsh"), ("short-iso", "box"), ("markdown table", "quote"), ("less -N", "fence"),
    ("compose", "left bar"), ("compose", "bat"), ("cat -n", "box"), ("less -N", "left bar"),
    ("cat -A", "markdown table"), ("<br>", "cat -A"), ("<br>", "starred lines"),
    ("markdown table", "Jira's colour"), ("CSV", "cat -n"), ("CSV", "indented"),
]  # fmt: skip
# Each is chosen for itself, so that a new wrapper brings only its own.
SOME = [each for each in product(WRAPS, WRAPS, FORMS) if crc32("|".join(each).encode()) % 100 == 0]


def told(dump: Dump, lines: tuple[int, ...]) -> list[object]:
    """What a dump says and the lines where it says so; `lines` are those of its lines."""
    return [
        (
            ruleset.family,
            table.name,
            chain,
            [lines[rule.place.line - 1] for rule in chain.rules if rule.place],
        )
        for ruleset in dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
    ]


@cache
def known(form: str) -> Dump:
    """What the bare form of a dump says."""
    return read_text(FORMS[form])


def rules(dump: Dump) -> list[tuple[str, Rule]]:
    """The rules that a text tells for sure, with their chains."""
    found = [each for ruleset in dump.rulesets for each in ruleset.rules()]
    return [(chain.name, rule) for _table, chain, _number, rule in found if not rule.unread]


def same(form: str, wrapped: Wrapped) -> None:
    """Fails unless a wrapped form tells what the bare one does."""
    found = read_text(wrapped.text)
    here = tuple(range(1, wrapped.text.count("\n") + 2))
    assert told(found, here) == told(known(form), wrapped.lines)


@every_row(("wrap", "form"), list(product(WRAPS, FORMS)))
def test_a_wrapped_dump_reads_as_the_bare_one(wrap: str, form: str) -> None:
    same(form, WRAPS[wrap](bare(FORMS[form])))


@every_row("wrap", SETTINGS)
def test_commands_that_are_settings_read_as_the_bare_ones(wrap: str) -> None:
    same("commands", SETTINGS[wrap](bare(FORMS["commands"])))


@every_row(
    ("inner", "outer"), list(product(SETTINGS, ("quote", "cat -n", "grep -Hn", "box", "indented")))
)
def test_settings_in_another_wrapper_read_as_the_bare_ones(inner: str, outer: str) -> None:
    same("commands", WRAPS[outer](SETTINGS[inner](bare(FORMS["commands"]))))


@every_row(("pair", "form"), list(product(REAL, FORMS)))
def test_a_dump_in_two_wrappers_reads_as_the_bare_one(pair: tuple[str, str], form: str) -> None:
    inner, outer = pair
    same(form, WRAPS[outer](WRAPS[inner](bare(FORMS[form]))))


@every_row(("inner", "outer", "form"), SOME)
def test_any_two_wrappers_never_tell_another_rule(inner: str, outer: str, form: str) -> None:
    try:
        found = rules(read_text(WRAPS[outer](WRAPS[inner](bare(FORMS[form]))).text))
    except (DumpError, NoDumpError):
        return
    own = rules(known(form))
    assert [each for each in found if each not in own and each[0] != "?"] == []


def test_places_point_through_escapes() -> None:
    raw = (
        r'time="2024-10-11" msg="*filter\n-A INPUT -m comment --comment \"a\" --dports x\nCOMMIT\n"'
    )
    with pytest.raises(DumpError) as wrong:
        read_text(raw)
    assert wrong.value.text == raw
    assert raw[wrong.value.place.column - 1 :].startswith("--dports")


@pytest.mark.parametrize(
    "line",
    [
        'ACCEPT     tcp  --  0.0.0.0/0            10.0.0.7       /* "a", "-A INPUT -j DROP" */',
        "ACCEPT     tcp  --  0.0.0.0/0            10.0.0.7             /* <br>DROP all */",
        'ACCEPT     tcp  --  0.0.0.0/0            10.0.0.7             /* a &gt; "b" &quot; */',
        "ACCEPT     tcp  --  0.0.0.0/0            10.0.0.7             /* x \\n-A INPUT -j DROP */",
    ],
)
def test_a_comment_wraps_nothing(line: str) -> None:
    listing = f"Chain INPUT (policy DROP)\ntarget     prot opt source    destination\n{line}\n"
    (rule,) = [rule for _name, rule in rules(read_text(listing))]
    comment = next(match.options[0].value for match in rule.matches if match.name == "comment")
    assert str(comment) in line


@pytest.mark.parametrize(
    "comment",
    ["a, -A INPUT", "> -A INPUT -j DROP", "| *filter", "1: -A X", "<p>-A X</p>", "&gt; x"],
)
def test_a_quoted_comment_wraps_nothing(comment: str) -> None:
    save = (
        f'*filter\n:INPUT DROP [0:0]\n-A INPUT -m comment --comment "{comment}" -j ACCEPT\nCOMMIT\n'
    )
    (rule,) = [rule for _name, rule in rules(read_text(save))]
    assert rule.matches[0].options[0].value == comment


def test_an_unquoted_line_below_a_quote_is_none_of_its() -> None:
    quoted = "> *filter\n> :INPUT DROP [0:0]\n> -A INPUT -i lo -j ACCEPT\n> COMMIT\nwhat is this?\n"
    assert len(rules(read_text("He wrote:\n" + quoted))) == 1


def test_a_wrapped_dump_far_below_the_beginning_of_a_log() -> None:
    noise = "".join(f"line {number} of a log\n" for number in range(9000))
    wrapped = WRAPS["stern, two words"](bare(FORMS["save"]))
    noise = "I had typed iptables -A\n" + noise
    assert rules(read_text(noise + wrapped.text)) == rules(known("save"))
