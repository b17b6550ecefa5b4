"""Matrices as JSON, schema `iptsim.matrix/1`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iptsim.model import Note
from iptsim.query.matrix import Matrix
from iptsim.render.shared.matrix_words import networks, ways
from iptsim.render.shared.value_json import asked_json, note_json, note_text

SCHEMA = "iptsim.matrix/1"
HOST = "host"
"""What a matrix calls this host, as a destination; groups have names in capitals."""
Json = dict[str, object]


def matrix_json(found: Sequence[Matrix], *, lang: str = "en", notes: Iterable[Note] = ()) -> Json:
    """The matrices as data of JSON's types; pairs that are not told do not reach each other."""
    return {
        "schema": SCHEMA,
        "matrices": [_matrix(one, lang) for one in found],
        "notes": [note_json(note, lang) for note in dict.fromkeys(notes)],
    }


def _matrix(found: Matrix, lang: str) -> Json:
    family = found.packet.family
    return {
        "packet": asked_json(found.packet),
        "family": family,
        "interfaces": list(found.interfaces),
        "groups": [
            {"name": group.name, "addresses": networks(group.addresses, family)}
            for group in found.groups
        ],
        "reach": [
            {"from": name, "to": to or HOST, "fares": reach.value}
            for name, to, reach in ways(found)
        ],
        "assumed": [note_text(note, lang) for note in found.assumed],
    }
