"""`iptsim mcp`, asked by the SDK's own client: in process, and over a program's streams."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

import pytest
from called_program import ROOT
from cli_program import CASE, iptsim
from every_row import every_row

from iptsim.cli import mcp as command
from iptsim.errors import UsageError
from iptsim.questions import KEYS

pytestmark = pytest.mark.skipif(
    find_spec("mcp") is None, reason="the extra iptsim[mcp] is not installed"
)

_T = TypeVar("_T")
BEFORE, AFTER = ((CASE / name).read_text() for name in ("before.txt", "after.txt"))
SAVE = """*filter
:INPUT DROP [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j DROP
COMMIT
"""


def tools_of_it() -> Any:
    """The SDK takes a second to load, which no process spends that only collects this."""
    return import_module("iptsim.cli.mcp_tools")


def within(question: Callable[[Any], Awaitable[_T]], server: Any = None) -> _T:
    """What a client hears."""
    asked = server or tools_of_it().server()

    async def asking() -> _T:
        async with import_module("mcp").Client(asked) as client:
            return await question(client)

    answer: _T = import_module("anyio").run(asking)
    return answer


def ask(tool: str, server: Any = None, **arguments: object) -> tuple[bool, str]:
    """Whether it is refused, and what is said."""

    async def asking(client: Any) -> tuple[bool, str]:
        found = await client.call_tool(tool, arguments)
        return bool(found.is_error), "".join(part.text for part in found.content)

    return within(asking, server)


def listed() -> Mapping[str, Any]:
    async def asking(client: Any) -> Mapping[str, Any]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    return within(asking)


def test_its_tools_say_what_they_take() -> None:
    tools = listed()
    assert list(tools) == ["read", "trace", "why", "query", "diff", "lint", "explain", "verify"]
    given = tools["trace"].input_schema
    assert set(given["required"]) == {"dump", "packet"}
    packet = given["properties"]["packet"]
    assert set(packet["properties"]) == set(KEYS)
    assert packet["properties"]["dport"]["description"]
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools.values())


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("trace", {"packet": {"dport": 8088}}, ["trace", "--dport", "8088"]),
        ("why", {"packet": {"dport": 8088}}, ["why", "--dport", "8088"]),
        ("query", {"fate": "REDIRECT:15001", "packet": {"dport": "8088"}},
         ["query", "--fate", "REDIRECT:15001", "--dport", "8088"]),
        ("lint", {"reading": {"table": "nat", "lang": "zh"}},
         ["lint", "-t", "nat", "--lang", "zh"]),
        ("explain", {"table": "nat", "chain": "ISTIO_INBOUND", "rule": 1},
         ["explain", "nat", "ISTIO_INBOUND", "1"]),
    ],
)  # fmt: skip
def test_it_says_what_the_program_says(
    tool: str, arguments: Mapping[str, Any], words: list[str], tmp_path_factory: Any
) -> None:
    refused, said = ask(tool, dump=AFTER, **arguments)
    folder = tmp_path_factory.mktemp("asked")
    (folder / "dump.txt").write_text(AFTER)
    command, *more = words
    at = [str(folder / "dump.txt")]
    done = iptsim(command, *at, *more) if command == "explain" else iptsim(command, *more, *at)
    assert not refused
    assert said == done.out.strip().replace(str(folder) + "/", "")


def test_what_is_unknown_stays_unknown() -> None:
    _, said = ask("trace", dump=AFTER, packet={"proto": "tcp"})
    assert said.startswith("? ACCEPT, but REDIRECT to port 15001 if the port is 8088")
    assert "if the port is 8088" in said
    routes = "default via 192.0.2.254 dev eth0\n192.0.2.0/24 dev eth0 scope link\n"
    told = ask("trace", dump=SAVE, packet={"dport": 22}, host={"route": routes})[1]
    assert "Taken as given" in told


def test_two_dumps_are_compared() -> None:
    refused, said = ask("diff", before=BEFORE, after=AFTER)
    assert not refused
    assert "redirected to port 15001" in said
    assert "after.txt:17" in said


@every_row(
    ("tool", "arguments", "why"),
    [
        ("trace", {"dump": "hello", "packet": {}}, "no iptables"),
        ("trace", {"dump": SAVE, "packet": {"dport": 99999}}, "--dport"),
        ("trace", {"dump": SAVE, "packet": {"port": 22}}, "there is no port; there are proto"),
        ("trace", {"dump": SAVE, "packet": {}, "host": {"../x": ""}}, "there is no ../x"),
        ("trace", {"dump": SAVE, "packet": {}, "reading": {"family": 5}}, "neither 4 nor 6"),
        ("trace", {"dump": SAVE, "packet": {}, "chain": "--all"}, "--all"),
        ("query", {"dump": SAVE, "fate": "MAYBE"}, "MAYBE"),
        ("explain", {"dump": SAVE, "chain": "INPUT"}, "a chain is named with its table"),
        ("trace", {"dump": SAVE}, "packet"),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    tool: str, arguments: Mapping[str, Any], why: str
) -> None:
    refused, said = ask(tool, **arguments)
    assert refused
    assert why in said


def test_a_long_answer_says_that_it_is_cut() -> None:
    rules = "".join(f"-A INPUT -p tcp --dport {n} -j ACCEPT\n" for n in range(1, 300))
    _, said = ask("explain", dump=SAVE.replace("COMMIT", rules + "COMMIT"))
    assert len(said.splitlines()) == tools_of_it().MOST_LINES + 1
    assert "more lines are left out here" in said


def test_a_call_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools_of_it(), "PATIENCE", 0.001)
    refused, said = ask("lint", dump=SAVE)
    assert refused
    assert "no answer within 0 seconds; ask for less" in said


def test_over_its_streams() -> None:
    started = import_module("mcp").StdioServerParameters(
        command=sys.executable, args=["-m", "iptsim", "mcp"], cwd=str(ROOT)
    )
    refused, said = ask("trace", server=started, dump=SAVE, packet={"dport": 23})
    assert (refused, said.splitlines()[0]) == (
        False, "✘ DROP  tcp to this host, port 23, by the policy of filter INPUT"
    )  # fmt: skip


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'iptsim\[mcp\]'"):
        command.mcp()
    refused = iptsim("mcp", "now")
    assert (refused.code, refused.out) == (2, "")
