"""What a shell printed of a script that it read (`-v`) and ran (`-x`)."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects import read_text

BODY = "  $IPT -A INPUT -i $1 -j DROP"


def add(name: str) -> str:
    return f"iptables -A INPUT -i {name} -j DROP"


def rows(text: str) -> list[str]:
    """The interface of each rule of INPUT."""
    chain = read_text(text).rulesets[0].tables[0].chain("INPUT")
    assert chain is not None
    return [str(rule.header.in_) for rule in chain.rules]


@every_row(
    ("lines", "expected"),
    [
        ([add("a"), f"+ {add('a')}", add("b"), f"+ {add('b')}"], ["a", "b"]),
        (["f() {", BODY, "}", "f a", "+ f a", f"+ /sbin/{add('a')}", add("b"), f"+ {add('b')}"],
         ["a", "b"]),
        (["g() {", BODY, "}", add("a"), f"+ {add('a')}", add("b"), f"+ {add('b')}"], ["a", "b"]),
        (["for i in a b; do", f"  {add('$i')}", "done", f"+ {add('a')}", f"+ {add('b')}"],
         ["a", "b"]),
        (["if x; then", f"  {add('a')}", "else", f"  {add('b')}", "fi", "+ x", f"+ {add('b')}",
          add("c"), f"+ {add('c')}"], ["b", "c"]),
        ([add("a"), "set -x", add("b"), f"+ {add('b')}", add("c"), f"+ {add('c')}"],
         ["a", "b", "c"]),
        ([f"root@gw:~# {add('a')}", "root@gw:~# sh -vx fw", add("b"), f"+ {add('b')}"],
         ["a", "b"]),
        ([f"[ -n \"$x\" ] && {add('a')}", "+ [ -n  ]", add("b"), f"+ {add('b')}"], ["b"]),
        (['t() { iptables "$@"; }', "t -A INPUT -i a -j DROP", "+ t -A INPUT -i a -j DROP",
          f"+ {add('a')}"], ["a"]),
        ([f"+ {add('a')}", f"+ {add('b')}", add("c")], ["a", "b", "c"]),
        ([f"+ {add('a')}", f"+ {add('a')}"], ["a", "a"]),
    ],
)  # fmt: skip
def test_only_what_was_run_counts(lines: list[str], expected: list[str]) -> None:
    assert rows("\n".join(lines) + "\n") == expected
    stamped = "".join(f"May 06 07:08:09 gw fw[7]: {line}\n" for line in lines)
    assert "root@" in stamped or rows(stamped) == expected


def test_quotes_that_dash_leaves_out_are_those_that_it_read() -> None:
    words = "iptables -A INPUT -m comment --comment {} -j LOG --log-prefix {}"
    read, ran = words.format('"a b"', "'x: '"), words.format("a b", "x: ")
    dump = read_text(f"{read}\n+ {ran}\n")
    (rule,) = [rule for *_place, rule in dump.rulesets[0].rules()]
    assert rule.matches[0].options[0].value == "a b"
    assert rule.target is not None
    assert rule.target.options[0].value == "x: "
    assert rule.place is not None
    assert rule.place.line == 2


def test_a_note_tells_which_lines_are_not_counted() -> None:
    dump = read_text(f"{add('a')}\n+ {add('a')}\n")
    (note,) = [note for note in dump.notes if note.code == "IPT0520"]
    assert dict(note.facts)["lines"] == "1"
