"""Manifests of one text or file: several documents, lists of objects, YAML or JSON.

A manifest is untrusted. Whatever is wrong with one is a `DumpError` with its place, or a
`UsageError` for a file that is none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError
from iptsim.manifests.composing import compose
from iptsim.manifests.nodes import Node, Shape, Source

LARGEST = 4 << 20
"""Bytes of a text. Kubernetes takes objects of 1.5 MB at most."""
_STDIN = "-"
_OBJECT = "an object of Kubernetes, such as `kubectl get -o yaml` prints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An object: its kind, and what it says."""

    kind: str
    root: Node

    @property
    def name(self) -> str:
        """Its name; nothing where it tells none."""
        found = self.root.find("metadata", "name")
        return "" if found is None else found.text()

    @property
    def namespace(self) -> str:
        """The namespace that it tells; nothing where it tells none."""
        found = self.root.find("metadata", "namespace")
        return "" if found is None else found.text()


def read_text(file: str) -> str:
    """The text of a file, `-` being standard input, with a bound on its length."""
    try:
        if file == _STDIN:
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with open(file, "rb") as handle:
                raw = handle.read(LARGEST + 1)
        text = raw[:LARGEST].decode(
            "utf-8-sig", errors="strict" if len(raw) <= LARGEST else "replace"
        )
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror}", code=codes.FILE_NOT_READ, file=file, why=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{file}: not a text in UTF-8", code=codes.FILE_NOT_UTF8, file=file
        ) from None
    if len(raw) > LARGEST:
        _refuse_large(text, file)
    return text


def _refuse_large(text: str, file: str) -> None:
    """Point at where the text is as long as one may be."""
    lines = text.split("\n")
    most = f"{LARGEST >> 20} MB"
    source = Source(file=file, lines=())
    raise source.error(
        f"more than {most}",
        len(lines),
        len(lines[-1]) + 1,
        code=codes.MANIFEST_TOO_LARGE,
        expected="a manifest of a few objects",
        most=most,
    )


def documents(text: str, file: str) -> tuple[Node, ...]:
    """The documents of a text that are not empty, each a mapping: values files, mesh config."""
    found = tuple(compose(text, file))
    for one in found:
        if one.shape is not Shape.MAPPING:
            what = one.shape.value
            raise one.error(
                f"this document is {what}", code=codes.NO_OBJECT, expected=_OBJECT, what=what
            )
    if not found:
        source = Source(file=file, lines=tuple(text.split("\n")))
        raise source.error(
            "the text holds no manifest", 1, 1, code=codes.NO_MANIFEST, expected=_OBJECT
        )
    return found


def manifests(text: str, file: str) -> tuple[Manifest, ...]:
    """The objects of a text, those of `List` kinds one by one."""
    return tuple(one for root in documents(text, file) for one in _flattened(root, ""))


def _flattened(root: Node, presumed: str) -> Iterator[Manifest]:
    """Within `PodList` the items may leave out that they are Pods."""
    told = root.find("kind")
    if told is None and not presumed:
        raise root.error("kind is missing", code=codes.KEY_MISSING, expected=_OBJECT, path="kind")
    kind = presumed if told is None else told.text()
    items = root.find("items") if kind.endswith("List") else None
    if items is None and not kind.endswith("List"):
        yield Manifest(kind=kind, root=root)
    for item in () if items is None else items.each():
        yield from _flattened(item, kind.removesuffix("List"))
