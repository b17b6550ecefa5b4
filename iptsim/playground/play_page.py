"""The playground's page: what can be pasted and asked, in both languages.

The forms are made of what the commands declare, so that the page has the options of the program.
All texts come in both languages with the page, whose script says them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from iptsim import __version__
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import LANGUAGES, sentence, sentences
from iptsim.playground.example_dumps import EXAMPLES
from iptsim.render.pictures.pages import page_style as style_of_pages

TABS = ("trace", "diff", "query", "explain", "lint", "graph", "line", "learn")
_POLICY = (
    "default-src 'none';script-src 'self' 'wasm-unsafe-eval';style-src 'self';connect-src 'self';"
    "worker-src 'self';img-src data:;base-uri 'none';form-action 'none'"
)
_FAMILY = (
    '<div data-tabs="trace query diff lint"><label for="family"{family}></label><select id="family"'
    ' data-word><option value=""{any}></option><option value="-4">IPv4</option><option value="-6">'
    "IPv6</option></select></div>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An option of a command, to be filled in on the tabs of those commands that have it.

    `said` is what it means, by language, `holds` a value or how it is called; a flag has none. One
    that `is_rare` is folded away.
    """

    option: str
    tabs: tuple[str, ...]
    said: Mapping[str, str]
    holds: str
    is_flag: bool
    is_rare: bool

    @property
    def key(self) -> str:
        """It names the field in the page, and in its links."""
        return self.tabs[0] + self.option


def page_style() -> str:
    """The style sheet: that of all pages, and the playground's own."""
    return style_of_pages() + (Path(__file__).with_name("page.css")).read_text(encoding="utf-8")


def play_page(fields: Sequence[Field], stamp: str, first: str) -> str:
    """The page. `stamp` names its Python and program; `first` is its language at first."""
    parts = [*_head(first), *_top(), *_rules(), *_question(fields), *_end()]
    return "\n".join([*parts, _data(fields, stamp, first)]) + "</body></html>\n"


def _head(first: str) -> Iterator[str]:
    tag = "zh-CN" if first == "zh" else "en"
    yield f'<!DOCTYPE html><html lang="{tag}"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{escape(sentence('play.page.title', first))}</title>"
    yield '<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css">'
    yield '<script type="module" src="page.js"></script></head><body>'


def _top() -> Iterator[str]:
    names = {"en": "English", "zh": "中文"}
    yield f'<a class="skip" href="#question"{_say("skip")}></a><header class="page">'
    yield f'<div class="top"><h1{_say("title")}></h1><label for="lang">'
    yield f'<span class="unseen"{_say("language")}></span></label><select id="lang">'
    yield "".join(f'<option value="{lang}">{names[lang]}</option>' for lang in LANGUAGES)
    yield f'</select></div><p class="dim"{_say("about")}></p></header><main>'
    yield f"<noscript>{sentence('play.page.no_script', 'en')}</noscript>"


def _rules() -> Iterator[str]:
    yield '<div class="sides"><section id="rules" aria-labelledby="h-rules"><h2 id="h-rules"'
    yield f'{_say("rules")}></h2><div class="bar"><label for="example" class="unseen"'
    yield f'{_say("example")}></label><select id="example"><option value=""{_say("choose")}>'
    yield "</option>"
    for one in EXAMPLES:
        yield f'<option value="{one.name}"{_say(f"example.{one.name}")}></option>'
    yield f'</select><button type="button" id="open"{_say("open")}></button>'
    yield '<input type="file" id="file" hidden></div>'
    yield from _textarea("after", "rules", "paste", rows=16)
    yield _held("after")
    yield f'<details id="earlier"><summary{_say("before")}></summary><div>'
    yield from _textarea("before", "before", "before.paste", rows=10)
    yield _held("before")
    yield "</div></details></section>"


def _textarea(name: str, label: str, hint: str, *, rows: int) -> Iterator[str]:
    yield f'<textarea id="{name}" rows="{rows}" data-label="{label}" data-hint="{hint}" dir="ltr"'
    yield ' spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off"></textarea>'


def _held(name: str) -> str:
    """What stands below a field whose text is too large for it."""
    button = f'<button type="button"{_say("held.empty")}></button>'
    return f'<p id="{name}-held" class="held dim" hidden><span role="status"></span> {button}</p>'


def _question(fields: Sequence[Field]) -> Iterator[str]:
    yield f'<section id="question" aria-labelledby="h-ask"><h2 id="h-ask"{_say("question")}></h2>'
    yield f'<div role="tablist" data-label="question">{"".join(map(_tab, TABS))}</div>'
    yield '<div id="panel" role="tabpanel" aria-labelledby="tab-trace"><p id="what" class="dim">'
    yield '</p><form id="form" autocomplete="off"><div class="fields">'
    yield from (_field(one) for one in fields if not one.is_rare)
    yield from _words()
    yield f'</div><details data-tabs="trace query diff lint"><summary{_say("more")}></summary>'
    yield f'<div class="fields">{_FAMILY.format(family=_say("family"), any=_say("any"))}'
    yield from (_field(one) for one in fields if one.is_rare)
    yield f'</div></details><div class="bar"><button class="ask"{_say("ask")}></button>'
    yield f'<button type="button" id="stop" hidden{_say("stop")}></button>'
    yield f'<button type="button" id="link"{_say("link")}></button>'
    yield f'<span class="dim keys"{_say("keys")}></span></div></form>'
    yield from _learn()
    yield '</div><p id="status" role="status"></p></section></div>'


def _tab(name: str) -> str:
    return (
        f'<button type="button" role="tab" id="tab-{name}" data-tab="{name}" aria-controls="panel"'
        f"{_say(f'tab.{name}')}></button>"
    )


def _words() -> Iterator[str]:
    """Fields of words that are no options."""
    yield f'<div data-tabs="explain"><label for="of"{_say("of")}></label>'
    yield '<input id="of" data-words spellcheck="false" placeholder="nat DOCKER 2"></div>'
    yield f'<div data-tabs="line" class="broad"><label for="line"{_say("line")}></label>'
    yield '<input id="line" spellcheck="false" autocapitalize="off" value="why --dport 8088 '
    yield 'after.txt"></div>'


def _field(one: Field) -> str:
    tabs = " ".join(one.tabs)
    told = f'id="{one.key}" data-option="{one.option}"'
    name = f'<label for="{one.key}">{one.option.lstrip("-")}</label>'
    if one.is_flag:
        return f'<div data-tabs="{tabs}" class="flag"><input type="checkbox" {told}>{name}</div>'
    told += f' placeholder="{escape(one.holds)}" spellcheck="false" autocapitalize="off"'
    return f'<div data-tabs="{tabs}">{name}<input {told}></div>'


def _learn() -> Iterator[str]:
    yield '<div id="learn" hidden><p id="progress"></p><div class="sides"><div>'
    yield '<ol id="exercises" data-label="exercises"></ol></div><div id="exercise" hidden>'
    yield f'<h3 id="exercise-title" tabindex="-1"></h3><p id="story"></p><h4{_say("must")}></h4>'
    yield f'<ol id="musts"></ol><label for="mended"{_say("mend")}></label>'
    yield from _textarea("mended", "mend", "paste", rows=12)
    yield f'<div class="bar"><button type="button" id="check" class="ask"{_say("check")}></button>'
    yield f'<button type="button" id="hint"{_say("hint")}></button>'
    yield f'<button type="button" id="anew"{_say("anew")}></button></div>'
    yield '<p id="hinted" role="status"></p></div></div></div>'


def _end() -> Iterator[str]:
    yield '<section id="told" aria-labelledby="h-told" hidden>'
    yield f'<h2 id="h-told"{_say("answer")}></h2>'
    yield '<pre id="call" class="command"></pre><pre id="err" hidden></pre>'
    yield '<pre id="out" tabindex="0" data-label="answer" dir="ltr"></pre>'
    yield f'<details id="drawn" open><summary{_say("picture")}></summary>'
    yield '<div id="picture" class="scroll" tabindex="0" role="group" data-label="picture"></div>'
    yield f'</details></section></main><footer class="dim"{_say("foot")}></footer>'


def _data(fields: Sequence[Field], stamp: str, first: str) -> str:
    """What the script needs, as JSON that may stand in a page."""
    whole = {
        "stamp": stamp,
        "first": first,
        "version": __version__,
        "words": {lang: _sayings(lang) for lang in LANGUAGES},
        "help": {lang: {one.key: one.said[lang] for one in fields} for lang in LANGUAGES},
        "examples": {
            one.name: {"texts": one.texts(), "asked": dict(one.asked), "fate": one.fate}
            for one in EXAMPLES
        },
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="data">{text}</script>'


def _sayings(lang: str) -> dict[str, str]:
    own = "play.page."
    return {
        code.removeprefix(own): text
        for code, text in sentences(lang).items()
        if code.startswith(own)
    }


def _say(key: str) -> str:
    """The attribute of an element whose text is a sentence of the page."""
    return f' data-say="{key}"'
