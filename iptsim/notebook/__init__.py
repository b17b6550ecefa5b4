"""The library: what the program answers, as values that show themselves, in Jupyter as HTML.

`read` gives `Rules`, of `Part`s and of `RuleAt`s; these answer with `Walk`, `Meeting`, `Reaching`,
`Findings`, `Judged` and `Graph`, and two of them `diff` with `Comparison`. Each holds the plain
value of the lower rooms, whose documentation has the details. `str()` and `repr()` are the
program's text, 100 columns wide and without colour.
"""

from __future__ import annotations

import inspect as signatures
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from types import ModuleType
from typing import TYPE_CHECKING, Literal, Unpack, overload

from iptsim import codes
from iptsim.chain_graph import chain_graph
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects import read_files, read_text
from iptsim.dialects.sources import source_lines
from iptsim.dialects.writing.write import write_save
from iptsim.diff import diff as compare
from iptsim.errors import UsageError
from iptsim.explain.catalogue import LANGUAGES
from iptsim.extensions.values.hostnames import names_of
from iptsim.host import NOBODY, Host
from iptsim.lint import lint as inspect
from iptsim.mistakes import Wanted
from iptsim.mistakes import check as find_mistakes
from iptsim.model import Dump, Note
from iptsim.netfilter.reading.pasted import host_told
from iptsim.notebook.comparing import Comparison
from iptsim.notebook.judging import Judged, judge
from iptsim.notebook.packet_keywords import PacketFields, known_host, read_asked, with_notes
from iptsim.notebook.pictures import Graph, Reaching
from iptsim.notebook.python_names import named_in_python
from iptsim.notebook.rules_in_parts import Cell, Part, RuleAt, frame_of, tables_of
from iptsim.notebook.shown import Shown, Text, style_of
from iptsim.notebook.shown_answers import Findings, Meeting, Walk
from iptsim.notebook.stepper import Steps
from iptsim.packet import Packet
from iptsim.query import query as ask
from iptsim.query.matrices_asked import matrices
from iptsim.render.outputs.dump_text import dump_text
from iptsim.render.outputs.html import dump_html
from iptsim.render.outputs.ruleset_json import dump_json
from iptsim.render.shared.hunk_lines import Sources
from iptsim.tracing import Tracing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Comparison", "Findings", "Graph", "Judged", "Meeting", "PacketFields", "Part", "Reaching",
    "RuleAt", "Rules", "Steps", "Text", "Walk", "diff", "read",
]  # fmt: skip

Json = dict[str, object]
Told = str | PathLike[str]
_TEXT = "<text>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rules(Shown):
    """The rules of one host, as its dump tells them; `dump` holds them as data.

    `len()` counts them, iterating gives each as a `RuleAt`, in the order of the dump.
    `sources` are the lines of the files as they were when they were read; `lang` is the language of
    all answers, `en` or `zh`.
    """

    dump: Dump
    sources: Sources = field(default_factory=dict, compare=False)
    lang: str = "en"
    _tracing: Tracing = field(init=False, compare=False)
    _hosts: dict[int, tuple[Host, Host]] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise UsageError(f"lang: {self.lang!r} is none of {known}", code=codes.WRONG_CALL)
        object.__setattr__(self, "_tracing", Tracing(self.dump))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was assumed in reading the dump."""
        return self.dump.notes

    @property
    def tables(self) -> tuple[Part, ...]:
        """The tables, each with its chains; those of IPv4 and IPv6 are tables of their own."""
        return tables_of(self)

    @property
    def chains(self) -> tuple[Part, ...]:
        """The chains of all tables."""
        return tuple(chain for table in self.tables for chain in table.chains)

    def table(self, name: str) -> Part:
        """The first table of that name; `KeyError` where the dump has none."""
        return _named(name, self.tables)

    def chain(self, name: str, table: str | None = None) -> Part:
        """The first chain of that name, of any table or of that one; `KeyError` for none."""
        return _named(name, self.chains if table is None else self.table(table).chains)

    def rows(self) -> list[dict[str, Cell]]:
        """A dictionary for each rule: its place, what it asks in words, its target and counters."""
        return [each.row() for each in self]

    def frame(self) -> pd.DataFrame:
        """The rows as pandas' table; it needs the extra `iptsim[frames]`."""
        return frame_of(self.rows())

    def __len__(self) -> int:
        return sum(len(table) for table in self.tables)

    def __bool__(self) -> bool:
        return True  # a dump without rules is one, too

    def __iter__(self) -> Iterator[RuleAt]:
        return (each for table in self.tables for each in table)

    def trace(
        self,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        verbose: bool = False,
        follow: Collection[str] = (),
        **fields: Unpack[PacketFields],
    ) -> Walk:
        """A packet's way through the rules, step by step, to its fate: `rules.trace(dport=8088)`.

        The packet is told by `fields` or is a `Packet`, then with no field but `hook`. What is
        not told is open: the answer has an outcome for each way. `host` is what is known of the
        host's addresses and routes (see `read_host`); `verbose` shows the rules that did not
        match, too; `follow` names the packets to follow after it in its connection, of "again",
        "reply" and "next". Raises `UsageError` for a packet that cannot be, and for one of a family
        of which the dump has no rules; `LoopError` where the packet gets into a jump loop.
        """
        with named_in_python():
            question = read_asked(packet, fields, names_of(self.dump))
            known = self._known(host)
            found = self._tracing.ask(question, host=known, skipped=verbose, follow=follow)
        return Walk(rules=self, trace=found)

    def verify(
        self,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        legacy: bool = False,
        verbose: bool = False,
        **fields: Unpack[PacketFields],
    ) -> Judged:
        """The same trace by this machine's kernel, beside ours: `rules.verify(dport=8088).agrees`.

        The rules are loaded in a network namespace of their own, by iptables-nft or, with `legacy`,
        iptables-legacy; nothing of this host is touched. Linux with iptables and root, or user
        namespaces. Raises `IptsimError` where the kernel cannot judge, and says why.
        """
        with named_in_python():
            question = read_asked(packet, fields, names_of(self.dump))
            backend = "legacy" if legacy else "nft"
            found = judge((self.dump, question, self._known(host), backend, verbose))
        return Judged(rules=self, verified=found)

    def query(
        self,
        fate: str,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        **fields: Unpack[PacketFields],
    ) -> Meeting:
        """Which packets meet a fate: `rules.query("DROP")`, `rules.query("REDIRECT:15001")`.

        Of all packets, or of those that `fields` (or a `Packet`, and `hook`) tell. Raises
        `UsageError` for a text that is no fate and a packet that cannot be; `LoopError` where
        packets get into a jump loop.
        """
        with named_in_python():
            question = read_asked(packet, fields, names_of(self.dump))
            found = ask(
                self.dump,
                question.packet,
                fate,
                family=question.family,
                hook=question.hook,
                host=self._known(host),
            )
        return Meeting(rules=self, query=found)

    def matrix(
        self,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        **fields: Unpack[PacketFields],
    ) -> Reaching:
        """Which groups of addresses reach which: `rules.matrix(dport=22)`; no service is tcp.

        Of packets that arrive, of one matrix for each family and service that the fields tell.
        Raises `UsageError` for a packet that cannot be, and for one that the host sends or that has
        one destination.
        """
        with named_in_python():
            question = read_asked(packet, fields, names_of(self.dump))
            found, notes = matrices(self.dump, question, self._known(host))
        return Reaching(rules=self, matrices=tuple(found), notes=tuple(notes))

    def lint(self, *, host: Host | None = None) -> Findings:
        """What is wrong or idle: rules that can never match, chains nobody reaches, and the like.

        Each finding holds for every packet. With what is known of the `host` more is certain.
        """
        return Findings(rules=self, report=inspect(self.dump, host=self._known(host)))

    def check(self, *, ports: Mapping[int, str] | None = None) -> Findings:
        """Mistakes of a mesh and its neighbours, each with a packet that shows it.

        As `iptsim istio check`. `ports` are those that Envoy should get, each with its container.
        """
        wanted = tuple(Wanted(port=p, container=name) for p, name in (ports or {}).items())
        report = find_mistakes(self.dump, wanted=wanted)
        return Findings(rules=self, report=report, schema="iptsim.check/1")

    def graph(self) -> Graph:
        """Which chain leads to which, with loops, absent chains and wrong reference counts."""
        graphs = tuple(chain_graph(ruleset) for ruleset in self.dump.rulesets)
        return Graph(rules=self, graphs=graphs)

    @overload
    def convert(self, to: Literal["save"] = "save") -> Text: ...
    @overload
    def convert(self, to: Literal["json"]) -> Json: ...
    def convert(self, to: Literal["save", "json"] = "save") -> Text | Json:
        """The rules as iptables-save prints them, or as data (`iptsim.ruleset/1`).

        Raises `UnwritableError` for a save text of a rule that no extension can write.
        """
        if to == "json":
            return dump_json(self.dump, lang=self.lang)
        return Text("".join(write_save(ruleset) for ruleset in self.dump.rulesets))

    def _known(self, host: Host | None) -> Host:
        """What is known of the host, and what the dump's text tells of it besides."""
        return known_host(self.dump, host or NOBODY, self._hosts)

    def __str__(self) -> str:
        return dump_text(self.dump, style_of(self))

    def _repr_html_(self) -> str:
        return dump_html(self.dump, style_of(self))


def read(
    *files: Told,
    text: str | None = None,
    table: str | None = None,
    family: int | None = None,
    state: str | int | None = None,
    lang: str = "en",
) -> Rules:
    """The rules that dump files tell, or those of a `text`: `read("before.txt")`.

    Several files are one host; `-` is standard input. `table` names a listing's table, `family` its
    family, or the one wanted of a text of both, `state` (1, 2, … or `"last"`) one of several
    states. Raises `DumpError` for a wrong line or several states, `NoDumpError` for no dump,
    `UsageError` for no such file or state.
    """
    with named_in_python():
        return _read(files, text, table=table, family=family, state=state, lang=lang)


def _read(
    files: Sequence[Told],
    text: str | None,
    *,
    table: str | None,
    family: int | None,
    state: str | int | None,
    lang: str,
) -> Rules:
    if text is not None and files:
        raise UsageError("give files or a text, not both", code=codes.WRONG_CALL)
    which = None if state is None else str(state)
    if text is not None:
        dump = with_notes(read_text(text, file=_TEXT, table=table, family=family, state=which))
        sources: Sources = {_TEXT: text.split("\n")}
        return Rules(dump=_of_family(dump, family), sources=sources, lang=lang)
    paths = [fspath(file) for file in files]
    dump = read_files(paths, table=table, family=family, state=which)
    dump = _of_family(with_notes(dump), family)
    return Rules(dump=dump, sources=source_lines(paths), lang=lang)


def _of_family(dump: Dump, family: int | None) -> Dump:
    """Of a text of both families the rules of one."""
    asked = tuple(each for each in dump.rulesets if family in (None, each.family))
    return replace(dump, rulesets=asked) if asked else dump


def diff(
    before: Rules | Dump | str | PathLike[str],
    after: Rules | Dump | str | PathLike[str],
    *,
    host: Host | None = None,
    comments: bool = False,
    lang: str = "en",
) -> Comparison:
    """What changed from `before` to `after`, in structure and in effect, with explanations.

    Each is `Rules`, a file (a name or a path), or a dump as text: a `str` of several lines. `host`
    is what is known of the host that both are of, `lang` the language where no `Rules` tell it.
    Differences of text alone do not count; comments only with `comments`. Raises what `read` does.
    """
    old, new = _rules(before, lang), _rules(after, lang)
    known, _notes = host_told((old.dump, new.dump), host or NOBODY)
    found = compare(old.dump, new.dump, host=known, comments=comments)
    return Comparison(before=old, after=new, difference=found)


def _rules(given: Rules | Dump | Told, lang: str) -> Rules:
    if isinstance(given, Rules):
        return given
    if isinstance(given, Dump):
        return Rules(dump=given, lang=lang)
    if isinstance(given, str) and "\n" in given:
        return read(text=given, lang=lang)
    return read(given, lang=lang)


def _named(name: str, parts: Iterable[Part]) -> Part:
    found = next((part for part in parts if part.name == name), None)
    if found is None:
        raise KeyError(name)
    return found


class _Callable(ModuleType):
    """`iptsim.diff`, the room, which can be called, too: `iptsim.diff(before, after)`.

    Python puts an imported submodule into its package under its own name, where the function of
    that name should be.
    """

    __call__ = staticmethod(diff)


_room = sys.modules["iptsim.diff"]
_room.__class__ = _Callable
# A call's first parameter would be taken for `self` (inspect.signature of an instance).
_room.__signature__ = signatures.signature(diff)  # type: ignore[attr-defined]  # as Python looks for it
