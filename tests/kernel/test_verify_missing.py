"""`iptsim verify` on dumps that do not tell all that decides: it judges only what it can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_verify import lines_of, verify
from unknown_names import NO_TARGET

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]

HEADS = ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
SSH = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
TITLE = "num  target     prot opt source               destination\n"
USERS_CHAIN = (
    f"Chain DOCKER-USER (1 references)\n{TITLE}"
    "1    DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:5432\n"
    "2    RETURN     all  --  0.0.0.0/0            0.0.0.0/0\n"
)
ALL_THREE = "".join(
    f"Chain {name} (policy ACCEPT)\n{TITLE}{rows}\n"
    for name, rows in (
        (
            "INPUT",
            "1    ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n"
            "4    ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:23\n",
        ),
        ("FORWARD", ""),
        ("OUTPUT", ""),
    )
)
MISSING: dict[str, tuple[str, dict[str, Any], str]] = {
    "chain alone": (USERS_CHAIN, {"dport": 5432}, "filter INPUT"),
    "chain alone, other packet": (USERS_CHAIN, {"dport": 80}, "filter INPUT"),
    "chain alone, forwarded": (
        USERS_CHAIN, {"in": "eth0", "out": "eth1", "dport": 80}, "filter FORWARD",
    ),
    "rows of a grep": (
        "-A INPUT -p tcp -m tcp --dport 31819 -j ACCEPT\n", {"dport": 31819}, "filter INPUT",
    ),
    "no policy": ("-N web\n-A INPUT -j web\n-A web -j ACCEPT\n", {"dport": 80}, "filter INPUT"),
    "dots": (f"*filter\n{HEADS}{SSH}...\nCOMMIT\n", {"dport": 80}, "filter INPUT after rule 1"),
    "numbers left out": (ALL_THREE, {"dport": 23}, "filter INPUT rules 2-3"),
    "torn rule": (
        f"*filter\n{HEADS}{SSH}-A INPUT -p tcp -m tcp --dport 8", {"dport": 8080}, "filter INPUT 2",
    ),
    "absent chain": (
        f"*filter\n{HEADS}-A INPUT -p tcp -j GONE\nCOMMIT\n", {"dport": 80}, "filter GONE",
    ),
    "add-on target": (
        f"*filter\n{HEADS}-A INPUT -p tcp -j {NO_TARGET} --level 3\nCOMMIT\n", {"dport": 80},
        "filter INPUT 1",
    ),
    "other back end": (
        f"# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
        f"*filter\n{HEADS}{SSH}COMMIT\n", {"dport": 22}, "legacy",
    ),
}  # fmt: skip
UNTOUCHED: dict[str, tuple[str, dict[str, Any]]] = {
    "dots": (f"*filter\n{HEADS}{SSH}...\nCOMMIT\n", {"dport": 22}),
    "dots elsewhere": (
        f"*filter\n{HEADS}{SSH}-A FORWARD -j ACCEPT\n...\n-A OUTPUT -j ACCEPT\nCOMMIT\n",
        {"dport": 22},
    ),
    "numbers left out": (ALL_THREE, {"dport": 22}),
    "torn rule": (
        f"*filter\n{HEADS}{SSH}-A INPUT -p udp -m udp --dport 5", {"dport": 22},
    ),
    "absent chain": (
        f"*filter\n{HEADS}-A INPUT -p udp -j GONE\n{SSH}COMMIT\n", {"dport": 22},
    ),
    "add-on target": (
        f"*filter\n{HEADS}-A INPUT -p udp -j {NO_TARGET} --level 3\n{SSH}COMMIT\n", {"dport": 22},
    ),
    "one chain missing": (
        f"Chain INPUT (policy DROP)\n{TITLE}"
        "1    ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n",
        {"dport": 22},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_what_hangs_on_the_rest_cannot_be_judged(name: str, tmp_path: Path) -> None:
    text, fields, what = MISSING[name]
    dump = tmp_path / "dump"
    dump.write_text(text)
    done = verify("-4", "--packets", "-", dump, stdin=lines_of([fields]))
    (answer,) = done.answers
    assert (done.code, answer["answer"]) == (2, "cannot judge")
    assert what in answer["reason"]["text"]


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_does_not_come_there_is_judged(name: str, tmp_path: Path) -> None:
    text, fields = UNTOUCHED[name]
    dump = tmp_path / "dump"
    dump.write_text(text)
    done = verify("-4", "--packets", "-", dump, stdin=lines_of([fields]))
    (answer,) = done.answers
    assert (done.code, answer["answer"]) == (0, "agree")
    assert [row["ours"]["action"] for row in answer["steps"]][-1] == "accept"


@pytest.mark.parametrize(("lang", "first"), [("en", "cannot judge: "), ("zh", "无法判定：")])
def test_one_packet_is_told_what_is_missing(lang: str, first: str) -> None:
    done = verify("-4", "--dport", "5432", "--lang", lang, "-", stdin=USERS_CHAIN)
    assert (done.code, done.out) == (2, "")
    assert first in done.err
    assert "filter INPUT" in done.err
    assert "iptables-save" in done.err


def test_what_is_missing_may_have_connections_tracked(tmp_path: Path) -> None:
    """A rule of nat that tracks nothing itself is asked only if something else tracks."""
    heads = "".join(
        f":{n} ACCEPT [0:0]\n" for n in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
    )
    nat = f"*nat\n{heads}-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n"
    dump = tmp_path / "dump"
    for more, code in (("", 0), ("-A FORWARD -p udp -j ACCEPT\n...\n", 2)):
        dump.write_text(f"{nat}*filter\n{HEADS}{SSH}{more}COMMIT\n")
        done = verify("-4", "--dport", "22", dump)
        assert done.code == code, done.err
        assert ("filter FORWARD" in done.err) is (code == 2)


def test_tables_that_are_not_here_are_told() -> None:
    done = verify("-4", "--dport", "22", "-", stdin=f"*filter\n{HEADS}{SSH}COMMIT\n")
    assert done.code == 0
    assert "tables that are not here (mangle, nat) let packets pass" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("asked", "code", "met"),
    [("8/0:3", 3, True), ("8/0:3", 4, False), ("8/3:1", 3, False), ("8/3:1", 2, False)],
)
def test_ranges_of_icmp_codes_are_met_as_the_kernel_does(asked: str, code: int, met: bool) -> None:
    rules = f"*filter\n{HEADS}-A INPUT -p icmp -m icmp --icmp-type {asked} -j ACCEPT\nCOMMIT\n"
    done = verify("-4", "--proto", "icmp", "--icmp-type", f"8/{code}", "-", stdin=rules)
    assert done.code == 0, done.err
    assert ("filter INPUT 1" in done.out) is met
