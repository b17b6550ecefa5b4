"""A short listing that is read the short way is the dump that the whole way finds."""

from __future__ import annotations

from pathlib import Path

from every_row import every_row

from iptsim.dialects import plain
from iptsim.dialects.dump import read_files
from iptsim.errors import IptsimError

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILES = [path for path in sorted(FIXTURES.rglob("*.txt")) if plain.plain_text(str(path))]
TITLE = "target     prot opt source               destination         \n"
ROW = "ACCEPT     6    --  0.0.0.0/0            10.0.0.1             tcp dpt:80\n"
TEXT = f"Chain INPUT (policy DROP)\n{TITLE}{ROW}\nChain mine (1 references)\n{TITLE}{ROW}"


def test_some_fixtures_are_plain() -> None:
    assert len(FILES) >= 10


@every_row("path", FILES[:: max(1, len(FILES) // 40)], ids=lambda path: path.stem)
@every_row(("table", "family"), [(None, None), ("filter", None), (None, 6)])
def test_a_plain_file_is_what_the_whole_way_reads(
    path: Path, table: str | None, family: int | None
) -> None:
    text = plain.plain_text(str(path))
    assert text is not None
    dump = plain.plain_dump(text, str(path), table, family)
    try:
        assert dump in (None, read_files([str(path)], table=table, family=family))
    except IptsimError:
        assert dump is None


@every_row(
    ("old", "new"),
    [
        ("0.0.0.0/0            10", "anywhere             10"),
        ("dpt:80", "dpt:80 /* web */"),
        ("mine", "INPUT"),
        ("mine", "before"),
        ("mine", "iptables"),
        ("Chain mine", "# now\nChain mine"),
        ("\nChain mine", "\n\nChain mine"),
        (TITLE, ""),
        ("ACCEPT ", "node1 ACCEPT "),
        ("dpt:80", "dpt:80\r"),
        ("dpt:80", "dpt:8…"),
        ("INPUT (policy DROP)", "INPUT (policy DROP 0 packets, 0 bytes)"),
    ],
)
def test_what_may_be_more_than_a_listing_is_not_plain(old: str, new: str) -> None:
    assert plain.is_plain(TEXT)
    assert not plain.is_plain(TEXT.replace(old, new))


def test_a_file_that_is_none_is_not_plain(tmp_path: Path) -> None:
    assert plain.plain_text(str(tmp_path)) is None
    assert plain.plain_text(str(tmp_path / "nowhere")) is None
    (tmp_path / "long").write_text(TEXT * 400)
    assert plain.plain_text(str(tmp_path / "long")) is None
