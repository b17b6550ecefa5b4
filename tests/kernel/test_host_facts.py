"""What a host tells of its time and connections decides as in the kernel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import time

import pytest
from host_checking import Sent, check, dump_of
from kernel_packets import packet

from iptsim.host import Host
from iptsim.kernel import Judge

pytestmark = pytest.mark.kernel


def moment(now: datetime, **shift: float) -> str:
    return (now + timedelta(**shift)).strftime("%Y-%m-%dT%H:%M:%S")


def clock(now: datetime, **shift: float) -> str:
    return (now + timedelta(**shift)).strftime("%H:%M:%S")


def time_rules(now: datetime) -> list[str]:
    today, yesterday = now.strftime("%a"), (now - timedelta(days=1)).strftime("%a")
    before, after, long_before = clock(now, hours=-2), clock(now, hours=2), clock(now, hours=-5)
    spans = [(before, after), (after, before), (after, clock(now, hours=5)), (long_before, before)]
    days = [
        f"--weekdays {today}", f"! --weekdays {today}", f"--weekdays {yesterday}",
        f"--monthdays {now.day}", f"! --monthdays {now.day}",
    ]  # fmt: skip
    rules = [f"--timestart {start} --timestop {stop}" for start, stop in spans]
    rules += [f"{span} {day}" for span in rules[:2] for day in days]
    rules += [
        f"{span} {day} --contiguous"
        for start, stop in spans
        if start > stop
        for span in (f"--timestart {start} --timestop {stop}",)
        for day in ("", *days)
    ]
    rules += [
        f"--datestart {moment(now, minutes=-9)}", f"--datestart {moment(now, minutes=9)}",
        f"--datestop {moment(now, minutes=-9)}", f"--datestop {moment(now, minutes=9)}",
        f"--datestart {moment(now, days=-3)} --kerneltz", "--kerneltz",
    ]  # fmt: skip
    return [f"-m time {rule}" for rule in (*rules, *days)]


def test_time(judge: Judge) -> None:
    stamp = int(time())
    dump = dump_of(("PREROUTING",), time_rules(datetime.fromtimestamp(stamp, UTC)))
    check(judge, dump, [(packet(dport=80), "PREROUTING")], Host(time=stamp))


OPENING = [
    "-m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original",
    "-m connbytes --connbytes 2 --connbytes-mode packets --connbytes-dir both",
    "-m connbytes ! --connbytes 2 --connbytes-mode packets --connbytes-dir both",
    "-m connbytes --connbytes 0:0 --connbytes-mode packets --connbytes-dir reply",
    "-m connbytes --connbytes 40:60 --connbytes-mode bytes --connbytes-dir original",
    "-m connbytes --connbytes 41 --connbytes-mode avgpkt --connbytes-dir both",
    "-m connbytes ! --connbytes 1 --connbytes-mode avgpkt --connbytes-dir reply",
    "-m helper --helper ftp",
    "-m helper ! --helper ftp",
    "-m connlabel --label 7 --set",
    "-m connlabel ! --label 7 --set",
]
GROUPS = ["-m cgroup --cgroup 1", "-m cgroup ! --cgroup 1"]
TRACKED = ("PREROUTING", "INPUT", "FORWARD", "POSTROUTING")


def test_the_packet_that_opens_a_connection(judge: Judge) -> None:
    raw = dump_of(("PREROUTING",), OPENING, table="raw").replace(
        "COMMIT", "-A PREROUTING -p tcp --dport 9 -j NOTRACK\nCOMMIT"
    )
    sent: Sent = [
        (packet(None, dst, **header), "PREROUTING")
        for dst in (None, "10.1.0.9")
        for header in ({"dport": 21}, {"dport": 9}, {"proto": 17, "dport": 53}, {"proto": 1})
    ]
    check(judge, raw + dump_of(TRACKED, OPENING), sent, Host())
    out = packet(None, "10.0.0.1", dport=80)
    check(judge, dump_of(("OUTPUT", "POSTROUTING"), OPENING), [(out, "OUTPUT")], Host())
    judge.clear()
    check(judge, dump_of(("INPUT", "POSTROUTING"), GROUPS), sent, Host())


MARKS = [
    f"-j CONNMARK --set-xmark {value} {shift}"
    for value in ("0x1234/0xffff", "0xff00ff", "0x80000001/0x0")
    for shift in ("", "--left-shift-mark 4", "--right-shift-mark 12")
]
COPIES = [
    f"-j CONNMARK --{way}-mark --nfmask {nf} --ctmask {ct} {shift}"
    for way in ("save", "restore")
    for nf, ct in (("0xffffffff", "0xffffffff"), ("0xff00", "0xff"), ("0xf0f0", "0xffff0000"))
    for shift in ("", "--left-shift-mark 8", "--right-shift-mark 3")
]
CONNMARKS = ("0x1234", "0xff00ff", "0x800/0xf00", "0x0/0xff")


@pytest.mark.parametrize("first", MARKS)
def test_marks_go_between_packet_and_connection(judge: Judge, first: str) -> None:
    asked_for = [f"-m connmark --mark {value}" for value in CONNMARKS]
    asked_for += [f"-m mark --mark {value}" for value in CONNMARKS]
    rules = [first, *(rule for copy in COPIES for rule in (copy, *asked_for))]
    dump = dump_of(("PREROUTING",), ["-j MARK --set-xmark 0xa5c3f00d", *rules])
    check(judge, dump, [(packet(dport=80), "PREROUTING")], Host())


SETTINGS = ("--zone 5", "--zone-orig 7", "--ctevents new,mark", "--zone mark --expevents new")


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_a_connection_leave_the_packet_as_it_is(judge: Judge, setting: str) -> None:
    rules = [
        "-m conntrack --ctstate NEW", "-m conntrack --ctstate UNTRACKED,INVALID", "-m helper "
        "--helper ftp", "-m helper ! --helper ftp", "-m conntrack --ctstatus NONE",
    ]  # fmt: skip
    raw = dump_of(("PREROUTING",), [f"-j CT {setting}", "-j CT --notrack"], table="raw")
    sent: Sent = [(packet(dport=21), "PREROUTING"), (packet(proto=17, dport=69), "PREROUTING")]
    check(judge, raw + dump_of(("PREROUTING", "INPUT"), rules), sent, Host())


def test_recent_matches_what_it_enters(judge: Judge) -> None:
    rules = ["-m recent --set --name s --rsource", "-m recent ! --set --name s --rsource"]
    check(judge, dump_of(("PREROUTING",), rules), [(packet(dport=21), "PREROUTING")], Host())
