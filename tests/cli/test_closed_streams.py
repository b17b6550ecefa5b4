"""What the program says where its caller closed a standard stream: `iptsim … >&-`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from every_row import every_row

DUMP = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"
CANNOT = "error: the answer cannot be written: Bad file descriptor\n"
NO_INPUT = "error: cannot read -: Bad file descriptor\n"


@every_row(
    ("words", "closed", "code", "err"),
    [
        ("trace --dport 22 {dump}", ">&-", 2, CANNOT),
        ("lint --format json {dump}", ">&-", 2, CANNOT),
        ("--help", ">&-", 2, CANNOT),
        ("--version", ">&-", 2, CANNOT),
        ("trace --dport 22 {dump}", ">&- 2>&-", 2, ""),
        ("trace --dport 22 {dump}", ">&- 2>&- <&-", 2, ""),
        ("trace --dport 22 {dump}", "2>&- <&-", 0, ""),
        ("trace --dport 22 {dump}.none", "2>&-", 2, ""),
        ("trace --dport 22 -", "<&-", 2, NO_INPUT),
    ],
)
def test_a_closed_stream_is_no_bug(
    words: str, closed: str, code: int, err: str, tmp_path: Path
) -> None:
    (tmp_path / "a.save").write_text(DUMP)
    called = f"{sys.executable} -m iptsim {words.format(dump=tmp_path / 'a.save')} {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", called],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stderr) == (code, err)
    assert bool(done.stdout) is (code == 0)
