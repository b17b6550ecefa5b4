"""Files that are no text of a firewall say what they are, and what to give instead."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from every_row import every_row

from iptsim import codes
from iptsim.dialects import read_files
from iptsim.errors import NoDumpError
from iptsim.explain.error_words import error_words

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers: []\n"
FILES: list[tuple[bytes, str, str]] = [
    (gzip.compress(b"*filter\n:INPUT DROP [0:0]\nCOMMIT\n"), codes.PACKED_FILE, "(gzip)"),
    (b"BZh91AY&SY", codes.PACKED_FILE, "(bzip2)"),
    (b"PK\x03\x04\x14\0", codes.PACKED_FILE, "(zip)"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", codes.PICTURE_FILE, "PNG"),
    (b"%PDF-1.4\n%\xe2\xe3\n", codes.PICTURE_FILE, "PDF"),
    (b"\xd4\xc3\xb2\xa1\2\0\4\0", codes.CAPTURE_FILE, "iptsim replay"),
    (b"\n\r\r\n\x1c\0\0\0", codes.CAPTURE_FILE, "iptsim replay"),
    (b"\x7fELF\2\1\1\0", codes.BINARY_FILE, "binary"),
    (POD.encode(), codes.MANIFEST_NOT_DUMP, "iptsim istio rules"),
    (
        b'{\n "apiVersion": "v1",\n "kind": "Pod"\n}\n',
        codes.MANIFEST_NOT_DUMP,
        "sudo iptables-save",
    ),
    (
        b"iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: "
        b"Permission denied (you must be root)\n",
        codes.NOT_ROOT,
        "sudo iptables-save",
    ),
    (b"Fatal: can't open lock file /run/xtables.lock: Permission denied\n", codes.NOT_ROOT, "root"),
    (
        b"my chain:\n\nchain input {\n  tcp dport 22 accept\n}\n",
        codes.NFT_WITHOUT_TABLE,
        "`table inet NAME {` before them and `}` behind",
    ),
    (b"12:\t\ttcp dport 22 accept\n", codes.NFT_WITHOUT_TABLE, "nft list ruleset"),
    (b"the tcp dport is 22, so I accept\n", codes.NO_DUMP, ""),
    (b"kind: Pod of sorts\n", codes.NO_DUMP, ""),
]


@every_row(("head", "code", "said"), FILES)
def test_each_says_what_it_is(head: bytes, code: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(head)
    with pytest.raises(NoDumpError) as refused:
        read_files([str(tmp_path / "file")])
    assert refused.value.code == code
    assert said in error_words(refused.value, "en")


@every_row("head", [head for head, code, _said in FILES if code != codes.NO_DUMP])
def test_it_is_said_in_chinese_too(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(head)
    with pytest.raises(NoDumpError) as refused:
        read_files([str(tmp_path / "file")])
    told = error_words(refused.value, "zh")
    assert "中没有 iptables 转储：" in told
    assert "give" not in told


def test_a_dump_behind_such_words_is_read(tmp_path: Path) -> None:
    text = f"{POD}---\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"
    (tmp_path / "file").write_text(text)
    (ruleset,) = read_files([str(tmp_path / "file")]).rulesets
    assert [table.name for table in ruleset.tables] == ["filter"]
