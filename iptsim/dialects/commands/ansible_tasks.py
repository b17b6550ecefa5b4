"""Tasks of Ansible's module `iptables`, told as the commands that it runs.

Sources: ansible/modules/iptables.py (construct_rule, main): what is there already is neither
appended nor inserted again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, field
from iptsim.dialects.commands.yaml_lists import joined_lists
from iptsim.regex import regex

_TASK = regex(r"(?P<to>\s*(?:-\s+)?)(?:ansible\.builtin\.)?iptables:\s*(?P<inline>[^#]*)(?:#.*)?\Z")
_KEY = regex(r"(?P<to>\s*(?:-\s+)?)(?P<name>\w+):(?:\s+(?P<value>.*))?\Z")
_ITEM = regex(r"\s*-\s+(?P<value>[^:]*)\Z")
_SHELL = regex(
    r"(?P<to>\s*(?:-\s+)?)(?:ansible\.(?:builtin|legacy)\.)?(?:shell|command|raw|script):(?:\s|\Z)"
)
_SHELLED = regex(r"(?:sudo\s+)?(?:/\S*/)?ip6?tables(?:-\w+)?\s.*")
_CONDITION = regex(r"(?m)^\s*(?:-\s+)?(?:when|delegate_to|failed_when|only_if|rescue):")
_PAIR = regex(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
_IN_BRACES = regex(r"(\w+):\s+(\[[^\[\]]*\]|\"[^\"]*\"|'[^']*'|[^,{}\[\]\"'&*|>]+)\s*(?:,|$)")
_FIRST = "$chain"
_PLAYS = regex(r"(?m)^\s*-?\s*hosts:")
_BLOCK = regex(r"(?m)^\s*(?:-\s+)?(?:block|rescue|always):")
_CONDITIONS = ("when", "delegate_to", "failed_when", "only_if")
_LOOPS = ("loop", "until")
_QUIET = frozenset({"wait", "numeric", "set_counters"})
_HOW = frozenset({"chain", "table", "action", "rule_num", "state", "policy", "flush", "ip_version"})
_MANAGED = "chain_management"
_OF_TARGET = {
    "to_destination": "--to-destination", "to_source": "--to-source", "to_ports": "--to-ports",
    "log_prefix": "--log-prefix", "log_level": "--log-level", "gateway": "--gateway",
    "set_dscp_mark": "--set-dscp", "set_dscp_mark_class": "--set-dscp-class",
}  # fmt: skip
_PLAIN = {
    "protocol": "-p", "source": "-s", "destination": "-d", "in_interface": "-i",
    "out_interface": "-o", "match": "-m", "source_port": "--sport", "destination_port": "--dport",
    "icmp_type": "--icmp-type",
}  # fmt: skip
_OF_MATCH = {
    "destination_ports": ("multiport", "--dports"), "ctstate": ("conntrack", "--ctstate"),
    "src_range": ("iprange", "--src-range"), "dst_range": ("iprange", "--dst-range"),
    "limit": ("limit", "--limit"), "limit_burst": ("limit", "--limit-burst"),
    "uid_owner": ("owner", "--uid-owner"), "gid_owner": ("owner", "--gid-owner"),
    "match_set": ("set", "--match-set"), "comment": ("comment", "--comment"),
}  # fmt: skip
_IN_RULES = (
    *_PLAIN, *_OF_MATCH, *_OF_TARGET, "syn", "tcp_flags", "match_set_flags", "jump", "goto",
    "reject_with",
)  # fmt: skip

Values = Mapping[str, tuple[str, ...]]


@dataclass(kw_only=True)
class _Task:
    """A task: the line and the column of the module's name, and what it is told."""

    line: int
    column: int
    values: dict[str, list[str]] = field(default_factory=dict)
    hangs: str = ""
    loops: bool = False


def as_commands(text: str) -> str:
    """The text with each such task as its command, on the line where the module is named.

    As it stands where it is of several plays, whose hosts may be others.
    """
    if len(_PLAYS.findall(text)) > 1:
        return text
    lines = text.split("\n")
    listed = joined_lists(lines)
    tasks = list(_tasks(lines))
    blocks = _BLOCK.search(text) is not None and _CONDITION.search(text) is not None
    done: set[str] = set()
    for task in tasks:
        if blocks or _is_handler(lines, task.line):
            task.hangs = task.hangs or "block"
        lines[task.line] = _command(task, done)
    shells = [*_shells(lines, hangs=blocks)]
    for number, start, hangs in shells:
        lines[number] = f"{lines[number][:start]}[ {hangs} ] && {lines[number][start:]}"
    return "\n".join(lines) if tasks or shells or listed else text


def _shells(lines: Sequence[str], *, hangs: bool) -> Iterator[tuple[int, int, str]]:
    """The lines of tasks that run commands, where these begin there, and what they hang on."""
    for number, text in enumerate(lines):
        found = _SHELL.match(text)
        if found is None:
            continue
        task = _Task(line=number, column=len(found["to"]))
        _read_beside(task, lines)
        told = task.hangs or ("loop" if task.loops else "block" if hangs else "")
        if told:
            yield from ((at, start, told) for at, start in _body(lines, number, task.column))


def _body(lines: Sequence[str], number: int, column: int) -> Iterator[tuple[int, int]]:
    """The line and those below it that stand further in, as far as they call iptables."""
    for at in range(number, len(lines)):
        if at > number and lines[at].strip() and _indent(lines[at]) <= column:
            return
        if (found := _SHELLED.search(lines[at])) is not None:
            yield at, found.start()


def _tasks(lines: Sequence[str]) -> Iterator[_Task]:
    for number, text in enumerate(lines):
        found = _TASK.match(text)
        if found is None or not (found["inline"] or _has_body(lines, number, len(found["to"]))):
            continue
        task = _Task(line=number, column=len(found["to"]))
        inline = _flow(found["inline"])
        for name, value in inline:
            task.values.setdefault(name, []).extend(_listed(value))
        if found["inline"] and not inline and not _has_body(lines, number, task.column):
            continue  # what iptables itself says: `iptables: No chain/target/match by that name.`
        _read_body(task, lines)
        _read_beside(task, lines)
        if "chain" in task.values or "flush" in task.values:
            yield task


def _flow(inline: str) -> Sequence[tuple[str, str]]:
    """`chain=INPUT jump=DROP`, `{chain: INPUT, jump: DROP}`: names with values."""
    text = inline.strip()
    if text[:1] != "{":
        return _PAIR.findall(inline)
    found = _IN_BRACES.findall(text[1:-1]) if text[-1] == "}" else []
    whole = "".join(_IN_BRACES.sub("", text[1:-1]).split()).strip(",") == ""
    return found if found and whole else [*found, ("chain", _FIRST), ("?", text[:80])]


def _has_body(lines: Sequence[str], number: int, column: int) -> bool:
    below = next((each for each in lines[number + 1 :] if each.strip()), "")
    return _indent(below) > column and _KEY.match(below) is not None


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _read_body(task: _Task, lines: Sequence[str]) -> None:
    """The keys below the module's name; values may be lists, in one line or below."""
    name = ""
    for text in lines[task.line + 1 :]:
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if _indent(text) <= task.column:
            return
        found, item = _KEY.match(text), _ITEM.match(text)
        if found is not None:
            name = found["name"]
            task.values.setdefault(name, []).extend(_listed(found["value"] or ""))
        elif item is not None and name:
            task.values[name].append(_bare(item["value"]))
        else:
            task.values.setdefault("?", []).append(text.strip())


def _read_beside(task: _Task, lines: Sequence[str]) -> None:
    """What the task hangs on: keys beside the module's name, above it and below."""
    for step in (-1, 1):
        number = task.line + (step if step > 0 or "- " not in lines[task.line] else len(lines))
        while 0 <= number < len(lines):
            text = lines[number]
            found = _KEY.match(text)
            here = found is not None and len(found["to"]) == task.column
            if found is not None and here and not (step > 0 and "-" in found["to"]):
                _beside(task, found["name"], found["value"] or "")
            begins = found is not None and "-" in found["to"] and len(found["to"]) <= task.column
            if begins or (text.strip() and _indent(text) < task.column and step > 0):
                break
            number += step


def _beside(task: _Task, name: str, value: str) -> None:
    if name in _CONDITIONS:
        told = re.sub(r"[^\w .=<>-]", "", f"{name} {value}")
        task.hangs = " ".join(told.split())[:50]
    task.loops = task.loops or name in _LOOPS or name.startswith("with_")
    if name == "args":  # more of what the module is told
        task.values.setdefault("?", []).append(name)


def _is_handler(lines: Sequence[str], number: int) -> bool:
    """Whether it is one of the handlers, which run where something changed."""
    return any(text.strip() == "handlers:" for text in lines[:number])


def _listed(value: str) -> list[str]:
    bare = _uncommented(value).strip()
    if bare.startswith("[") and bare.endswith("]"):
        return [_bare(each) for each in bare[1:-1].split(",") if each.strip()]
    return [_bare(bare)] if bare else []


def _uncommented(value: str) -> str:
    return value if value[:1] in "\"'" else re.sub(r"(?:^|\s)#.*", "", value)


def _bare(value: str) -> str:
    """A value without its quotes; one that a template fills in as a shell's variable."""
    text = _uncommented(value.strip()).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return "$template" if "{" in text or text[:1] in ("|", ">", "*", "&") else text


def _command(task: _Task, done: set[str]) -> str:
    """What the module runs, nothing where it finds the rule there already."""
    told = {name: tuple(values) for name, values in task.values.items()}
    version = (*told.get("ip_version", ()), "ipv4")[0]
    names = {"ipv6": ("ip6tables",), "both": ("iptables", "ip6tables")}
    rule = "$item" if task.loops else " ".join(_words(told))
    words = f"-t {_one(told, 'table', 'filter')} {_action(told)} {rule}".strip()
    if f"{version} {words}" in done and not task.hangs and "$" not in words:
        return ""
    done.add(f"{version} {words}")
    call = "; ".join(f"{each} {words}" for each in names.get(version, ("iptables",)))
    hangs = f"[ {task.hangs} ] && " if task.hangs else ""
    return "; ".join(f"{hangs}{each}" for each in call.split("; "))


def _action(told: Values) -> str:
    chain = _one(told, "chain", "$chain")
    if _yes(told, "flush"):
        return "-F" if "chain" not in told else f"-F {chain}"
    if "policy" in told:
        return f"-P {chain} {_one(told, 'policy', '')}"
    gone = _one(told, "state", "present") == "absent"
    if _yes(told, _MANAGED) and not any(name in told for name in _IN_RULES):
        return f"{'-X' if gone else '-N'} {chain}"
    if gone:
        return f"-D {chain}"
    number = _one(told, "rule_num", "")
    return (
        f"-I {chain} {number}".rstrip() if _one(told, "action", "") == "insert" else f"-A {chain}"
    )


def _words(told: Values) -> Iterator[str]:
    """The rule's words: what it asks, then what it does; what is no key of the module last."""
    if "policy" in told or _yes(told, "flush"):
        return
    loaded = set(told.get("match", ()))
    for name, option in _PLAIN.items():
        for value in told.get(name, ()):
            yield _option(option, value)
    for name, (module, option) in _OF_MATCH.items():
        if name in told:
            named = "state" if name == "ctstate" and "state" in loaded else module
            yield "" if named in loaded else f"-m {named}"
            loaded.add(named)
            yield _option("--state" if named == "state" else option, ",".join(told[name]))
            yield from told.get("match_set_flags", ()) if module == "set" else ()
    yield {"match": "--syn", "negate": "! --syn"}.get(_one(told, "syn", ""), "")
    if "tcp_flags" in told:
        yield f"--tcp-flags {','.join(told.get('flags', ('$flags',)))} "
        yield ",".join(told.get("flags_set", ("$flags",)))
    yield from _target(told)


def _target(told: Values) -> Iterator[str]:
    reject = "REJECT" if "reject_with" in told else ""
    jump = _one(told, "jump", reject)
    yield f"-j {jump}" if jump else ""
    yield f"-g {_one(told, 'goto', '')}" if "goto" in told else ""
    yield _option("--reject-with", _one(told, "reject_with", "")) if reject else ""
    for name, option in _OF_TARGET.items():
        if name in told:
            yield _option(option, ",".join(told[name]))
    of_flags = {"flags", "flags_set"} if "tcp_flags" in told else set()
    known = {*_IN_RULES, *_HOW, *_QUIET, _MANAGED, *of_flags}
    for name in told:
        if name not in known:
            yield f"${name}"


def _option(option: str, value: str) -> str:
    """An option and its value; `!` before the value stands before the option."""
    no, text = ("! ", value[1:].strip()) if value.startswith("!") else ("", value)
    bare = re.fullmatch(r"[\w.:/,+$-]+", text) is not None
    shown = text if bare else "'" + text.replace("'", "") + "'"
    return f"{no}{option} {shown}"


def _one(told: Values, name: str, otherwise: str) -> str:
    return next(iter(told.get(name, ())), otherwise)


def _yes(told: Values, name: str) -> bool:
    return _one(told, name, "no").lower() in ("yes", "true", "on", "1")
