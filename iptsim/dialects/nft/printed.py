"""A rule set as `nft list ruleset` prints it; what is read of it again is the same rule set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dialects.nft.printed_statements import rule, statement
from iptsim.dialects.nft.printed_values import element, quoted, timespan, value
from iptsim.nftables.nft_ruleset import (
    NftChain,
    NftFlowtable,
    NftHook,
    NftObject,
    NftRuleset,
    NftSet,
    NftTable,
)

_PER_LINE = {"ipv4_addr": 2, "inet_service": 5, "mark": 5, "inet_proto": 5, "ct_state": 5}
_FLAGS = ("constant", "interval", "dynamic", "timeout")


def write_nft(ruleset: NftRuleset) -> str:
    """All tables, in their order."""
    return "".join(write_table(table) for table in ruleset.tables)


def write_table(table: NftTable) -> str:
    """A table with all that is in it."""
    head = [f"\tcomment {quoted(table.comment)}"] if table.comment is not None else []
    head += [f"\tflags {','.join(sorted(table.flags))}"] if table.flags else []
    members = [
        *map(_object, table.objects),
        *map(_set, table.sets),
        *map(_flowtable, table.flowtables),
        *map(_chain, table.chains),
    ]
    inner = "\n\n".join("\n".join(member) for member in members)
    lines = "\n".join([*head, *([inner] if members else [])])
    body = f"{lines}\n" if lines else ""
    return f"table {table.family} {table.name} {{\n{body}}}\n"


def _block(head: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"\t{head} {{"
    yield from (f"\t\t{line}" for line in lines)
    yield "\t}"


def _comment(text: str | None) -> list[str]:
    return [] if text is None else [f"comment {quoted(text)}"]


def _chain(chain: NftChain) -> Iterator[str]:
    base = [] if chain.hook is None else [_base(chain.hook)]
    lines = [*_comment(chain.comment), *base, *map(rule, chain.rules)]
    return _block(f"chain {chain.name}", lines)


def _base(hook: NftHook) -> str:
    devices = ", ".join(map(quoted, hook.devices))
    told = ""
    if len(hook.devices) == 1:
        told = f" device {devices}"
    elif hook.devices:
        told = f" devices = {{ {devices} }}"
    priority = hook.priority_text or str(hook.priority)
    return f"type {hook.type} hook {hook.hook}{told} priority {priority}; policy {hook.policy};"


def _set(one: NftSet) -> Iterator[str]:
    lines = [_type(one)]
    lines += [f"size {one.size}"] if one.size is not None else []
    flags = [flag for flag in _FLAGS if flag in one.flags]
    if flags and not (flags == ["timeout"] and one.timeout is not None):
        lines.append(f"flags {','.join(flags)}")
    lines += [f"timeout {timespan(one.timeout)}"] if one.timeout is not None else []
    if one.gc_interval is not None:
        lines.append(f"gc-interval {timespan(one.gc_interval)}")
    lines += [f"policy {one.policy}"] if one.policy is not None else []
    lines += ["auto-merge"] if one.auto_merge else []
    lines += [statement(each) for each in one.statements]
    lines += _comment(one.comment)
    lines += [_elements(one)] if one.elements else []
    return _block(f"{'map' if one.is_map else 'set'} {one.name}", lines)


def _type(one: NftSet) -> str:
    if not one.typeof:
        held = "" if one.value_type is None else f" : {' . '.join(one.value_type)}"
        return f"type {' . '.join(one.key_type)}{held}"
    keys = " . ".join(map(value, one.typeof))
    if one.value_type is None:
        return f"typeof {keys}"
    values = " . ".join(map(value, one.typeof_value) if one.typeof_value else one.value_type)
    return f"typeof {keys} : {values}"


def _elements(one: NftSet) -> str:
    each_line = _PER_LINE.get(one.key_type[0], 1) if len(one.key_type) == 1 else 1
    told = [element(each, one.key_type, one.value_type or ()) for each in one.elements or ()]
    lines = [", ".join(told[at : at + each_line]) for at in range(0, len(told), each_line)]
    return "elements = { " + ",\n\t\t\t     ".join(lines) + " }"


def _object(one: NftObject) -> Iterator[str]:
    lines = list(one.body)
    if one.statement is not None:
        lines = _statement_lines(one)
    return _block(f"{one.kind} {one.name}", [*_comment(one.comment), *lines])


def _statement_lines(one: NftObject) -> list[str]:
    """A counter has its counts, the others what stands behind their names."""
    assert one.statement is not None  # looked at by who asks
    told = statement(one.statement).removeprefix(one.kind).strip()
    return [told] if told else []


def _flowtable(one: NftFlowtable) -> Iterator[str]:
    lines = [f"hook {one.hook} priority {one.priority_text or one.priority}"]
    lines += [f"devices = {{ {', '.join(map(quoted, one.devices))} }}"] if one.devices else []
    lines += ["counter"] if one.counter else []
    lines += [f"flags {','.join(sorted(one.flags))}"] if one.flags else []
    return _block(f"flowtable {one.name}", lines)
