"""The report: one page that shows the rules, explains them and answers where a packet goes.

The page holds the answers to all packets of its form (`iptsim.all_answers`); its script looks a
packet up in them and knows nothing of rules.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain as chained
from os.path import basename
from pathlib import Path

from iptsim.all_answers import PROTOCOLS, Answers, is_aimed
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence, sentences
from iptsim.extensions.text import protocol_name
from iptsim.host import Host
from iptsim.model import Chain, Dump
from iptsim.render.pictures.drawn import Picture
from iptsim.render.pictures.drawn_lines import counted
from iptsim.render.pictures.pages import page, picture_parts, rules_counted, shown
from iptsim.render.shared.answers_data import AnswersData, Data
from iptsim.render.shared.chain_groups import Group, chain_groups
from iptsim.render.shared.explained import ExplainedChain, ExplainedRule
from iptsim.render.shared.terminal import Style

MOST_BYTES = 8_000_000
"""Answers that a page holds at most; of those beyond, the largest first, it gives the command."""
PACKED_FROM = 500_000
"""Letters from which on data are packed: a page unpacks them when they are first asked for."""
_OPEN = 60
_FIELDS = (
    "src", "dst", "sport", "dport", "in", "out", "mark", "tcp_flags", "uid", "gid",
)  # fmt: skip
_STYLE = """
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3em 1.2em;margin:.4em 0}
form{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5em,1fr));gap:.6em;margin:.6em 0}
@media(min-width:360px){form>:first-child{grid-column:span 2}}
label{display:block;font-size:.85rem;color:var(--dim)}
input,select,button{font:inherit;width:100%;padding:.4em .5em;border:1px solid var(--line);
border-radius:6px;background:var(--box);color:var(--ink);min-height:2.6em}
input:disabled,select:disabled{opacity:.45}
input:focus-visible,select:focus-visible,button:focus-visible,li:focus-visible,a:focus-visible{
outline:2px solid var(--path);outline-offset:1px}
.bar button{width:auto;cursor:pointer}
.verdict{display:flex;flex-wrap:wrap;gap:.2em .9em;align-items:baseline;margin:.4em 0;
text-align:left}
button.verdict{cursor:pointer}
button.verdict[aria-pressed=true]{border-color:var(--path);box-shadow:inset 3px 0 var(--path)}
button.verdict:not(.whole) .if{display:-webkit-box;-webkit-box-orient:vertical;
-webkit-line-clamp:3;overflow:hidden}
.ways{max-height:26em;overflow-y:auto;padding:2px}
.verdict.good strong{color:var(--good)}.verdict.bad strong{color:var(--bad)}
.verdict.unsure{color:var(--unsure)}
ol.steps{padding-left:2.2em;margin:.4em 0}
ol.steps li{padding:.15em .4em;border-radius:4px;border-left:3px solid transparent}
ol.steps li.now{background:var(--lit);border-left-color:var(--path)}
ol.steps li>*{margin-right:.6em}ol.steps .at{display:block;color:var(--dim);font-size:.85rem}
pre.command{overflow-x:auto;background:var(--lane);padding:.5em .7em;border-radius:6px}
details.chain{content-visibility:auto;contain-intrinsic-size:auto 2.7em}
ul.rules{list-style:none;padding:0;margin:0}
ul.rules li{padding:.35em 0;border-top:1px solid var(--line)}
ul.rules code{display:block;color:var(--dim);overflow-wrap:anywhere}
[hidden]{display:none!important}
@media print{form,.bar,#search,[for=search],nav{display:none}.ways{max-height:none}
details.chain{break-inside:avoid-page}}
"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a report is made of; `changes` and `effects` where there is an earlier dump.

    `effects` and `lint` are HTML of other outputs.
    """

    dump: Dump
    host: Host
    files: tuple[str, ...]
    style: Style
    pictures: Sequence[Picture]
    answers: Sequence[Answers]
    chains: Sequence[ExplainedChain]
    lint: str
    written: Sequence[str] = ()
    notes: Sequence[str] = ()
    before: str = ""
    changes: Sequence[Picture] = ()
    effects: str = ""

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.style.lang

    @property
    def names(self) -> str:
        """The files without their folders."""
        return ", ".join(map(basename, self.files))

    def say(self, name: str, **facts: object) -> str:
        """A sentence of the report, as it may stand in the page."""
        return shown(sentence(f"report.{name}", self.lang, **facts))


def report_html(report: Report) -> str:
    """The page."""
    title = sentence("report.of", report.lang, files=report.names)
    script = _script("report_answers.js") + _script("report_page.js")
    return page(title, report.lang, _parts(report), style=_STYLE, script=script)


@cache
def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _parts(report: Report) -> Iterator[str]:
    facts = {"before": basename(report.before), "after": report.names}
    title = (
        report.say("changed", **facts) if report.before else report.say("of", files=facts["after"])
    )
    yield f'<a class="skip" href="#ask">{shown(sentence("page.skip", report.lang))}</a>'
    yield f'<header class="page"><h1>{title}</h1>'
    yield from (f'<p class="dim">{shown(line)}</p>' for line in report.written)
    yield f"{_nav(report)}</header><main>"
    yield from _ask(report)
    yield f'<section id="picture"><h2>{shown(sentence("page.picture", report.lang))}</h2>'
    for picture in report.pictures:
        yield from picture_parts(picture, report.lang)
    yield "</section>"
    yield from _effects(report)
    yield f'<section id="lint"><h2>{report.say("lint")}</h2>{report.lint}</section>'
    yield from _rules(report)
    if report.notes:
        yield f'<section id="reading"><h2>{report.say("reading")}</h2>'
        yield from (f"<p>{shown(note)}</p>" for note in report.notes)
        yield "</section>"
    yield f'</main><script type="application/json" id="data">{_data(report)}</script>'


def _nav(report: Report) -> str:
    parts = ["ask", "effects" if report.before else "", "lint", "rules"]
    links = [f'<li><a href="#{part}">{report.say(part)}</a></li>' for part in parts if part]
    picture = shown(sentence("page.picture", report.lang))
    links.insert(1, f'<li><a href="#picture">{picture}</a></li>')
    return f'<nav aria-label="{report.say("nav")}"><ul>{"".join(links)}</ul></nav>'


def _ask(report: Report) -> Iterator[str]:
    families = [ruleset.family for ruleset in report.dump.rulesets]
    protocols = dict.fromkeys(protocol_name(p) for family in families for p in PROTOCOLS[family])
    hooks = {"PREROUTING": report.say("arrives"), "OUTPUT": report.say("sends")}
    states = {"NEW": report.say("new"), "ESTABLISHED": report.say("established")}
    yield f'<section id="ask"><h2>{report.say("ask")}</h2>'
    yield f"<noscript>{report.say('no_script')}</noscript>"
    yield f'<form id="form" aria-label="{report.say("form")}" autocomplete="off">'
    yield _select("hook", report.say("hook"), hooks)
    yield _select("family", report.say("family"), {str(f): f"IPv{f}" for f in families})
    yield _select("proto", report.say("proto"), {name: name for name in protocols})
    yield _select("state", report.say("state"), states)
    yield from (
        f'<div><label for="f-{name}">{report.say(f"js.field.{name}")}</label>'
        f'<input id="f-{name}" name="{name}"></div>'
        for name in _FIELDS
    )
    yield f'</form><p class="dim">{report.say("blank")}</p>'
    yield '<div id="told" role="status" aria-live="polite"></div></section>'


def _select(name: str, label: str, values: dict[str, str]) -> str:
    options = "".join(f'<option value="{shown(v)}">{text}</option>' for v, text in values.items())
    field = f'<select id="f-{name}" name="{name}">{options}</select>'
    return f'<div><label for="f-{name}">{label}</label>{field}</div>'


def _effects(report: Report) -> Iterator[str]:
    if not report.before:
        return
    yield f'<section id="effects"><h2>{report.say("effects")}</h2>'
    for picture in report.changes:
        yield from picture_parts(picture, report.lang)
    yield f"{report.effects}</section>"


def _rules(report: Report) -> Iterator[str]:
    yield f'<section id="rules"><h2>{report.say("rules")}</h2>'
    yield f'<label for="search">{report.say("search")}</label><input id="search" type="search">'
    yield '<p id="found" class="dim" role="status"></p>'
    few = sum(len(chain.rules) for chain in report.chains) <= _OPEN
    known = {
        (ruleset.family, table.name, chain.name): chain
        for ruleset in report.dump.rulesets
        for table in ruleset.tables
        for chain in table.chains
    }
    for group in chain_groups(report.chains):
        parts = (
            _chain(report, told, known[told.family, told.table, told.name], few=few)
            for told in group.chains
        )
        yield from _group(report, group, chained.from_iterable(parts))
    yield "</section>"


def _group(report: Report, group: Group, parts: Iterable[str]) -> Iterator[str]:
    if not group.title:
        yield from parts
        return
    count = report.say("chains", count=len(group.chains))
    yield f'<details class="group"><summary><b>{shown(group.title)}</b>'
    yield f' <span class="dim">{count}</span></summary><div>'
    yield from parts
    yield "</div></details>"


def _chain(report: Report, told: ExplainedChain, chain: Chain, *, few: bool) -> Iterator[str]:
    policy = f" ({shown(told.policy)})" if told.policy else ""
    several = rules_counted(len(told.rules), report.lang)
    open_ = " open" if few and told.rules else ""
    yield f'<details class="chain"{open_}><summary><b>{shown(told.table)} {shown(told.name)}</b>'
    yield f'{policy} <span class="dim">{shown(several)}</span></summary><div>'
    yield from (f"<p>{shown(text)}</p>" for text in told.said)
    met = {number: counted(rule.counters) for number, rule in chain.numbered()}
    yield '<ul class="rules">'
    yield from (_rule(report, rule, met.get(rule.number, "")) for rule in told.rules)
    yield "</ul></div></details>"


def _rule(report: Report, rule: ExplainedRule, met: str) -> str:
    said = " ".join(filter(None, (rule.said, rule.use)))
    count = sentence("picture.counted", report.lang, count=met) if met else ""
    place = " · ".join(filter(None, (count, report.style.place(rule.place))))
    head = f'<b>{rule.number}</b> {shown(said)} <span class="dim">{shown(place)}</span>'
    return f'<li class="rule">{head}<code>{shown(rule.text)}</code></li>'


def _data(report: Report) -> str:
    """The answers as JSON that may stand in a page."""
    data = AnswersData(report.dump.rulesets, report.style)
    bases = _bounded([_with_packed(data.of(one)) for one in report.answers])
    words = {
        code.removeprefix("report.js."): text
        for code, text in sentences(report.lang).items()
        if code.startswith("report.js.")
    }
    aimed = [r.family for r in report.dump.rulesets if is_aimed(report.host, r.family)]
    whole: Data = {
        "aimed": aimed,
        "words": words,
        "files": report.files,
        "bases": bases,
        "steps": packed(data.steps),
        "said": data.said,
    }
    text = json.dumps(whole, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def packed(held: object) -> object:
    """Data as they are, or where they are large as letters: zlib's format, in base 64."""
    text = json.dumps(held, separators=(",", ":"))
    if len(text) < PACKED_FROM:
        return held
    return b64encode(zlib.compress(text.encode())).decode()


def _with_packed(base: Data) -> Data:
    return {**base, "outcomes": packed(base["outcomes"])}


def _bounded(bases: list[Data]) -> list[Data]:
    """Without the largest ones, where all are too many."""
    sizes = [len(json.dumps(base)) for base in bases]
    for number in sorted(range(len(bases)), key=lambda n: -sizes[n]):
        if sum(sizes) <= MOST_BYTES:
            break
        bases[number] = {**bases[number], "outcomes": None}
        sizes[number] = 0
    return bases
