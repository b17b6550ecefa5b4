"""What the commands of a script do to a table; each says whether it could be carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dataclass import replace
from iptsim.dialects.nft.cursor import unquoted
from iptsim.dialects.nft.declared_sets import Declared, made_object
from iptsim.dialects.nft.elements_read import read_elements
from iptsim.dialects.nft.outline import Block, Piece
from iptsim.dialects.nft.tables import ChainSoFar, TableSoFar
from iptsim.regex import regex

_AT = regex(r"(?:(position|handle|index)\s+(\d{1,19})(?:\s+|$))?(.*)$", 16)  # DOTALL
_BRACES = regex(r"\{(.*)\}$", 16)
_NOWHERE = -1


def _ruled(table: TableSoFar, rest: str, piece: Piece) -> tuple[ChainSoFar, int | None, Piece]:
    """The chain, the place of the rule that the command names, and the rule's text."""
    name, _, told = rest.strip().partition(" ")
    found = _AT.match(told.strip())
    assert found is not None  # it takes everything
    chain = table.chain(unquoted(name), piece.line)
    at = _at(chain, found[1] or "", int(found[2] or 0))
    return chain, at, replace(piece, text=found[3])


def add_rule(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`add rule T C [handle N|index N] …`: behind all, or behind that rule."""
    chain, at, inner = _ruled(table, rest, piece)
    if at == _NOWHERE:
        chain.whole = False
        return False
    table.add(chain, inner, table.host.memory.read, None if at is None else at + 1)
    return True


def insert_rule(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`insert rule T C [handle N|index N] …`: before all, or before that rule."""
    chain, at, inner = _ruled(table, rest, piece)
    if at == _NOWHERE:
        chain.whole = False
        return False
    table.add(chain, inner, table.host.memory.read, at or 0)
    return True


def replace_rule(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`replace rule T C handle N …`."""
    chain, at, inner = _ruled(table, rest, piece)
    if at is None or at == _NOWHERE:
        chain.whole = False
        return False
    del chain.rules[at]
    table.add(chain, inner, table.host.memory.read, at)
    return True


def delete_rule(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`delete rule T C handle N`."""
    chain, at, _inner = _ruled(table, rest, piece)
    if at is None or at == _NOWHERE:
        chain.whole = False
        return False
    del chain.rules[at]
    return True


def _at(chain: ChainSoFar, where: str, number: int) -> int | None:
    """The place of the rule that a command names; None where it names none."""
    if not where:
        return None
    if where == "index":
        return number if number < len(chain.rules) else _NOWHERE
    handles = [rule.handle for rule in chain.rules]
    return handles.index(number) if number in handles else _NOWHERE


def add_chain(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`add chain T C { type … }`; its properties may stand behind semicolons."""
    name, _, told = rest.strip().partition(" ")
    chain = table.chain(unquoted(name), piece.line)
    inside = _BRACES.match(told.strip())
    for text in (inside[1] if inside else told).split(";"):
        if text.strip() and not table.property_of(chain, replace(piece, text=text.strip())):
            return False
    return True


def delete_chain(table: TableSoFar, rest: str, _piece: Piece) -> bool:
    """`delete chain T C`."""
    table.chains.pop(unquoted(rest.strip()), None)
    return True


def flush_chain(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`flush chain T C`: its rules go."""
    chain = table.chain(unquoted(rest.strip()), piece.line)
    chain.rules.clear()
    chain.whole = True
    return True


def rename_chain(table: TableSoFar, rest: str, _piece: Piece) -> bool:
    """`rename chain T C D`."""
    old, _, new = rest.strip().partition(" ")
    chain = table.chains.pop(old, None)
    if chain is not None:
        chain.name = new.strip()
        table.chains[chain.name] = chain
    return chain is not None


def add_set(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`add set T S { type …; }`."""
    name, _, told = rest.strip().partition(" ")
    inside = _BRACES.match(told.strip())
    is_map = piece.text.split(None, 2)[1] == "map"
    read = Declared(unquoted(name), is_map=is_map)
    for text in (inside[1] if inside else "").split(";"):
        if text.strip():
            read.feed(text.strip())
    table.sets[unquoted(name)] = read.made(None, table.place_at(piece.line))
    return not read.strange


def delete_set(table: TableSoFar, rest: str, _piece: Piece) -> bool:
    """`delete set T S`."""
    return table.sets.pop(unquoted(rest.strip()), None) is not None


def flush_set(table: TableSoFar, rest: str, _piece: Piece) -> bool:
    """`flush set T S`."""
    found = table.sets.get(unquoted(rest.strip()))
    if found is not None:
        table.sets[found.name] = replace(found, elements=())
    return found is not None


def add_element(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`add element T S { … }`."""
    return _elements(table, rest, piece, added=True)


def delete_element(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`delete element T S { … }`."""
    return _elements(table, rest, piece, added=False)


def _elements(table: TableSoFar, rest: str, _piece: Piece, *, added: bool) -> bool:
    name, _, told = rest.strip().partition(" ")
    found, inside = table.sets.get(unquoted(name)), _BRACES.match(told.strip())
    if found is None or inside is None:
        return False
    read, strange = read_elements(inside[1], found.key_type, found.value_type or ())
    keys = {each.key for each in read}
    kept = tuple(each for each in found.elements or () if each.key not in keys)
    table.sets[found.name] = replace(found, elements=(*kept, *read) if added else kept)
    return not strange


def add_object(table: TableSoFar, rest: str, piece: Piece) -> bool:
    """`add counter T C`, perhaps with what it is."""
    kind = piece.text.split(None, 2)[1]
    kind = " ".join(piece.text.split()[1:3]) if kind == "ct" else kind
    name, _, told = rest.strip().partition(" ")
    inside = _BRACES.match(told.strip())
    place = table.place_at(piece.line)
    lines = (inside[1] if inside else told).split(";")
    body = [Piece(text=each.strip(), line=piece.line) for each in lines if each.strip()]
    block = Block(kind="other", head="", line=piece.line, body=[*body])
    table.objects[kind, unquoted(name)] = made_object(kind, unquoted(name), block, place)
    return True


def flush_table(table: TableSoFar) -> None:
    """`flush table T`: the rules of its chains go; the chains stay."""
    for chain in table.chains.values():
        chain.rules.clear()
        chain.whole = True


Do = Callable[[TableSoFar, str, Piece], bool]
DOINGS: Mapping[tuple[str, str], Do] = {
    ("add", "rule"): add_rule,
    ("insert", "rule"): insert_rule,
    ("replace", "rule"): replace_rule,
    ("delete", "rule"): delete_rule,
    ("add", "chain"): add_chain,
    ("delete", "chain"): delete_chain,
    ("flush", "chain"): flush_chain,
    ("rename", "chain"): rename_chain,
    ("add", "set"): add_set,
    ("delete", "set"): delete_set,
    ("flush", "set"): flush_set,
    ("add", "element"): add_element,
    ("delete", "element"): delete_element,
    ("add", "object"): add_object,
}
"""By the command's verb and what it is about."""
