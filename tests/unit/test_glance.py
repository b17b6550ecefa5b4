"""Texts that a person reads at a glance: settings, scripts' own names, pagers, marks, columns."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.dialects.report import reading
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError, NoDumpError
from iptsim.model import UNREADABLE, Dump

TITLE = "target     prot opt source               destination"
ANY = "0.0.0.0/0            0.0.0.0/0"
HEAD = f"Chain INPUT (policy DROP)\n{TITLE}\n"


def row(port: int, target: str = "ACCEPT") -> str:
    return f"{target:10} tcp  --  {ANY}            tcp dpt:{port}"


def saved(text: str) -> list[str]:
    """The rules of a text, table by table, as a save has them."""
    lines = (line for each in read_text(text).rulesets for line in write_save(each).splitlines())
    return [line for line in lines if line.startswith("-A")]


def unsure(dump: Dump) -> list[str]:
    """The text of each rule that was not read, in order."""
    rules = [rule for ruleset in dump.rulesets for *_, rule in ruleset.rules()]
    return [rule.unread.text for rule in rules if rule.unread is not None]


def policy(text: str, chain: str) -> str | None:
    (ruleset,) = read_text(text).rulesets
    (table,) = ruleset.tables
    found = table.chain(chain)
    return found.policy if found is not None else None


def test_what_undoes_a_setting_is_not_carried_out() -> None:
    text = (
        "[Interface]\nPostUp = iptables -A FORWARD -o eth0 -j ACCEPT; iptables -P FORWARD DROP\n"
        "PreDown = iptables -P FORWARD ACCEPT\nPostDown = iptables -D FORWARD -o eth0 -j ACCEPT\n"
    )
    assert saved(text) == ["-A FORWARD -o eth0 -j ACCEPT"]
    assert policy(text, "FORWARD") == "DROP"


def test_the_interface_of_wg_quick_is_unknown() -> None:
    text = "PostUp = iptables -A FORWARD -i %i -j ACCEPT; iptables -A INPUT -j DROP\n"
    (ruleset,) = read_text(text).rulesets
    (*_, rule), _dropped = ruleset.rules()
    assert rule.header.in_ is None
    assert [match.name for match in rule.matches] == [UNREADABLE]


@pytest.mark.parametrize(
    "text",
    [
        "ExecStart=iptables -F INPUT\nExecStartPre=iptables -A INPUT -j DROP\n",
        "ExecStartPost=iptables -A INPUT -j DROP\nExecStart=iptables -F INPUT\n",
        "PostUp = iptables -F INPUT\nPreUp = iptables -A INPUT -j DROP\n",
        "ExecStart=iptables -A INPUT -j DROP\nExecStart=\nExecStart=iptables -P INPUT DROP\n",
    ],
)
def test_settings_in_another_order_than_they_run_are_not_read(text: str) -> None:
    with pytest.raises(NoDumpError):
        read_text(text)


def test_two_units_have_each_their_order() -> None:
    unit = "[Service]\nExecStartPre=iptables -A INPUT -j LOG\nExecStart=iptables -A INPUT -j DROP\n"
    assert saved(unit + unit) == ["-A INPUT -j LOG", "-A INPUT -j DROP"] * 2


@pytest.mark.parametrize(
    "value",
    [
        '["sh", "-c", "iptables -A INPUT -i lo -j ACCEPT"]',
        '["/bin/sh", "-ec", "iptables -A INPUT -i \\"lo\\" -j ACCEPT"]',
        "[iptables, -A, INPUT, -i, lo, -j, ACCEPT]",
        '["/sbin/iptables", "-A", "INPUT", "-i", "lo", "-j", "ACCEPT"]',
    ],
)
def test_a_command_as_a_list(value: str) -> None:
    text = f"spec:\n  command: {value}\n  securityContext:\n    privileged: true\n"
    assert saved(text) == ["-A INPUT -i lo -j ACCEPT"]


def test_openvpn_runs_its_up() -> None:
    assert saved('dev tun\nup "/sbin/iptables -A INPUT -i tun+ -j ACCEPT"\n') == [
        "-A INPUT -i tun+ -j ACCEPT"
    ]


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ('ipt() { /sbin/iptables "$@"; }', "ipt"),
        ('ipt() {\n  echo "$@"\n  iptables -w "$@" || exit 1\n}', "ipt"),
        ("function fw {\n  sudo iptables $*\n}", "fw"),
        ("alias fw='sudo iptables'", "fw"),
        ("", "`which iptables`"),
        ("", '"$(command -v iptables)"'),
    ],
)
def test_names_that_a_script_gives_to_iptables(above: str, name: str) -> None:
    text = f"#!/bin/sh\n{above}\n{name} -A INPUT -i lo -j ACCEPT\nsleep 1; {name} -P INPUT DROP\n"
    assert saved(text) == ["-A INPUT -i lo -j ACCEPT"]


def test_a_function_for_both_families() -> None:
    text = 'both() {\n  iptables "$@"\n  ip6tables "$@"\n}\nboth -A INPUT -i lo -j ACCEPT\n'
    dump = read_text(text)
    assert [ruleset.family for ruleset in dump.rulesets] == [4, 6]
    assert saved(text) == ["-A INPUT -i lo -j ACCEPT"] * 2


def test_a_function_that_adds_what_is_not_there() -> None:
    text = (
        'add() { iptables -C "$@" 2>/dev/null || iptables -A "$@"; }\nadd INPUT -i lo -j ACCEPT\n'
    )
    assert saved(text) == ["-A INPUT -i lo -j ACCEPT"]


def test_the_place_behind_a_name_is_the_files() -> None:
    text = 'ipt() { iptables "$@"; }\nipt -A INPUT --dports x -j ACCEPT\n'
    with pytest.raises(DumpError) as wrong:
        read_text(text, strict=True)
    assert (wrong.value.place.line, wrong.value.place.column) == (2, 14)


def test_a_functions_argument_may_be_either_program() -> None:
    dump = read_text(
        "open() {\n  $1 -A INPUT -p tcp --dport 22 -j ACCEPT\n}\niptables -A INPUT -j DROP\n"
    )
    assert [ruleset.family for ruleset in dump.rulesets] == [4, 6]
    assert len(unsure(dump)) == 2


ONE = "-P INPUT DROP -N lan -A INPUT -i lo -j ACCEPT -A INPUT -p tcp -m tcp --dport 22 -j lan"


@pytest.mark.parametrize(
    "text",
    [ONE, f"iptables -S gives: {ONE}", f"*filter :INPUT DROP [0:0] :lan - [0:0] {ONE[21:]} COMMIT"],
)
def test_a_save_on_one_line(text: str) -> None:
    rules = ["-A INPUT -i lo -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j lan"]
    assert saved(f"{text}\n") == rules


def test_a_chains_counters_on_one_line_are_no_rules() -> None:
    text = "*filter :INPUT DROP [5:6] [1:2] -A INPUT -i lo -j ACCEPT COMMIT\n"
    (ruleset,) = read_text(text).rulesets
    ((*_, rule),) = ruleset.rules()
    assert rule.counters is not None
    assert rule.counters.packets == 1


def test_a_quoted_rule_on_one_line_is_a_comment() -> None:
    comment = "was -A INPUT -j DROP -A INPUT -j ACCEPT"
    text = f'-P INPUT DROP -A INPUT -m comment --comment "{comment}" -j ACCEPT\n'
    assert saved(text) == [f'-A INPUT -m comment --comment "{comment}" -j ACCEPT']


@pytest.mark.parametrize("by", ["\r"])
def test_lines_that_end_in_carriage_returns_alone(by: str) -> None:
    text = f"{HEAD}{row(22)}\n{row(23, 'DROP')}\n"
    assert saved(text.replace("\n", by)) == saved(text)


@pytest.mark.parametrize("mark", ["--More--", "--More--(42%)", ":", "lines 1-30/90 33%"])
def test_a_pager_that_went_on_left_nothing_out(mark: str) -> None:
    dump = read_text(f"{HEAD}{row(22)}\n{mark}\n{row(23)}\n")
    assert unsure(dump) == []
    assert len(saved(f"{HEAD}{row(22)}\n{mark}\n{row(23)}\n")) == 2


@every_row("below", ["", "root@gw:~# \n", "\nand so it goes\n"])
@every_row("mark", ["--More--", ":", "lines 1-30"])
def test_a_pager_that_was_left_has_not_shown_the_rest(mark: str, below: str) -> None:
    assert unsure(read_text(f"{HEAD}{row(22)}\n{mark}\n{below}")) == ["..."]


@pytest.mark.parametrize("mark", ["(END)", "lines 1-4/4 (END)"])
def test_a_pagers_end_is_the_listings(mark: str) -> None:
    assert unsure(read_text(f"{HEAD}{row(22)}\n{mark}\n")) == []


def test_numbers_without_a_title_are_the_rules() -> None:
    rows = "\n".join(f"{n}    {row(20 + n)}" for n in (1, 2, 4))
    dump = read_text(f"{HEAD}{rows}\n")
    numbers = [rule.number for *_, rule in dump.rulesets[0].rules()]
    assert numbers == [1, 2, 3, 4]
    assert unsure(dump) == [""]


def test_one_number_without_a_title_is_its_places() -> None:
    told = f"{HEAD}{row(22)}\n2    {row(23)}\n{row(24)}\n"
    assert saved(told) == saved(told.replace("2    ACCEPT", "ACCEPT"))


def test_one_number_of_another_place_is_no_number() -> None:
    dump = read_text(f"{HEAD}{row(22)}\n7    {row(23)}\n")
    assert [note.code for note in dump.notes if note.code == "IPT0504"] == ["IPT0504"]


def test_a_table_of_markdown_with_numbers() -> None:
    text = (
        "Chain INPUT (policy DROP)\n\n| num | target | prot | opt | source | destination | |\n"
        "|:---|---|---|---|---|---|---|\n"
        "| 1 | ACCEPT | all | -- | 0.0.0.0/0 | 0.0.0.0/0 | ctstate ESTABLISHED |\n"
        "| 2 | **DROP** | tcp | -- | 0.0.0.0/0 | 0.0.0.0/0 | tcp dpt:22 |\n"
    )
    assert saved(text) == [
        "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A INPUT -p tcp -m tcp --dport 22 -j DROP",
    ]


def test_a_starred_target_is_the_target() -> None:
    assert saved(f"{HEAD}{row(22)}\n{row(23, '*DROP*')}\n") == saved(
        f"{HEAD}{row(22)}\n{row(23, 'DROP')}\n"
    )


def test_no_row_goes_on_behind_a_block_of_code() -> None:
    text = f"[code]{HEAD}{row(22)}[/code]\nThanks!\n[I]Last edited by x; 10:00[/I]\n"
    assert unsure(read_text(text)) == []
    assert len(saved(text)) == 1


def test_a_line_of_json_that_breaks_off_is_a_cut_rule() -> None:
    text = (
        '{"log":"-P INPUT DROP\\n","stream":"stdout"}\n'
        '{"log":"-A INPUT -i lo -j ACCEPT\\n","stream":"stdout"}\n{"log":"-A INPUT -s 10.0.0.1 -j A'
    )
    cut, more = unsure(read_text(text))
    assert "-s 10.0.0.1 -j A" in cut
    assert more == ""  # the chain goes on, or may
    assert len(saved(text)) == 1


SIDES = [
    "-P INPUT DROP                    -P INPUT DROP\n"
    "-A INPUT -i lo -j ACCEPT       | -A INPUT -i lo -j DROP\n",
    "-P INPUT DROP\t-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\t-A INPUT -i lo -j ACCEPT\n",
    "*filter        *filter\n:INPUT DROP [0:0]  :INPUT DROP [0:0]\n"
    "                 > -A INPUT -i lo -j DROP\nCOMMIT           COMMIT\n",
]


@pytest.mark.parametrize("text", SIDES)
def test_dumps_side_by_side_are_refused(text: str) -> None:
    with pytest.raises(DumpError) as wrong:
        read_text(text)
    assert wrong.value.code == "IPT0159"
    assert wrong.value.place.line == 1


OTHERS = [
    "CONTAINER ID   IMAGE     COMMAND    CREATED    STATUS    PORTS    NAMES\n"
    'a1b2c3d4e5f6   nginx     "/run"     1 min      Up        0.0.0.0:80->80/tcp   web\n',
    "# docker ps\nCONTAINER ID   IMAGE\n",
    "$ ss -ltn\nState   Recv-Q  Send-Q   Local Address:Port   Peer Address:Port\n",
    "Proto Recv-Q Send-Q Local Address     Foreign Address    State\n"
    "tcp        0      0 0.0.0.0:22        0.0.0.0:*          LISTEN\n",
    "Address      HWtype  HWaddress           Flags Mask     Iface\n"
    "10.0.0.1     ether   00:11:22:33:44:55   C   eth0\n",
]


@every_row("other", OTHERS)
@every_row("between", ["", "\n"])
def test_another_programs_output_below_is_no_row(other: str, between: str) -> None:
    text = f"{HEAD}{row(22)}\n{between}{other}"
    assert unsure(read_text(text)) == []
    assert len(saved(text)) == 1
    assert "INPUT" in {
        chain.name for table in read_text(text).rulesets[0].tables for chain in table.chains
    }


def test_the_report_tells_of_lines_below_a_listing() -> None:
    text = f"{HEAD}{row(22)}\n\n{{color:red}}see port 22{{color}}\n"
    report = reading([("x", text)])
    assert [(each.first, each.last) for each in report.unused] == [(5, 5)]
    assert report.files[0].used == 3


def test_a_line_break_in_a_comment_is_written_as_a_blank() -> None:
    text = '*filter\n:INPUT DROP [0:0]\n-A INPUT -m comment --comment "a\nb" -j ACCEPT\nCOMMIT\n'
    assert saved(text) == ['-A INPUT -m comment --comment "a b" -j ACCEPT']


def test_a_long_save_on_one_line() -> None:
    rows = [f"-A INPUT -s 10.0.{at // 250}.{at % 250}/32 -j DROP" for at in range(1000)]
    lines = ["# Generated by iptables-save v1.8.9 on x", "*filter", ":INPUT DROP [0:0]", *rows]
    text = " ".join([*lines, "COMMIT"])
    assert len(text) > 16384
    assert saved(text) == rows


def test_a_long_line_that_is_none_tells_no_host_without_rules() -> None:
    head = "# Generated by iptables-save v1.8.9 on x *filter :INPUT DROP [0:0] and so on"
    with pytest.raises(NoDumpError):
        read_text(head + " -A INPUT" * 2000)
