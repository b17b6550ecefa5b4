"""What stands around a dump's lines is cut off, and columns and line numbers stay true."""

from __future__ import annotations

from every_row import every_row

from iptsim.dialects.finding.noise import Cleaner, clean


def one(raw: str) -> tuple[str, int]:
    (line,) = Cleaner([raw]).lines(1, raw)
    return line.text, line.shift


@every_row(
    ("raw", "text"),
    [
        ("-A INPUT -j DROP\r\n", "-A INPUT -j DROP"),
        ("\ufeff*nat\n", "*nat"),
        ("\x1b[1;32m-A INPUT\x1b[0m -j DROP", "-A INPUT -j DROP"),
        ("\x1b]0;title\x07*nat", "*nat"),
        ("+ iptables -t nat -N X", "iptables -t nat -N X"),
        ("++ iptables-save", "iptables-save"),
        ("2023-06-12T20:59:22.598644Z\tinfo\t* nat", "* nat"),
        ("2023-06-12T20:59:22.598644Z    info    -N X", "-N X"),
        ("2023-06-12T20:59:22.598644123Z -A X -j DROP", "-A X -j DROP"),
        ("2023-06-12T20:59:22Z 2023-06-12T20:59:22Z\tinfo\tCOMMIT", "COMMIT"),
        ("Jun 12 20:59:22 host istio-init[12]: -A X -j DROP", "-A X -j DROP"),
        ("I0612 20:59:22.598644       1 proxier.go:12] -A X -j DROP", "-A X -j DROP"),
        ("[pod/web-1/istio-init] -A X -j DROP", "-A X -j DROP"),
        ("istio-init_1  | -A X -j DROP", "-A X -j DROP"),
        ("-A X -m comment --comment a|b -j DROP", "-A X -m comment --comment a|b -j DROP"),
    ],
)
def test_a_prefix_is_cut_and_counted(raw: str, text: str) -> None:
    cut, shift = one(raw)
    assert cut == text
    (line,) = Cleaner([raw]).lines(1, raw)
    assert line.full[shift:] == text


def test_a_stern_prefix_is_found_from_all_lines() -> None:
    lines = [
        "web-7d5 istio-init *nat",
        "web-7d5 istio-init :X - [0:0]",
        "web-7d5 istio-init COMMIT",
    ]
    assert [line.text for line in clean(lines)] == ["*nat", ":X - [0:0]", "COMMIT"]
    assert {line.shift for line in clean(lines)} == {len("web-7d5 istio-init ")}


def test_a_command_is_no_stern_prefix() -> None:
    lines = ["sudo iptables -A INPUT -j DROP", "sudo iptables -A INPUT -j LOG"]
    assert [line.text for line in clean(lines)] == lines


def test_fences_are_blank_and_the_other_lines_keep_their_numbers() -> None:
    lines = ["```console", "*nat", "COMMIT", "```"]
    found = [(line.number, line.text) for line in clean(lines)]
    assert found == [(1, ""), (2, "*nat"), (3, "COMMIT"), (4, "")]


def test_an_indentation_of_all_lines_goes_and_no_more() -> None:
    lines = ["    target     prot", "               all  --"]
    assert [line.text for line in clean(lines)] == ["target     prot", "           all  --"]


def test_a_quote_mark_of_all_lines_goes() -> None:
    lines = ["> *nat", ">", "> COMMIT"]
    assert [line.text for line in clean(lines)] == ["*nat", "", "COMMIT"]


@every_row(
    "prefix",
    [
        "default shop-7d8 istio-init ",
        "shop-7d8 istio-init ",
        "2023-06-12T20:59:22.598644123Z stdout F ",
        "2023-06-12T20:59:22.598644123Z stderr F 2023-06-12T20:59:22.598644Z\tinfo\t",
    ],
)
@every_row("command", ["iptables -t nat -A OUTPUT -j RETURN", "-A OUTPUT -j RETURN"])
def test_prefixes_of_stern_and_of_container_runtimes(prefix: str, command: str) -> None:
    assert [line.text for line in clean([prefix + command] * 3)] == [command] * 3
