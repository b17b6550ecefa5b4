"""What people and programs put around a dump, as functions: the text, and where its lines went."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

POD = "web-7d9f4-2xk8p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """A text, and for each line of what it wraps the number of the line that holds it."""

    text: str
    lines: tuple[int, ...]


Wrap = Callable[[Wrapped], Wrapped]


def bare(text: str) -> Wrapped:
    """A text with nothing around it."""
    return Wrapped(text=text, lines=tuple(range(1, text.count("\n") + 1)))


def _each(change: Callable[[int, str], str], *, above: str = "", below: str = "") -> Wrap:
    def wrap(inner: Wrapped) -> Wrapped:
        lines = [change(n, line) for n, line in enumerate(inner.text.split("\n")[:-1], 1)]
        shift = above.count("\n")
        text = above + "".join(f"{line}\n" for line in lines) + below
        return Wrapped(text=text, lines=tuple(number + shift for number in inner.lines))

    return wrap


def _one(change: Callable[[str], str]) -> Wrap:
    """All lines in one."""

    def wrap(inner: Wrapped) -> Wrapped:
        text = change(inner.text) + "\n"
        return Wrapped(text=text, lines=tuple(1 for _ in inner.lines))

    return wrap


def _before(prefix: str) -> Wrap:
    return _each(lambda _number, line: prefix + line)


def _boxed(inner: Wrapped) -> Wrapped:
    width = max(map(len, inner.text.split("\n")))
    made = _each(lambda _, line: f"│ {line:{width}} │", above=f"┌{'─' * (width + 2)}┐\n")
    done = made(inner)
    return Wrapped(text=f"{done.text}└{'─' * (width + 2)}┘\n", lines=done.lines)


def _json_file(_number: int, line: str) -> str:
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": "2024-05-06T07:08:09.1Z"})


def _item(_number: int, line: str) -> str:
    return f"        {json.dumps(line)},"


def _ansible(inner: Wrapped) -> Wrapped:
    above = 'host1 | CHANGED => {\n    "changed": true,\n    "stdout_lines": [\n'
    return _each(_item, above=above, below="    ]\n}\n")(inner)


def _go(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'time="2024-10-11T07:57:39Z" level=info msg="{quoted}"'


def _zap(text: str) -> str:
    return json.dumps({"level": "info", "ts": 1715000000.5, "caller": "a/b.go:7", "msg": text})


def _loose_json(_number: int, line: str) -> str:
    kept = {"stream": "stderr", "log": line + "\n"}
    return json.dumps(kept, separators=(" , ", " : "))


def _record(number: int, line: str) -> str:
    doubled = line.replace('"', '""')
    return f'2024-02-01T10:{number // 60:02}:{number % 60:02}Z,INFO,"{doubled}",web-1'


def _starred(_number: int, line: str) -> str:
    return f"*{line}*" if line[:1].isalpha() or line[:1] == "-" else line


def _glued(begin: str, end: str) -> Wrap:
    """Marks that stand right before the first letter and right behind the last."""

    def wrap(inner: Wrapped) -> Wrapped:
        return Wrapped(text=f"{begin}{inner.text.rstrip()}{end}\n", lines=inner.lines)

    return wrap


def _paged(inner: Wrapped) -> Wrapped:
    """What more leaves behind every third line that more lines of the same block follow."""
    lines, places = [], []
    told = inner.text.split("\n")[:-1]
    for number, line in enumerate(told, 1):
        lines.append(line)
        places.append(len(lines))
        if number % 3 == 0 and number < len(told) and line and told[number]:
            lines.append("--More--")
    return Wrapped(
        text="\n".join(lines) + "\n", lines=tuple(places[each - 1] for each in inner.lines)
    )


def _escaped_html(line: str) -> str:
    return html.escape(line, quote=True)


WRAPS: Mapping[str, Wrap] = {
    "stern, one word": _before(f"{POD} "),
    "stern, two words": _before(f"{POD} istio-init "),
    "stern, with a sign": _before(f"{POD} › istio-init "),
    "pdsh": _before("node7: "),
    "kubectl --prefix": _before(f"[pod/{POD}/istio-init] "),
    "compose": _before("istio-init_1  | "),
    "grep -H": _before("/root/dump.txt:"),
    "grep -n": _each(lambda number, line: f"{number}:{line}"),
    "grep -Hn": _each(lambda number, line: f"rules.v4:{number}:{line}"),
    "grep -Hn of a path": _each(lambda number, line: f"/etc/iptables/up.v4:{number}:{line}"),
    "cat -A": _each(lambda _, line: line.replace("\t", "^I") + "$"),
    "Loki": _before(f'{{app="fw", host="{POD}"}} '),
    "cat -n": _each(lambda number, line: f"{number:6d}\t{line}"),
    "less -N": _each(lambda number, line: f"{number:7d} {line}"),
    "bat": _each(lambda number, line: f"{number:4d}   │ {line}"),
    "journald": _before("Jun 12 20:59:22 node istio[123]: "),
    "short-iso": _before("2024-05-06T07:08:09+0000 node fwdump[4711]: "),
    "short-precise": _before("Jun 12 20:59:22.598644 node istio[123]: "),
    "Go's date": _before("2021/08/19 13:19:18 "),
    "Go's date and file": _before("2021/08/19 13:19:18 main.go:42: "),
    "containerd": _before("2023-06-12T20:59:22.598644123Z stdout F "),
    "klog": _before("I0612 20:59:22.598644       1 proxier.go:12] "),
    "box": _boxed,
    "left bar": _before("│ "),
    "markdown table": _each(lambda _, line: f"| {line} |", above="| iptables |\n| --- |\n"),
    "quote": _each(lambda _, line: f"> {line}", above="He wrote:\n\n", below="\nwhat is it?\n"),
    "quote of a quote": _before("> > "),
    "new in a patch": _before("+"),
    "fence": _each(lambda _, line: line, above="```console\n", below="```\n"),
    "indented": _before("    "),
    "list's item": _before("  - "),
    "HTML's names": _each(lambda _, line: _escaped_html(line)),
    "no-break blanks": _each(lambda _, line: line.replace(" ", "\xa0")),
    "bold": _each(lambda number, line: f"**{line}**" if line and number % 3 else line),
    "<br>": _each(lambda _, line: f"{line}<br>"),
    "<p>": _each(lambda _, line: f"<p>{_escaped_html(line)}</p>"),
    "<pre>": _each(lambda _, line: line, above="<pre><code>\n", below="</code></pre>\n"),
    "docker json-file": _each(_json_file),
    "JSON with blanks": _each(_loose_json),
    "CSV": _each(_record),
    "starred lines": _each(_starred),
    "Jira's colour": _each(
        lambda number, line: f"{{color:red}}{line}{{color}}" if line and number % 3 == 1 else line
    ),
    "glued fence": _glued("```", "```"),
    "glued [code]": _glued("[code]", "[/code]"),
    "Jira's noformat": _each(
        lambda _, line: line, above="h3. Rules\n{noformat}\n", below="{noformat}\n"
    ),
    "semicolons": _each(lambda _, line: f"{line};" if line else line),
    "pager": _paged,
    "ansible stdout_lines": _ansible,
    "ansible stdout": _one(lambda text: f'    "stdout": {json.dumps(text)},'),
    "logrus": _one(_go),
    "zap": _one(_zap),
    "JSON in JSON": _one(lambda text: json.dumps({"log": _zap(text) + "\n"})),
    "bare escapes": _one(lambda text: "output: " + text.replace("\n", "\\n")),
}
"""By name."""


def _go_list(line: str) -> str:
    words = shlex.split(line)
    return ", ".join(f"`{word}`" if '"' in word else f'"{word}"' for word in words)


LOGS: Mapping[str, Wrap] = {
    "wg-quick's log": _before("[#] "),
    "wg-quick's log in the journal": _before("May 06 07:08:09 gw wg-quick[77]: [#] "),
    "sudo's log": _before(
        "May  6 07:08:09 gw sudo:    ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/sbin/"
    ),
    "PS4 with place": _each(lambda number, line: f"+(/etc/fw.sh:{number}): {line}"),
    "list's code": _each(lambda number, line: f"{number}. `{line}`"),
}
"""What logs and lists put before commands, around nothing else."""
SETTINGS: Mapping[str, Wrap] = {
    "wg-quick": _each(
        lambda _, line: f"PostUp = {line}", above="[Interface]\nAddress = 10.7.0.1/24\n"
    ),
    "wg-quick's PreUp": _before("PreUp="),
    "systemd": _each(
        lambda _, line: f"ExecStart=-{line}",
        above="[Service]\nType=oneshot\n",
        below="ExecStop=/sbin/iptables -t nat -F\n\n[Install]\nWantedBy=multi-user.target\n",
    ),
    "systemd's shell": _each(lambda _, line: f"ExecStartPre=/bin/sh -c '{line}'"),
    "interfaces": _each(
        lambda _, line: f"    post-up {line}",
        above="iface eth0 inet dhcp\n",
        below="    pre-down iptables -t nat -F\n",
    ),
    "ansible's shell": _each(lambda _, line: f"    - shell: {line}", above="- hosts: all\n"),
    "Dockerfile": _before("RUN "),
    "crontab": _before("@reboot root "),
    "Python's list": _each(
        lambda _, line: f"    subprocess.run({shlex.split(line)!r}, check=True)",
        above="import subprocess\n\ndef set_up():\n",
    ),
    "Go's arguments": _each(
        lambda _, line: f"\tcmds = append(cmds, []string{{{_go_list(line)}}})",
    ),
}
"""What lies around commands alone."""
