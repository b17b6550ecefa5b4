"""Manifests are untrusted: each wrong one has one error, with its place and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from every_row import every_row

from iptsim import codes
from iptsim.errors import DumpError, UsageError
from iptsim.manifests import composing, documents
from iptsim.manifests.documents import LARGEST, manifests, read_text
from iptsim.manifests.nodes import Node, Shape
from iptsim.manifests.scalars import scalar

_NINE = "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)
_DEEP = "".join(" " * n + "b:\n" for n in range(300))
WRONG = {
    "a tab": ("metadata:\n\tname: x\n", codes.NOT_YAML, 2, 1, "blanks"),
    "two colons": ("a: b: c\n", codes.NOT_YAML, 1, 5, "in quotes"),
    "indented otherwise": ("a:\n    b: 1\n  c: 2\n", codes.NOT_YAML, 3, 3, "as many blanks"),
    "an open quote": ('a: "x\nb: 2\n', codes.NOT_YAML, 1, 4, "the quote again"),
    "an open bracket": ("a: [1, 2\nb: 3\n", codes.NOT_YAML, 2, 2, "a comma or ]"),
    "an open brace": ('{"a":"1"\n "b":1}', codes.NOT_YAML, 2, 2, "a comma or }"),
    "a bare word": ("a: 1\nfoo\nb: 2\n", codes.NOT_YAML, 2, 1, "KEY: VALUE"),
    "a wrong escape": ('a: "\\d"\n', codes.NOT_YAML, 1, 5, "single quotes"),
    "a sign": ("a: @b\n", codes.NOT_YAML, 1, 4, "in quotes"),
    "a control character": ("a: \x01\n", codes.NOT_YAML, 1, 4, "without control"),
    "a key of keys": ("? [a]\n: b\n", codes.NOT_YAML, 1, 3, "KEY: VALUE"),
    "a template's value": ("a:\n  b: {{ .Values.x }}\n", codes.TEMPLATE_UNRENDERED, 2, 6, "helm"),
    "a template's branch": ("{{- if .x }}\na: 1\n", codes.TEMPLATE_UNRENDERED, 1, 1, "helm"),
    "a template in a word": ("a: b-{{ .Release.Name }}\n", codes.TEMPLATE_UNRENDERED, 1, 6, "helm"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", codes.KEY_TWICE, 3, 1, "once"),
    "a list": ("- a\n", codes.NO_OBJECT, 1, 1, "an object"),
    "a sentence": ("No resources found in default\n", codes.NO_OBJECT, 1, 1, "an object"),
    "nothing": ("", codes.NO_MANIFEST, 1, 1, "an object"),
    "only separators": ("---\n---\n", codes.NO_MANIFEST, 1, 1, "an object"),
    "no kind": ("---\na: 1\n", codes.KEY_MISSING, 2, 1, "an object"),
    "a bomb": (f"a: &a [x,x,x,x,x,x,x,x,x,x]\n{_NINE}", codes.ALIASES_EXPAND, 6, 14, "a few"),
    "itself": ("a: &a [*a]\n", codes.NO_SUCH_ANCHOR, 1, 8, "&a"),
    "an absent anchor": ("a: *b\n", codes.NO_SUCH_ANCHOR, 1, 4, "&b"),
    "an anchor of another document": ("a: &b 1\n---\na: *b\n", codes.NO_SUCH_ANCHOR, 3, 4, "&b"),
    "a made object": ("a: !!python/object:os.system x\n", codes.UNKNOWN_TAG, 1, 4, "without"),
    "deep brackets": ("a: " + "[" * 5000, codes.MANIFEST_TOO_DEEP, 1, None, "a few"),
    "deep keys": (_DEEP, codes.MANIFEST_TOO_DEEP, 101, 101, "a few"),
}  # fmt: skip


@pytest.fixture(params=["libyaml", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with and without libyaml: they word their errors differently."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_text_is_refused_with_its_place(name: str, parser: None) -> None:
    text, code, line, column, expected = WRONG[name]
    with pytest.raises(DumpError) as found:
        manifests(text, "pod.yaml")
    error = found.value
    assert (error.code, error.place.file, error.place.line) == (code, "pod.yaml", line)
    assert column in (None, error.place.column)
    assert expected in error.expected


def test_values_that_aliases_repeat_are_not_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(word: str) -> tuple[Shape, object]:
        made.append(word)
        return scalar(word)

    monkeypatch.setattr(composing, "scalar", counted)
    with pytest.raises(DumpError):
        manifests(f"a: &a [x,x,x,x,x,x,x,x,x,x]\n{_NINE}", "bomb")
    assert len(made) < 30


def test_many_values_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "MOST_VALUES", 10)
    with pytest.raises(DumpError) as found:
        manifests(f"a: [{'x, ' * 20}x]", "pod.yaml")
    assert found.value.code == codes.MANIFEST_TOO_LARGE


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_bytes(b"kind: Pod\n" + b"#" * (LARGEST + 10))
    with pytest.raises(DumpError) as found:
        read_text(str(file))
    error = found.value
    assert (error.code, error.place.line) == (codes.MANIFEST_TOO_LARGE, 2)
    assert error.place.column == LARGEST - 10 + 1


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00")
    for name, code in ((str(file), codes.FILE_NOT_UTF8), (f"{file}.no", codes.FILE_NOT_READ)):
        with pytest.raises(UsageError) as found:
            read_text(name)
        assert found.value.code == code


def only(text: str) -> Node:
    (one,) = documents.documents(text, "values.yaml")
    return one


def test_lists_are_flattened_and_empty_documents_are_none() -> None:
    text = (
        "---\nkind: List\nitems:\n- kind: PodList\n  items:\n  - metadata: {name: a}\n"
        "- {kind: Pod, metadata: {name: b, namespace: space}}\n---\n# nothing\n---\nkind: Service\n"
    )
    told = [(one.kind, one.name, one.namespace) for one in manifests(text, "all.yaml")]
    assert told == [("Pod", "a", ""), ("Pod", "b", "space"), ("Service", "", "")]


def test_json_with_tabs_and_pairs_of_escapes() -> None:
    root = only('{\n\t"a": "x\\/\\ud83d\\ude00", "b":[1, true, null], "c": "\\\\ud83d"}')
    assert root.need("a").text() == "x/😀"
    assert [one.value for one in root.need("b").each()] == [1, True, None]
    assert root.need("c").text() == "\\ud83d"


def test_values_know_their_places() -> None:
    root = only("metadata:\n  labels:\n    app: web\n    istio.io/rev: 'a'\n")
    labels = root.need("metadata", "labels")
    assert str(labels.need("istio.io/rev").place) == "values.yaml:4"
    assert labels.need("istio.io/rev").column == 19
    key = labels.key("app")
    assert key is not None
    assert (key.line, key.column) == (3, 5)
    assert {name: node.value for name, node in labels.texts().items()} == {
        "app": "web",
        "istio.io/rev": "a",
    }


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [("true", 4, "stand in quotes"), ("5", 4, "stand in quotes"), ("[x]", 4, "stand in quotes")],
)
def test_a_label_that_is_no_text(text: str, column: int, expected: str) -> None:
    with pytest.raises(DumpError) as found:
        only(f"a: {text}").texts()
    error = found.value
    assert (error.code, error.place.column) == (codes.WRONG_TYPE, column)
    assert expected in error.expected


def test_other_types_are_refused_too() -> None:
    root = only("a: [1]\nb: x\nc: 1.5\n")
    asked = (
        root.need("a").pairs, root.need("b").each, root.need("b").flag, root.need("c").number,
        root.need("b").number,
    )  # fmt: skip
    for ask in asked:
        with pytest.raises(DumpError) as found:
            ask()
        assert found.value.code == codes.WRONG_TYPE
    with pytest.raises(DumpError) as missing:
        root.need("d", "e")
    assert missing.value.facts["path"] == "d.e"


def test_nothing_is_an_empty_list_and_an_empty_mapping() -> None:
    root = only("a:\n")
    assert root.find("a") is None
    assert root.entries[0][1].each() == ()
    assert root.entries[0][1].pairs() == ()


def test_merged_keys_give_way_to_own() -> None:
    root = only("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n")
    assert [(k.written, v.value) for k, v in root.need("y").pairs()] == [("b", 3), ("a", 1)]


# sigs.k8s.io/yaml/goyaml.v2, decode_test.go and resolve.go.
WORDS = {
    "true": True, "on": True, "No": False, "~": None, "": None, "0b1010": 10, "0x_0A": 10,
    "0o17": 15, "010": 8, "685_230": 685230, "+7": 7, "6.8523e+5": 685230.0, ".5": 0.5, "1.": 1.0,
    "190:20:30": "190:20:30", "2001-01-01": "2001-01-01", "1.7.0": "1.7.0", "0x": "0x", ".": ".",
    "-": "-", "TrUe": "TrUe", "1e": "1e",
}  # fmt: skip


@every_row("word", WORDS)
def test_what_a_bare_word_is(word: str) -> None:
    assert scalar(word)[1] == WORDS[word]
    assert type(scalar(word)[1]) is type(WORDS[word])


def test_tags_and_quotes_make_texts() -> None:
    root = only("a: !!str 5\nb: '5'\nc: !!int 5\n")
    assert [value.value for _key, value in root.pairs()] == ["5", "5", 5]


def test_a_quoted_template_is_a_text() -> None:
    """Annotations hold templates of others, such as Vault's agent."""
    root = only("a: '{{ with secret }}'\nb: |\n  {{ .Data }}\n")
    assert root.need("b").text() == "{{ .Data }}\n"
