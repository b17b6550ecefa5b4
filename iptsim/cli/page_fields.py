"""The options of commands as fields of the playground's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.cli.called import command_of
from iptsim.cli.declared import Argument, Parameter, parameters
from iptsim.cli.help_pages import said
from iptsim.explain.catalogue import LANGUAGES
from iptsim.playground.play_page import Field

_OWN = {
    "query": ("fate",),
    "diff": ("every", "comments", "stat", "commands", "with_"),
    "lint": ("every",),
    "graph": ("from_",),
}
"""What a command is asked beside the packet, by the names of its parameters."""
_PACKET = ("hook", "proto", "src", "dst", "sport", "dport", "in_", "ctstate")
"""What of a packet is asked most."""
_LIKE = {
    "hook": "PREROUTING", "proto": "tcp", "src": "192.0.2.9", "dst": "10.0.0.5", "sport": "40000",
    "dport": "8088", "in_": "eth0", "ctstate": "NEW", "fate": "DROP", "mark": "0x1", "uid": "1337",
}  # fmt: skip
"""What such a field may hold: an example says more than a name."""
_BESIDE = ("chain", "table", "state", "sysctl", "socket", "time", "name")
_READERS = ("trace", "query", "diff", "lint")
_PANEL = "Packet"


def page_fields() -> Iterator[Field]:
    """All fields, in the page's order."""
    for tab, names in _OWN.items():
        yield from (_field(one, (tab,)) for one in _declared(tab, names))
    packet = [one.name for one in _options("trace") if _is_of_packet(one)]
    both = ("trace", "query")
    yield from (_field(one, both) for one in _declared("trace", _PACKET))
    rest = [name for name in packet if name not in _PACKET]
    yield from (_field(one, both, is_rare=True) for one in _declared("trace", rest))
    for one in _declared("trace", _BESIDE):
        tabs = [tab for tab in _READERS if any(_declared(tab, [one.name]))]
        yield _field(one, tabs, is_rare=True)


def _is_of_packet(one: Parameter) -> bool:
    return not isinstance(one.told, Argument) and one.told.panel == _PANEL


def _options(command: str) -> Iterator[Parameter]:
    for one in parameters(command_of(command)):
        if not isinstance(one.told, Argument):
            yield one


def _declared(command: str, names: Sequence[str]) -> Iterator[Parameter]:
    """The options of a command by the names of their parameters, in that order."""
    known = {one.name: one for one in _options(command)}
    yield from (known[name] for name in names if name in known)


def _field(one: Parameter, tabs: Sequence[str], *, is_rare: bool = False) -> Field:
    return Field(
        option=max(one.names, key=len),
        tabs=tuple(tabs),
        said={lang: said(one.told.help, lang) for lang in LANGUAGES},
        holds=_LIKE.get(one.name, one.value_name),
        is_flag=one.is_flag,
        is_rare=is_rare,
    )
