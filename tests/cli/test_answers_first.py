"""What a person sees first: two lines where two are asked for, colours, a dump that is piped in."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_program import CASE, iptsim

BEFORE, AFTER = CASE / "1.8.9" / "before.txt", CASE / "1.8.9" / "after.txt"


def test_two_lines_of_a_diff() -> None:
    done = iptsim("diff", "--stat", BEFORE, AFTER)
    assert done.code == 1
    first, second = done.out.splitlines()
    assert first.startswith("nat: ")
    assert second.startswith("Sets of packets that ")
    same = iptsim("diff", "--stat", AFTER, AFTER)
    assert (same.code, same.out) == (0, "No change: the dumps are the same.\n")


def test_two_lines_of_a_query() -> None:
    done = iptsim("query", "--fate", "REDIRECT", "--stat", AFTER)
    assert len(done.out.splitlines()) == 2
    assert done.out.startswith(
        "REDIRECT: tcp to port 8088, arriving from the network, by nat ISTIO_IN_REDIRECT 1; and "
    )


def test_all_effects_are_shown_where_they_are_asked_for(tmp_path: Path) -> None:
    rules = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
    marks = "".join(f"-A INPUT -s 10.0.{n}.0/24 -j MARK --set-mark {n}\n" for n in range(1, 13))
    (tmp_path / "a").write_text(rules.format(""))
    (tmp_path / "b").write_text(rules.format(marks))
    some = iptsim("diff", tmp_path / "a", tmp_path / "b").out
    every = iptsim("diff", "--all", tmp_path / "a", tmp_path / "b").out
    assert "--all" in some
    assert "--all" not in every
    assert some.count("    e.g.") < every.count("    e.g.") == 24


def test_the_effect_stands_above_the_rules() -> None:
    done = iptsim("diff", BEFORE, AFTER).out
    assert done.index("decided by") < done.index("\n+ ")


@pytest.mark.parametrize(
    ("options", "environ", "coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(options: tuple[str, ...], environ: dict[str, str], coloured: bool) -> None:
    done = iptsim("trace", "--dport", "8088", *options, AFTER, **environ)
    assert ("\x1b[1;32m✔ ACCEPT\x1b[0m" in done.out) == coloured
    assert ("\x1b[2m" in done.out) == coloured


def test_wide_terminals_are_used() -> None:
    narrow, wide = (iptsim("diff", BEFORE, AFTER, COLUMNS=each).out for each in ("100", "160"))
    assert max(map(len, narrow.splitlines())) <= 100
    assert 100 < max(map(len, wide.splitlines())) <= 160


def test_a_dump_that_is_piped_in_needs_no_name() -> None:
    text = AFTER.read_text()
    assert iptsim("trace", "--dport", "8088", stdin=text).out.startswith("✔ ACCEPT")
    assert iptsim("diff", "--with", "-t nat -F ISTIO_INBOUND", stdin=text).code == 1
    nothing = iptsim("trace", "--dport", "8088")
    assert (nothing.code, nothing.out) == (2, "")


@pytest.mark.parametrize(
    ("options", "likely"),
    [
        (("--proto", "tpc"), "tcp"),
        (("--dport", "htpp"), "http"),
        (("--hook", "PREROUTNG"), "PREROUTING"),
        (("--ctstate", "ESTABLISED"), "ESTABLISHED"),
        (("--expect", "DRPO"), "DROP"),
    ],
)
def test_what_is_misspelt_is_told(options: tuple[str, ...], likely: str) -> None:
    done = iptsim("trace", *options, AFTER)
    assert done.code == 2
    assert f"did you mean {likely}?" in done.err
    chinese = iptsim("trace", *options, AFTER, "--lang", "zh")
    assert f"是否想写 {likely}？" in chinese.err


def test_what_comes_from_elsewhere_leads_what_this_host_sends() -> None:
    save = (
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A INPUT -m recent --rcheck --name bad -j DROP\n"
        "-A INPUT -m recent --rcheck --name worse -p tcp -j REJECT\nCOMMIT\n"
    )
    done = iptsim("query", "--fate", "ACCEPT", "--dport", "22", "-4", "-", stdin=save)
    first = " ".join(done.out.split("\n\n", maxsplit=1)[0].split())
    assert "arriving from the network" in first
    assert first.find("arriving from the network") < (first + "sent by").find("sent by")
