"""The program's answers as tools of the Model Context Protocol, for assistants.

A dump comes as text, not as a path: an assistant has the text before it, the server needs no right
to read files, and nobody can ask it for another's. Each call is the program itself, in a process of
its own with the texts in a folder of its own: the answer is the one that a person gets, a call that
takes too long ends, and none can harm the next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field, WithJsonSchema

from iptsim import __version__
from iptsim.cli.declared import parameters
from iptsim.cli.help_pages import summary
from iptsim.cli.trace import trace as traced

PATIENCE = 60.0
"""Seconds that a call may take."""
MOST_LINES = 250
"""Lines of an answer; more help nobody, and it is said that there were more."""
INSTRUCTIONS = (
    "Tells what the Linux kernel does with packets, from texts that iptables printed: "
    "iptables-save, iptables -L or -S, also pasted, torn or inside a log. Give the text as it is. "
    "An answer that begins with ? is not firm: it hangs on what the text does not tell, and each "
    "way stands there with its condition. Do not pass it on as firm, and tell what was taken as "
    "given."
)
_HOST = {
    "addr": "Output of ip addr.",
    "route": "Output of ip route.",
    "rule": "Output of ip rule.",
    "sysctl": "Output of sysctl -a.",
    "ipset": "Output of ipset save.",
}
_READING = {
    "table": "Table of a listing whose chains do not tell.",
    "family": "4 or 6, where addresses do not tell.",
    "state": "Which state or host, of a text that tells several: 1, 2, last, or its name.",
    "lang": "Language of the answer: en or zh.",
}
_FAMILIES = {"4": "-4", "6": "-6"}
_READS_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def _object(told: Mapping[str, str], kind: object = "string") -> WithJsonSchema:
    properties = {key: {"type": kind, "description": text} for key, text in told.items()}
    return WithJsonSchema(
        {"type": "object", "properties": properties, "additionalProperties": False}
    )


def packet_fields() -> dict[str, str]:
    """The fields of a packet, as `--packets` names them, each with its meaning."""
    told = (one for one in parameters(traced) if one.group == "packet")
    return {one.name.rstrip("_"): one.told.help for one in told}


Dump = Annotated[str, Field(description="The text as iptables printed it, whole where possible.")]
Packet = Annotated[dict[str, str | int], _object(packet_fields(), ["string", "integer"])]
Host = Annotated[dict[str, str], _object(_HOST)]
Reading = Annotated[dict[str, str | int], _object(_READING, ["string", "integer"])]
Chain = Annotated[str | None, Field(description="Ask this chain alone.")]
Fate = Annotated[str, Field(description="ACCEPT, DROP, REJECT, REDIRECT:15001, DNAT:10.0.0.9:80 …")]
Follow = Literal["reply", "next", "again"]
_NONE: Mapping[str, Any] = {}


async def read(dump: Dump, reading: Reading | None = None) -> str:
    """Tell how a text is read: its tables and chains, what is missing, which lines are not used."""
    return await _asked("read", {"dump": dump}, reading=reading)


async def trace(  # a tool's arguments are what it is asked by
    dump: Dump,
    packet: Packet,
    follow: list[Follow] | None = None,
    chain: Chain = None,
    host: Host | None = None,
    reading: Reading | None = None,
) -> str:
    """Follow a packet through the rules to its fate. What is not given of it is open."""
    words = [*(f"--{kind}" for kind in follow or ()), *_chain(chain)]
    return await _asked("trace", {"dump": dump}, words, packet, host, reading)


async def why(
    dump: Dump,
    packet: Packet,
    chain: Chain = None,
    host: Host | None = None,
    reading: Reading | None = None,
) -> str:
    """Tell in a few sentences what becomes of a packet, and why."""
    return await _asked("why", {"dump": dump}, _chain(chain), packet, host, reading)


async def query(  # as above
    dump: Dump,
    fate: Fate,
    packet: Packet | None = None,
    chain: Chain = None,
    host: Host | None = None,
    reading: Reading | None = None,
) -> str:
    """Tell which packets meet a fate, of all or of those that `packet` tells, and by which rules.

    Its fields may be sets: 10.0.0.0/8, 1-1024,8443, and !22 for all others.
    """
    words = [f"--fate={fate}", *_chain(chain)]
    return await _asked("query", {"dump": dump}, words, packet, host, reading)


async def diff(
    before: Dump,
    after: Dump,
    chain: Chain = None,
    host: Host | None = None,
    reading: Reading | None = None,
) -> str:
    """Tell what changed between two dumps of one host, and which packets fare otherwise now."""
    dumps = {"before": before, "after": after}
    return await _asked("diff", dumps, _chain(chain), None, host, reading)


async def lint(dump: Dump, host: Host | None = None, reading: Reading | None = None) -> str:
    """Find rules that never match or have no effect, and idle chains; each is proved."""
    return await _asked("lint", {"dump": dump}, host=host, reading=reading)


async def explain(
    dump: Dump,
    table: str | None = None,
    chain: str | None = None,
    rule: int | None = None,
    reading: Reading | None = None,
) -> str:
    """Tell each rule in plain words; of a table, a chain or one rule where they are named."""
    if (chain is not None and table is None) or (rule is not None and chain is None):
        raise ToolError("a chain is named with its table, a rule with its chain")
    part = [str(each) for each in (table, chain, rule) if each is not None]
    return await _asked("explain", {"dump": dump}, reading=reading, last=part)


async def verify(
    dump: Dump, packet: Packet, host: Host | None = None, reading: Reading | None = None
) -> str:
    """Send a packet through the real kernel of this machine, in a network of its own, and compare.

    It needs Linux, root and iptables where the server runs.
    """
    return await _asked("verify", {"dump": dump}, (), packet, host, reading)


TOOLS = (read, trace, why, query, diff, lint, explain, verify)


def server() -> MCPServer[Any]:
    """The server with its tools, which does not run yet."""
    made: MCPServer[Any] = MCPServer(
        "iptsim", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR"
    )
    for tool in TOOLS:
        title = summary(tool.__name__)
        made.add_tool(tool, title=title, annotations=_READS_ONLY, structured_output=False)
    return made


def _chain(name: str | None) -> list[str]:
    return [] if name is None else [f"--chain={name}"]


async def _asked(  # noqa: PLR0913, PLR0917  # what all tools together are asked by
    command: str,
    dumps: Mapping[str, str],
    words: list[str] | tuple[str, ...] = (),
    packet: Mapping[str, str | int] | None = None,
    host: Mapping[str, str] | None = None,
    reading: Mapping[str, str | int] | None = None,
    last: list[str] | None = None,
) -> str:
    """What the command says; `ToolError` where it refuses the call or does not end."""
    texts = {**dumps, **(host or _NONE)}
    with TemporaryDirectory(prefix="iptsim-") as folder:
        for name, text in texts.items():
            _known(name, {**dumps, **_HOST})
            (Path(folder) / f"{name}.txt").write_text(text, encoding="utf-8")
        given = [*words, *_packet(packet), *(f"--{name}={name}.txt" for name in host or ())]
        files = [f"{name}.txt" for name in dumps]
        return await _run(folder, [command, *given, *_how(reading), "--", *files, *(last or ())])


def _packet(packet: Mapping[str, str | int] | None) -> Iterator[str]:
    known = packet_fields()
    for name, value in (packet or _NONE).items():
        _known(name, known)
        yield f"--{name.replace('_', '-')}={value}"


def _how(reading: Mapping[str, str | int] | None) -> Iterator[str]:
    for name, value in (reading or _NONE).items():
        _known(name, _READING)
        if name != "family":
            yield f"--{name}={value}"
        elif (family := str(value)) in _FAMILIES:
            yield _FAMILIES[family]
        else:
            raise ToolError(f"family: {family} is neither 4 nor 6")


def _known(name: str, names: Mapping[str, str]) -> None:
    if name not in names:
        raise ToolError(f"there is no {name}; there are {', '.join(names)}")


async def _run(folder: str, words: list[str]) -> str:
    command = [sys.executable, "-m", "iptsim", *words]
    # The folder holds what others wrote: Python is not to look for modules there.
    environ = {**os.environ, "PYTHONSAFEPATH": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    environ = {"LC_ALL": "C.UTF-8", **environ}
    try:
        with anyio.fail_after(PATIENCE):
            done = await anyio.run_process(
                command, check=False, cwd=folder, env=environ, stdin=subprocess.DEVNULL
            )
    except TimeoutError:
        raise ToolError(f"no answer within {PATIENCE:.0f} seconds; ask for less") from None
    told, wrong = (text.decode("utf-8", "replace").strip() for text in (done.stdout, done.stderr))
    if done.returncode > 1 or not told:
        raise ToolError(wrong or told or f"iptsim ended with {done.returncode}")
    return _shortened("\n\n".join(filter(None, (told, wrong))))


def _shortened(text: str) -> str:
    lines = text.splitlines()
    left = len(lines) - MOST_LINES
    if left <= 0:
        return text
    told = f"… {left} more lines are left out here; ask for a chain, a rule or fewer packets."
    return "\n".join([*lines[:MOST_LINES], told])
